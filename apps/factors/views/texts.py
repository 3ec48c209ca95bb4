"""Codes by text message: a number is added by the first of them, and who is half signed in has one sent."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts import second_steps
from apps.accounts.presenting import session_of
from apps.accounts.services import TooManyAttempts
from apps.accounts.views.signing_in import entered, leading_to, target_of
from apps.accounts.workspace import user_of
from apps.core.errors import Refused
from apps.core.pages import errors_as_messages, errors_at_fields
from apps.factors import services
from apps.factors.forms import PhoneForm, TextCodeForm
from apps.factors.views import signing_in
from apps.factors.views.factors import changing, crumbs, enrolled


@changing
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    form = PhoneForm(request.POST if request.method == "POST" else None)
    context = {"form": form, "offered": services.texts_are_offered(), "crumbs": crumbs()}
    if form.is_valid():
        number = form.cleaned_data["number"]
        try:
            services.begin_phone(request, user_of(request), number=number, now=timezone.now())
        except Refused as refusal:
            errors_at_fields(form, refusal)
            return _answer(render(request, "factors/phone.html", context), refusal)
        return redirect("factors:phone-code")
    return render(request, "factors/phone.html", context, status=422 if form.is_bound else 200)


@changing
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Waits for the code that was sent to the new number."""
    user, form = user_of(request), TextCodeForm(request.POST if request.method == "POST" else None)
    phone = services.phone_of(user, confirmed=False)
    if phone is None:
        messages.info(request, _("Nothing is being set up."))
        return redirect("factors:list")
    context = {"form": form, "number": phone.masked, "crumbs": crumbs()}
    if form.is_valid():
        given = form.cleaned_data["code"]
        try:
            done = services.confirm_phone(request, user, given, now=timezone.now(), but=session_of(request))
        except Refused as refusal:
            errors_at_fields(form, refusal)
            return _answer(render(request, "factors/phone_code.html", context), refusal)
        return enrolled(request, done, _("The number has been added. A code to it stands in for your second factor."))
    return render(request, "factors/phone_code.html", context, status=422 if form.is_bound else 200)


@changing
@require_POST
def again(request: HttpRequest) -> HttpResponse:
    with errors_as_messages(request):
        services.send_again(request, user_of(request), now=timezone.now())
        messages.success(request, _("Another code is on its way."))
    return redirect("factors:phone-code")


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """Send a code to who has shown the right password, and take it."""
    user = second_steps.pending(request.session, timezone.now())
    if user is None:
        return signing_in.again(request)
    if request.method == "POST" and "code" not in request.POST:
        return _sent(request)
    if request.method == "POST":
        return _taken(request)
    return _page(request, TextCodeForm())


def _sent(request: HttpRequest) -> HttpResponse:
    try:
        services.send_text(request, now=timezone.now())
    except services.StepOver:
        return signing_in.again(request)
    except Refused as refusal:
        form = TextCodeForm({})
        form.errors.clear()
        form.add_error(None, refusal.detail)
        return _answer(_page(request, form), refusal)
    return redirect(f"{reverse('factors:sign-in-text')}?{urlencode({'next': target_of(request)})}")


def _taken(request: HttpRequest) -> HttpResponse:
    form = TextCodeForm(request.POST)
    if not form.is_valid():
        return _page(request, form, 422)
    try:
        user = services.take_second_step_by_text(request, code=form.cleaned_data["code"], now=timezone.now())
    except services.StepOver:
        return signing_in.again(request)
    except Refused as refusal:
        errors_at_fields(form, refusal)
        return _answer(_page(request, form), refusal)
    return entered(request, user, target_of(request))


def _page(request: HttpRequest, form: TextCodeForm, status: int = 200) -> HttpResponse:
    now, target = timezone.now(), target_of(request)
    user = second_steps.pending(request.session, now)
    phone = services.phone_of(user) if user else None
    context = {
        "form": form,
        "next": target,
        "number": phone.masked if phone else "",
        "awaited": services.has_text_to_enter(request.session, phone, now),
    }
    return leading_to(target, render(request, "factors/sign_in_text.html", context, status=status))


def _answer(page: HttpResponse, refusal: Refused) -> HttpResponse:
    page.status_code = refusal.status
    if isinstance(refusal, TooManyAttempts):
        page["Retry-After"] = str(refusal.seconds)
    return page
