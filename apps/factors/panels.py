"""What pages of accounts show of second factors: that there are some, and a button for who has a passkey."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from apps.accounts.models import User
from apps.accounts.panels import CONFIRM, SECURITY, SIGN_IN
from apps.core.panels import show_at
from apps.factors import services


@show_at(SECURITY)
def second_factors(request: HttpRequest, user: User) -> SafeString:
    return render_to_string("factors/_panel.html", {"has_one": services.has_factor(user)}, request)


@show_at(SIGN_IN)
def sign_in_by_passkey(request: HttpRequest, target: str) -> SafeString:
    """The same for everybody: whether anybody here has one is nobody's business."""
    return render_to_string("factors/_sign_in.html", {"next": target}, request)


@show_at(CONFIRM)
def confirm_by_passkey(request: HttpRequest, user: User) -> SafeString | None:
    if not services.has_passkey_here(request, user):
        return None
    return render_to_string("factors/_confirm.html", {}, request)


@show_at(CONFIRM)
def confirm_on_device(request: HttpRequest, user: User) -> SafeString | None:
    if not services.may_be_approved(request.session, user):
        return None
    asked = services.approval_of(request.session, user)
    is_waiting = asked is not None and not asked.ended_by(timezone.now())
    page = {"approval": asked, "is_waiting": is_waiting, "device": services.devices_of(user)[0]}
    return render_to_string("factors/_confirm_device.html", page, request)
