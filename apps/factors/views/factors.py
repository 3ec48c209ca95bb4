"""One's own second factors. Before each change people show again who they are, by one of those that they have."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts import sessions
from apps.accounts.models import User
from apps.accounts.presenting import session_of
from apps.accounts.stepping_up import require_fresh
from apps.accounts.workspace import user_of
from apps.core.errors import Refused
from apps.core.pages import crumb, errors_as_messages, errors_at_fields
from apps.factors import services, totp
from apps.factors.forms import AppForm, CodeForm, NameForm
from apps.factors.holding import MISSING
from apps.factors.models import Factor

View = Callable[..., Any]


def changing(view: View) -> View:
    """A page of who is signed in, and has shown just now who they are: by a factor, whoever has one."""
    return login_required(never_cache(require_fresh(acr=sessions.AAL2)(view)))


@login_required
@never_cache
@require_safe
def factors(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    known = Factor.objects.in_use().select_related("key", "device").filter(user=user).order_by("created_at", "pk")
    held = next((one for one in known if one.kind == Factor.Kind.CODES), None)
    context = {
        "apps": [one for one in known if one.kind == Factor.Kind.APP],
        "passkeys": [one for one in known if one.kind == Factor.Kind.PASSKEY],
        "devices": [one for one in known if one.kind == Factor.Kind.PUSH],
        "devices_offered": services.pushes_are_offered(),
        "codes": held,
        "phone": services.phone_of(user),
        "texts_offered": services.texts_are_offered(),
        "left": held.codes.filter(used_at=None).count() if held else 0,
        "has_to": services.has_to_have_one(user),
        "form": AppForm(),
        "crumbs": crumbs()[:1],
    }
    return render(request, "factors/list.html", context)


@changing
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    form = AppForm(request.POST)
    name = form.cleaned_data["name"] if form.is_valid() else ""
    with errors_as_messages(request):
        services.begin_app(user_of(request), name=name, now=timezone.now())
        return redirect("factors:app")
    return redirect("factors:list")


def _nothing_begun(request: HttpRequest) -> str:
    """Who loads the page of their new codes again has set up the app, and sees the codes no more."""
    if request.method == "POST" and services.has_factor(user_of(request)):
        return _("The app works already. If you have not kept your backup codes, make new ones.")
    return _("Nothing is being set up.")


@changing
@require_http_methods(["GET", "HEAD", "POST"])
def app(request: HttpRequest) -> HttpResponse:
    """The picture and the seed for an app, until its first code has come."""
    user, form = user_of(request), CodeForm(request.POST if request.method == "POST" else None)
    begun = services.begun_app(user, timezone.now())
    if begun is None:
        messages.info(request, _nothing_begun(request))
        return redirect("factors:list")
    if form.is_valid():
        try:
            done = services.confirm_app(user, form.cleaned_data["code"], now=timezone.now(), but=session_of(request))
        except Refused as refusal:
            errors_at_fields(form, refusal)
        else:
            said = _("The app has been set up. From now on you sign in with its codes as well.")
            return enrolled(request, done, said)
    return _app_page(request, begun, form)


def _app_page(request: HttpRequest, begun: Factor, form: CodeForm) -> HttpResponse:
    organisation = getattr(getattr(request, "tenant", None), "name", "") or "Resimate"
    shown = totp.address(begun.seed, organisation, user_of(request).email)
    letters = " ".join(begun.seed[start : start + 4] for start in range(0, len(begun.seed), 4))
    context = {
        "form": form,
        "picture": totp.picture(shown),
        "address": shown,
        "letters": letters,
        "crumbs": crumbs(),
    }
    return render(request, "factors/app.html", context, status=422 if form.is_bound else 200)


def enrolled(request: HttpRequest, done: services.Enrolled, said: str) -> HttpResponse:
    """The session goes on, and is one of somebody with two factors; the others have ended."""
    _stay(request, done.user)
    request.session.pop(MISSING, None)
    sessions.note_recognised(request.session, [done.method, sessions.SEVERAL], timezone.now())
    _say(request, said)
    return _codes_page(request, done) if done.codes else redirect("factors:list")


@changing
@require_POST
def renew(request: HttpRequest) -> HttpResponse:
    with errors_as_messages(request):
        renewed = services.renew_codes(user_of(request), now=timezone.now(), but=session_of(request))
        _stay(request, renewed.user)
        _say(request, _("You have new backup codes. The old ones open nothing."))
        return _codes_page(request, renewed)
    return redirect("factors:list")


@changing
@require_POST
def remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    factor = _own_or_404(request, pk)
    with errors_as_messages(request):
        _stay(request, services.remove_own(factor, now=timezone.now(), but=session_of(request)))
        _say(request, _("It has been removed."))
    return redirect("factors:list")


@changing
@require_POST
def rename(request: HttpRequest, pk: UUID) -> HttpResponse:
    factor, form = _own_or_404(request, pk), NameForm(request.POST)
    if form.is_valid():
        with errors_as_messages(request):
            services.rename_factor(factor, name=form.cleaned_data["name"], now=timezone.now())
            messages.success(request, _("It has another name now."))
    else:
        messages.error(request, " ".join(map(str, form.errors["name"])))
    return redirect("factors:list")


def _own_or_404(request: HttpRequest, pk: UUID) -> Factor:
    factor = Factor.objects.in_use().select_related("user").filter(user=user_of(request), pk=pk).first()
    if factor is None:
        raise Http404
    return factor


def _codes_page(request: HttpRequest, made: services.Enrolled) -> HttpResponse:
    """Shown once: what is stored are hashes."""
    return render(request, "factors/codes.html", {"codes": made.codes, "crumbs": crumbs()})


def _stay(request: HttpRequest, user: User) -> None:
    """The sessions of the account have ended; this one goes on, under another id."""
    update_session_auth_hash(request, user)


def _say(request: HttpRequest, done: str) -> None:
    messages.success(request, " ".join((done, _("You have been signed out everywhere else."))))


def crumbs() -> list[dict[str, str]]:
    return [crumb(_("Security"), "accounts:security"), crumb(_("Second factors"), "factors:list")]
