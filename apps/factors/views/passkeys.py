"""Adding a passkey, signing in by one alone, and what browsers are asked before: that is JSON, for a script."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts import second_steps, sessions
from apps.accounts.presenting import session_of
from apps.accounts.services import DeviceUnproved, TooManyAttempts
from apps.accounts.stepping_up import require_fresh
from apps.accounts.views.signing_in import entered, target_of
from apps.accounts.workspace import user_of
from apps.core.errors import Refused
from apps.core.pages import errors_as_messages, errors_at_fields
from apps.core.translating import translated
from apps.factors import ceremonies, services
from apps.factors.forms import PasskeyForm, from_script
from apps.factors.views.factors import crumbs, enrolled
from apps.factors.views.signing_in import again


@never_cache
@require_POST
def ask_anybody(request: HttpRequest) -> HttpResponse:
    try:
        return JsonResponse(services.ask_anybody(request, now=timezone.now()))
    except TooManyAttempts as refusal:
        headers = {"Retry-After": str(refusal.seconds)}
        return JsonResponse({"detail": translated(refusal.detail)}, status=429, headers=headers)


@never_cache
@sensitive_post_parameters("passkey")
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """Whoever is refused is back where they can sign in in another way."""
    target = target_of(request)
    with errors_as_messages(request):
        try:
            user = services.sign_in_by_passkey(request, answer=from_script(request, "passkey"), now=timezone.now())
        except DeviceUnproved:
            return redirect("accounts:device-unproved")
        return entered(request, user, target)
    return redirect(f"{reverse('accounts:sign-in')}?{urlencode({'next': target})}")


@never_cache
@require_POST
def ask_half_signed_in(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    user = second_steps.pending(request.session, now)
    if user is None:
        return again(request)
    return JsonResponse(services.ask_owner(request, user, ceremonies.SECOND_STEP, now=now))


@login_required
@never_cache
@require_POST
def ask_signed_in(request: HttpRequest) -> HttpResponse:
    return JsonResponse(services.ask_owner(request, user_of(request), ceremonies.CONFIRM, now=timezone.now()))


@login_required
@never_cache
@require_POST
def ask_for_new(request: HttpRequest) -> HttpResponse:
    """What comes of it is taken from who has shown just now who they are."""
    return JsonResponse(services.ask_for_new_passkey(request, user_of(request), now=timezone.now()))


@login_required
@never_cache
@require_fresh(acr=sessions.AAL2)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    form = PasskeyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        given, user = form.cleaned_data, user_of(request)
        try:
            done = services.enrol_passkey(
                request,
                user,
                name=given["name"],
                answer=given["passkey"],
                now=timezone.now(),
                but=session_of(request),
            )
        except Refused as refusal:
            errors_at_fields(form, refusal)
        else:
            return enrolled(request, done, _("The passkey has been added. It signs you in from now on."))
    status = 422 if form.is_bound else 200
    return render(request, "factors/passkey.html", {"form": form, "crumbs": crumbs()}, status=status)
