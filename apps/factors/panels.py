"""What the page of one's security shows of second factors."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from apps.accounts.models import User
from apps.accounts.panels import SECURITY
from apps.core.panels import show_at
from apps.factors import services


@show_at(SECURITY)
def second_factors(request: HttpRequest, user: User) -> SafeString:
    return render_to_string("factors/_panel.html", {"has_one": services.has_factor(user)}, request)
