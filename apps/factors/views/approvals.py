"""Approving a sign-in on a device: the page that waits, and the one that the notification opens.

Both work without scripts; by them the page that waits goes on of itself. It asks by POST, since the answer may be a
session.
"""

from typing import Final
from uuid import UUID

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts import second_steps
from apps.accounts.browsers import described
from apps.accounts.models import User
from apps.accounts.services import TooManyAttempts
from apps.accounts.views.linked import by_link
from apps.accounts.views.signing_in import entered, leading_to, target_of
from apps.core.errors import Refused
from apps.core.translating import translated
from apps.factors import services
from apps.factors.forms import NumberForm, from_script
from apps.factors.models import Approval
from apps.factors.views import signing_in

WORKER: Final = "js/push_worker.js"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """Ask a device of who has shown the right password, and go on once it has approved."""
    if second_steps.pending(request.session, timezone.now()) is None:
        return led(request, signing_in.again(request))
    if request.method == "POST":
        return _asked(request) if "device" in request.POST else _looked(request)
    return _page(request)


def _asked(request: HttpRequest) -> HttpResponse:
    try:
        services.ask_device(request, _id_of(request.POST["device"]), now=timezone.now())
    except services.StepOver:
        return signing_in.again(request)
    except Refused as refusal:
        return _page(request, refusal)
    return redirect(f"{reverse('factors:sign-in-device')}?{urlencode({'next': target_of(request)})}")


def _id_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _looked(request: HttpRequest) -> HttpResponse:
    try:
        user = services.take_second_step_by_approval(request, now=timezone.now())
    except services.StepOver:
        return led(request, signing_in.again(request))
    except services.NotApproved as refusal:
        half = second_steps.pending(request.session, timezone.now())
        nothing = still(request, half) if half else None
        return nothing or _page(request, refusal)
    return led(request, entered(request, user, target_of(request)))


def _page(request: HttpRequest, refusal: Refused | None = None) -> HttpResponse:
    now, target = timezone.now(), target_of(request)
    user = second_steps.pending(request.session, now)
    if user is None:
        return signing_in.again(request)
    context = {
        "next": target,
        "devices": services.devices_of(user) if services.may_be_approved(request.session, user) else [],
        **waiting(request, services.approval_of(request.session, user), refusal),
    }
    return answered(leading_to(target, render(request, "factors/sign_in_device.html", context)), refusal)


def waiting(request: HttpRequest, approval: Approval | None, refusal: Refused | None) -> dict[str, object]:
    """What is shown of a question that waits, or how it has ended."""
    ended = approval.ended_by(timezone.now()) if approval else services.has_asked(request.session) and "unsent"
    return {
        "approval": approval,
        "ended": ended,
        "is_waiting": approval is not None and not ended,
        "refused": refusal.detail if refusal else "",
        "here": request.path,
    }


def still(request: HttpRequest, user: User) -> HttpResponse | None:
    """Nothing new for the script of a page that waits; a page where it has ended, or where somebody pressed."""
    if not getattr(request, "htmx", False):
        return None
    approval = services.approval_of(request.session, user)
    if approval is not None and not approval.ended_by(timezone.now()):
        return HttpResponse(status=204)
    return HttpResponse(headers={"HX-Refresh": "true"})


def led(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The script of a page that waits follows no redirect: it is told where to go."""
    if getattr(request, "htmx", False) and response.status_code == 302:
        response["HX-Redirect"] = response["Location"]
        del response["Location"]
        response.status_code = 200
    return response


def answered(page: HttpResponse, refusal: Refused | None) -> HttpResponse:
    if refusal is not None:
        page.status_code = refusal.status
    if isinstance(refusal, TooManyAttempts):
        page["Retry-After"] = str(refusal.seconds)
    return page


@by_link
def approve(request: HttpRequest, token: str) -> HttpResponse:
    """Who, from where and since when; yes by the number, or no. It takes no session: the link came sealed."""
    form, now = NumberForm(request.POST if "number" in request.POST else None), timezone.now()
    try:
        if "no" in request.POST:
            services.deny(token, now=now)
            return render(request, "factors/approve_done.html", {"is_denied": True})
        approval = services.find_approval(token, now=now)
        if form.is_valid():
            services.approve(token, number=form.cleaned_data["number"], now=now)
            return render(request, "factors/approve_done.html")
    except (services.ApprovalOver, services.WrongNumber) as refusal:
        return answered(render(request, "factors/approve_done.html", {"refused": refusal.detail}), refusal)
    context = {"form": form, "approval": approval, "device": described(approval.user_agent)}
    return render(request, "factors/approve.html", context, status=422 if form.is_bound else 200)


@csrf_exempt  # neither a page nor a cookie comes with it: what proves it is the address
@require_POST
@by_link
def replace_address(request: HttpRequest, token: str) -> HttpResponse:
    """Told by the script that a browser keeps: where it is reached from now on, as ``PushSubscription.toJSON()``."""
    try:
        services.replace_address(token, address=from_script(request, "device"), now=timezone.now())
    except Refused as refusal:
        return answered(JsonResponse({"detail": translated(refusal.detail)}), refusal)
    return HttpResponse(status=204)


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The script that a browser keeps to show notifications: its address stays, whatever the release."""
    with open(str(finders.find(WORKER)), encoding="utf-8") as script:
        return HttpResponse(script.read(), content_type="text/javascript; charset=utf-8")
