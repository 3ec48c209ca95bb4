"""Signing in and out."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts import devices, registration, second_steps, services, sessions
from apps.accounts.forms import SignInForm
from apps.accounts.models import User
from apps.accounts.settings_keys import RETURN_HOSTS
from apps.configuration import services as configuration


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    target = target_of(request)
    if request.method == "POST":
        return _try_to_sign_in(request, SignInForm(request.POST), target)
    if request.user.is_authenticated:
        return HttpResponseRedirect(target)
    return _sign_in_page(request, SignInForm(), target)


def _try_to_sign_in(request: HttpRequest, form: SignInForm, target: str) -> HttpResponse:
    if not form.is_valid():
        return _sign_in_page(request, form, target, status=422)
    try:
        user = services.sign_in(request, **form.cleaned_data, now=timezone.now())
    except services.SignInRefused:
        form.add_error(None, _("The e-mail address or the password is incorrect."))
        return _sign_in_page(request, form, target, status=422)
    except services.DeviceUnproved:
        return redirect("accounts:device-unproved")
    except services.TooManyAttempts as refusal:
        form.add_error(None, refusal.detail)
        page = _sign_in_page(request, form, target, status=429)
        page["Retry-After"] = str(refusal.seconds)
        return page
    return led_on(request, user, target)


def led_on(request: HttpRequest, user: User, target: str) -> HttpResponse:
    """Lead somebody who has taken the first step to the second, or, when there is none, to where they want."""
    step = second_steps.of(user)
    if step is not None:
        return redirect(f"{reverse(step.page)}?{urlencode({'next': target})}")
    return entered(request, user, target)


def entered(request: HttpRequest, user: User, target: str) -> HttpResponse:
    """Lead somebody whose session has begun to where they want; the browser is known as theirs from now on."""
    response = HttpResponseRedirect(target)
    devices.remember(response, request, user.email)
    remember_language(response, user.language)
    return response


def _sign_in_page(request: HttpRequest, form: SignInForm, target: str, status: int = 200) -> HttpResponse:
    page = {
        "form": form,
        "next": target,
        "was_idle": request.GET.get("ended") == "idle",
        "may_register": registration.is_open(),
        "offers_links": services.offers_sign_in_links(),
        "minutes": sessions.idle_seconds() // 60,
    }
    return leading_to(target, render(request, "accounts/sign_in.html", page, status=status))


def leading_to(target: str, page: HttpResponse) -> HttpResponse:
    """A page whose form leads there in the end: a browser asks the policy of the page whether it may."""
    if target.startswith("/"):
        return page
    vars(page)["_csp_update"] = {"form-action": [f"https://{host}" for host in _hosts()]}  # as django-csp's decorators
    return page


def target_of(request: HttpRequest) -> str:
    """Where to go afterwards: a path of this host, a page of another that the tenant allows, or home."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if wanted.startswith("/"):
        is_allowed = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    else:
        is_allowed = wanted.startswith("https://") and url_has_allowed_host_and_scheme(wanted, {*_hosts()}, True)
    return wanted if is_allowed else settings.LOGIN_REDIRECT_URL


def _hosts() -> list[str]:
    return list(configuration.get(RETURN_HOSTS.name))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    services.sign_out(request, now=timezone.now())
    response = redirect("accounts:sign-in")
    response["Clear-Site-Data"] = '"cache"'
    return response


def remember_language(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 24 * 3600,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
