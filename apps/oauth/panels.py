"""What the page of one's security shows of applications."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from apps.accounts.models import User
from apps.accounts.panels import SECURITY
from apps.core.panels import show_at
from apps.oauth.presenting import let_in


@show_at(SECURITY)
def applications_of(request: HttpRequest, user: User) -> SafeString:
    return render_to_string("oauth/_panel.html", {"apps": let_in(user, timezone.now())}, request)
