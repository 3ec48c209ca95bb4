"""The second step of signing in."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.accounts import second_steps
from apps.accounts.services import TooManyAttempts
from apps.accounts.views.signing_in import entered, leading_to, target_of
from apps.core.pages import errors_at_fields
from apps.factors import services
from apps.factors.forms import BackupCodeForm, CodeForm, from_script


@never_cache
@sensitive_post_parameters("code", "passkey")
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """Ask whoever has shown the right password for a code; nobody else is here."""
    if second_steps.pending(request.session, timezone.now()) is None:
        return again(request)
    form = _form_of(request)
    if "passkey" in request.POST:
        return _try_passkey(request)
    return _try(request, form) if request.method == "POST" else _page(request, form)


def _try_passkey(request: HttpRequest) -> HttpResponse:
    answer = from_script(request, "passkey")
    try:
        user = services.take_second_step_by_passkey(request, answer=answer, now=timezone.now())
    except services.StepOver:
        return again(request)
    except services.WrongPasskey as refusal:
        form = CodeForm({})
        form.errors.clear()
        form.add_error(None, refusal.detail)
        return _page(request, form, 422)
    return entered(request, user, target_of(request))


def _form_of(request: HttpRequest) -> CodeForm:
    form = BackupCodeForm if "backup" in request.GET else CodeForm
    return form(request.POST if request.method == "POST" else None)


def _try(request: HttpRequest, form: CodeForm) -> HttpResponse:
    if not form.is_valid():
        return _page(request, form, 422)
    try:
        user = services.take_second_step(request, code=form.cleaned_data["code"], now=timezone.now())
    except services.StepOver:
        return again(request)
    except TooManyAttempts as refusal:
        form.add_error(None, refusal.detail)
        page = _page(request, form, 429)
        page["Retry-After"] = str(refusal.seconds)
        return page
    except services.WrongCode as refusal:
        errors_at_fields(form, refusal)
        return _page(request, form, 422)
    return entered(request, user, target_of(request))


def _page(request: HttpRequest, form: CodeForm, status: int = 200) -> HttpResponse:
    is_backup = isinstance(form, BackupCodeForm)
    target = target_of(request)
    user = second_steps.pending(request.session, timezone.now())
    context = {
        "form": form,
        "is_backup": is_backup,
        "next": target,
        "has_device": user is not None and services.may_be_approved(request.session, user),
        **(services.ways_of(request, user) if user else {}),
    }
    return leading_to(target, render(request, "factors/sign_in.html", context, status=status))


def again(request: HttpRequest) -> HttpResponse:
    """To the beginning, with where the person wants to go."""
    if second_steps.NOTE in request.session:
        messages.warning(request, _("Signing in took too long. Start again."))
    return redirect(f"{reverse('accounts:sign-in')}?{urlencode({'next': target_of(request)})}")
