"""Signing in and out, and one's own account."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts import devices, services, sessions
from apps.accounts.forms import PasswordForm, ProfileForm, SignInForm
from apps.accounts.models import User
from apps.accounts.services.signing_in import SignInRefused, TooManyAttempts
from apps.core.errors import Refused


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    target = _next(request)
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
    except SignInRefused:
        form.add_error(None, _("The e-mail address or the password is not right."))
        return _sign_in_page(request, form, target, status=422)
    except TooManyAttempts as refusal:
        form.add_error(None, refusal.detail)
        page = _sign_in_page(request, form, target, status=429)
        page["Retry-After"] = str(refusal.seconds)
        return page
    response = HttpResponseRedirect(target)
    devices.remember(response, request, user.email)
    _remember_language(response, user.language)
    return response


def _sign_in_page(request: HttpRequest, form: SignInForm, target: str, status: int = 200) -> HttpResponse:
    page = {
        "form": form,
        "next": target,
        "was_idle": request.GET.get("ended") == "idle",
        "minutes": sessions.IDLE_SECONDS // 60,
    }
    return render(request, "accounts/sign_in.html", page, status=status)


def _next(request: HttpRequest) -> str:
    """Where to go afterwards: a path of this host, or home."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_path = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_path else settings.LOGIN_REDIRECT_URL


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    services.sign_out(request, now=timezone.now())
    response = redirect("accounts:sign-in")
    response["Clear-Site-Data"] = '"cache"'
    return response


@never_cache
@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Two forms on one page; ``form`` is the one that was sent, so the summary of errors is about that one."""
    user = cast("User", request.user)
    profile = _profile_of(user)
    password: forms.Form = PasswordForm()
    if request.method != "POST":
        return _account_page(request, profile=profile, password=password)
    if request.POST.get("change") == "key":
        return _revoke_key(request, user)
    if request.POST.get("change") == "password":
        password = PasswordForm(request.POST)
        return _change_password(request, user, password) or _account_page(
            request, profile=profile, password=password, form=password
        )
    profile = ProfileForm(request.POST)
    return _change_profile(request, user, profile) or _account_page(
        request, profile=profile, password=password, form=profile
    )


def _account_page(request: HttpRequest, **context: Any) -> HttpResponse:
    user, now = cast("User", request.user), timezone.now()
    context["keys"] = user.api_keys.filter(revoked_at=None, expires_at__gt=now).order_by("-pk")
    context["is_first"] = sessions.FIRST in request.session
    return render(request, "accounts/account.html", context, status=422 if "form" in context else 200)


def _revoke_key(request: HttpRequest, user: User) -> HttpResponse:
    """One's own keys are one's own to revoke."""
    wanted = request.POST.get("key", "")
    key = next((one for one in user.api_keys.all() if str(one.pk) == wanted), None)
    if key is None:
        raise Http404
    services.revoke_api_key(key, acting_user=user, now=timezone.now())
    messages.success(request, _("The key is revoked."))
    return redirect("accounts:account")


def _profile_of(user: User) -> ProfileForm:
    return ProfileForm(initial={"name": user.name, "language": user.language, "time_zone": user.time_zone})


def _change_profile(request: HttpRequest, user: User, form: ProfileForm) -> HttpResponse | None:
    if not form.is_valid():
        return None
    services.change_user(user, acting_user=user, now=timezone.now(), **form.cleaned_data)
    messages.success(request, _("Your account is saved."))
    response = redirect("accounts:account")
    _remember_language(response, form.cleaned_data["language"])
    return response


def _change_password(request: HttpRequest, user: User, form: forms.Form) -> HttpResponse | None:
    if not form.is_valid():
        return None
    given = form.cleaned_data
    try:
        changed = services.change_password(
            user,
            present=given["present"],
            password=given["password"],
            revoke_keys=given["revoke_keys"],
            now=timezone.now(),
        )
    except TooManyAttempts as refusal:
        form.add_error("present", refusal.detail)
        page = _account_page(request, profile=_profile_of(user), password=form, form=form)
        page.status_code, page["Retry-After"] = 429, str(refusal.seconds)
        return page
    except Refused as refusal:
        for problem in refusal.errors:
            form.add_error(problem.pointer.lstrip("/"), problem.detail)
        return None
    update_session_auth_hash(request, changed)
    request.session.pop(sessions.FIRST, None)
    messages.success(request, _("Your password is changed. You are signed out everywhere else."))
    return redirect("accounts:account")


def _remember_language(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 24 * 3600,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
