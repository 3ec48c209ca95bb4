"""The pages of a forgotten password."""

from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.accounts import services
from apps.accounts.forms import NewPasswordForm
from apps.accounts.views.linked import asked, by_link
from apps.core.errors import Refused
from apps.core.pages import errors_at_fields


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Ask for a link. The answer is the same for every address, whether it has an account or not."""
    ask = partial(services.ask_for_link, now=timezone.now())
    return asked(request, "accounts/forgotten.html", ask, then="accounts:forgotten-sent")


@never_cache
@require_http_methods(["GET", "HEAD"])
def sent(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/forgotten_sent.html")


@by_link
def choose(request: HttpRequest, token: str) -> HttpResponse:
    """Choose a new password by the link of a message."""
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    try:
        services.owner_of(token)
        if form.is_valid():
            services.choose_password(token, password=form.cleaned_data["password"], now=timezone.now())
            messages.success(request, _("Your password has been changed. Sign in with the new one."))
            return redirect("accounts:sign-in")
    except services.LinkUsedUp:
        return render(request, "accounts/forgotten_used_up.html", status=services.LinkUsedUp.status)
    except Refused as refusal:
        errors_at_fields(form, refusal)
    return render(request, "accounts/choose_password.html", {"form": form}, status=422 if form.is_bound else 200)
