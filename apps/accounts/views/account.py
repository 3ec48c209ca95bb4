"""One's own account: name and language, address, password, keys."""

from typing import Any, Final, cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.accounts import authz, services, sessions
from apps.accounts.attributes import misfit, told
from apps.accounts.forms import AddressForm, AttributesForm, NotificationsForm, PasswordForm, ProfileForm
from apps.accounts.lines import lines_of
from apps.accounts.models import User
from apps.accounts.presenting import session_of
from apps.accounts.views.signing_in import remember_language
from apps.core.errors import Refused
from apps.core.pages import errors_at_fields


@never_cache
@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Several forms on one page; ``form`` is the one that was sent, so the summary of errors is about that one."""
    user = cast("User", request.user)
    profile = _profile_of(user)
    password: forms.Form = PasswordForm()
    if request.method != "POST":
        return _account_page(request, profile=profile, password=password)
    if change := AT_ONCE.get(request.POST.get("change", "")):
        return change(request, user)
    if request.POST.get("change") == "address":
        address = _address_form(request.POST)
        return _change_address(request, user, address) or _account_page(
            request, profile=profile, password=password, address=address, form=address
        )
    if request.POST.get("change") == "password":
        password = PasswordForm(request.POST)
        return _change_password(request, user, password) or _account_page(
            request, profile=profile, password=password, form=password
        )
    if request.POST.get("change") == "attributes":
        kept = AttributesForm(user.attributes or {}, request.POST)
        return _change_attributes(request, user, kept) or _account_page(
            request, profile=profile, password=password, attributes=kept, form=kept
        )
    profile = ProfileForm(request.POST)
    return _change_profile(request, user, profile) or _account_page(
        request, profile=profile, password=password, form=profile
    )


def _account_page(request: HttpRequest, **context: Any) -> HttpResponse:
    user, now = cast("User", request.user), timezone.now()
    keys = user.api_keys.filter(revoked_at=None, expires_at__gt=now).order_by("-pk")
    context["keys"] = [(key, lines_of(key.permissions)) for key in keys]
    context.setdefault("address", _address_form())
    context["notifications"] = NotificationsForm(services.notifications_of(user))
    context.setdefault("attributes", AttributesForm(user.attributes or {}))
    context["misfits"] = [told(one) for one in misfit(user.attributes or {}, "")]
    context["wanted"] = services.address_wanted(user, now=now)
    delegations = services.delegations_of(user, now=now)
    context["delegates"] = authz.somewhere(user, "grants:create") or delegations.exists()
    context["is_first"] = sessions.FIRST in request.session
    return render(request, "accounts/account.html", context, status=422 if "form" in context else 200)


def _revoke_key(request: HttpRequest, user: User) -> HttpResponse:
    """One's own keys are one's own to revoke."""
    wanted = request.POST.get("key", "")
    key = next((one for one in user.api_keys.all() if str(one.pk) == wanted), None)
    if key is None:
        raise Http404
    services.revoke_api_key(key, acting_user=user, now=timezone.now())
    messages.success(request, _("The key has been revoked."))
    return redirect("accounts:account")


def _profile_of(user: User) -> ProfileForm:
    return ProfileForm(initial={name: getattr(user, name) for name in ProfileForm.base_fields})


def _change_profile(request: HttpRequest, user: User, form: ProfileForm) -> HttpResponse | None:
    if not form.is_valid():
        return None
    services.change_user(user, acting_user=user, now=timezone.now(), **form.cleaned_data)
    messages.success(request, _("Your account has been saved."))
    response = redirect("accounts:account")
    remember_language(response, form.cleaned_data["language"])
    return response


def _change_notifications(request: HttpRequest, user: User) -> HttpResponse:
    form = NotificationsForm(services.notifications_of(user), request.POST)
    form.is_valid()  # boxes are ticked or not
    services.change_notifications(user, form.wanted(), acting_user=user, now=timezone.now())
    messages.success(request, _("Your account has been saved."))
    return redirect("accounts:account")


def _change_attributes(request: HttpRequest, user: User, form: AttributesForm) -> HttpResponse | None:
    if not form.is_valid():
        return None
    try:
        services.change_attributes(user, form.values(), acting_user=user, now=timezone.now())
    except Refused as refusal:
        form.tell(refusal)
        return None
    messages.success(request, _("Your account has been saved."))
    return redirect("accounts:account")


def _address_form(sent: Any = None) -> AddressForm:
    """With ids of its own: the form of the password on the same page has a field of the same name."""
    return AddressForm(sent, auto_id="address_%s")


def _change_address(request: HttpRequest, user: User, form: forms.Form) -> HttpResponse | None:
    if not form.is_valid():
        return None
    try:
        services.ask_for_address(user, **form.cleaned_data, now=timezone.now())
    except services.TooManyAttempts as refusal:
        return _too_often(request, user, form, refusal, address=form, password=PasswordForm())
    except Refused as refusal:
        errors_at_fields(form, refusal)
        return None
    messages.success(request, _("We have sent a link to %s. Open it within a day.") % form.cleaned_data["email"])
    return redirect("accounts:account")


def _too_often(
    request: HttpRequest, user: User, form: forms.Form, refusal: services.TooManyAttempts, **forms_: forms.Form
) -> HttpResponse:
    form.add_error("present", refusal.detail)
    page = _account_page(request, profile=_profile_of(user), form=form, **forms_)
    page.status_code, page["Retry-After"] = 429, str(refusal.seconds)
    return page


def _change_password(request: HttpRequest, user: User, form: forms.Form) -> HttpResponse | None:
    if not form.is_valid():
        return None
    cleaned = form.cleaned_data
    try:
        changed = services.change_password(
            user,
            present=cleaned["present"],
            password=cleaned["password"],
            revoke_keys=cleaned["revoke_keys"],
            but=session_of(request),
            now=timezone.now(),
        )
    except services.TooManyAttempts as refusal:
        return _too_often(request, user, form, refusal, password=form)
    except Refused as refusal:
        errors_at_fields(form, refusal)
        return None
    update_session_auth_hash(request, changed)
    was_first = request.session.pop(sessions.FIRST, False)
    messages.success(request, _("Your password has been changed. You have been signed out everywhere else."))
    return redirect(settings.LOGIN_REDIRECT_URL if was_first else "accounts:account")


#: What cannot be filled in wrongly.
AT_ONCE: Final = {"key": _revoke_key, "notifications": _change_notifications}
