"""Adding a device on which sign-ins are approved: it is added once it has approved a first question."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.accounts.presenting import session_of
from apps.accounts.workspace import user_of
from apps.core.errors import Refused
from apps.core.pages import errors_at_fields
from apps.factors import services
from apps.factors.forms import DeviceForm
from apps.factors.views.approvals import answered, led, still, waiting
from apps.factors.views.factors import changing, crumbs, enrolled


@changing
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    if "begin" in request.POST:
        return _started()
    form = DeviceForm(request.POST if request.method == "POST" else None)
    context = {
        "form": form,
        "offered": services.pushes_are_offered(),
        "key": services.push_key(),
        "crumbs": crumbs(),
    }
    if form.is_valid():
        given = form.cleaned_data
        try:
            services.begin_device(
                request, user_of(request), name=given["name"], address=given["device"], now=timezone.now()
            )
        except Refused as refusal:
            errors_at_fields(form, refusal)
            return answered(render(request, "factors/device.html", context), refusal)
        return redirect("factors:device-first")
    return render(request, "factors/device.html", context, status=422 if form.is_bound else 200)


def _started() -> HttpResponse:
    """The page again, which now has the key that a browser asks for."""
    if services.pushes_are_offered():
        services.make_push_key(timezone.now())
    return redirect("factors:device")


@changing
@require_http_methods(["GET", "HEAD", "POST"])
def first(request: HttpRequest) -> HttpResponse:
    """Waits for the first approval on the new device."""
    user, refusal = user_of(request), None
    if services.begun_device(user, timezone.now()) is None and not services.has_asked(request.session):
        messages.info(request, _("Nothing is being set up."))
        return led(request, redirect("factors:list"))
    if request.method == "POST":
        try:
            done = services.confirm_device(request, user, now=timezone.now(), but=session_of(request))
        except Refused as refused:
            refusal = refused
            if nothing := still(request, user):
                return nothing
        else:
            return enrolled(request, done, _("The device has been added. Sign-ins are approved on it from now on."))
    context = {"crumbs": crumbs(), **waiting(request, services.approval_of(request.session, user), refusal)}
    return answered(render(request, "factors/device_first.html", context), refusal)
