"""A browser has given up the address of a device for another one, and says so by itself, signed in nowhere.

What proves it came sealed within the last question (``pushing.sealing``), so that nobody but this browser has it. It
names the device, and dies with the address that it was made for: told twice, the second time is refused.
"""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_noop as _

from apps import audit
from apps.accounts import services as accounts
from apps.accounts import throttle
from apps.accounts.models import User
from apps.accounts.sealed_links import SealedLinks
from apps.core import events
from apps.core.errors import Problem, Refused
from apps.core.locking import lock
from apps.factors import pushing
from apps.factors.messages import FACTORS_CHANGED
from apps.factors.models import Device, Factor
from apps.factors.services.approving import devices_of
from apps.factors.services.asking import who_asks
from apps.factors.services.verifying import note_refusal
from apps.keys import signatures

#: Each question brings a new link. A device that was asked nothing for so long is added again instead.
LIFE: Final = timedelta(days=180)
#: Addresses that a network tells and that are refused.
TELLING: Final = throttle.Limit("device-address", free=30, longest=300)

LINKS = SealedLinks(
    "factors.device",
    "factors:replace-address",
    rows=lambda: Device.objects.select_related("key", "factor__key", "factor__user__key").filter(
        factor__confirmed=True, factor__user__is_active=True
    ),
    said=lambda device: f"{device.factor.user_id}|{device.provider}|{device.address}",
)


class DeviceRefused(Refused):
    code = "device_refused"
    status = 422
    title = "The device cannot be asked"


class AddressOver(Refused):
    code = "device_address_over"
    status = 410
    title = "The device has another address already, is gone, or was asked too long ago"


def read_address(text: str) -> str:
    """Where a browser is reached, in the spelling that is kept. Raises ``DeviceRefused``; outside any transaction."""
    try:
        return pushing.PROVIDERS[pushing.WEB].read(text)
    except pushing.NotAnAddress:
        wrong = _("This browser cannot be reached. Try again, or use another one.")
        raise DeviceRefused(wrong, errors=[Problem("/device", wrong)]) from None


def refuse_known(user: User, address: str) -> None:
    """A browser is one device. The factors of the account are locked."""
    if any(one.address == address for one in devices_of(user)):
        known = _("Sign-ins are approved in this browser already.")
        raise DeviceRefused(known, errors=[Problem("/device", known)])


def replace_address(token: str, *, address: str, now: datetime) -> None:
    """Ask a device at another address from now on, and tell its owner.

    Raises ``AddressOver``, ``DeviceRefused`` and ``TooManyAttempts``.
    """
    who = who_asks()
    if wait := throttle.take(TELLING.kind, who, now, TELLING):
        raise accounts.TooManyAttempts(wait)
    user = _found(token).factor.user
    try:
        _replace(token, read_address(address), now)
    except DeviceRefused:  # only now: that it was refused stays recorded
        note_refusal(user, "address", now)
        raise
    throttle.forgive(TELLING.kind, who)


@transaction.atomic
def _replace(token: str, address: str, now: datetime) -> None:
    """The locks put two that tell at once in order: for the second the address is another one."""
    lock(Factor.objects.filter(user=_found(token).factor.user_id))
    device = _found(token)
    factor, user = device.factor, device.factor.user
    refuse_known(user, address)
    device.address = address
    device.save(update_fields=["address"])
    audit.record("factor.address_replaced", now=now, target=factor, actor=user, details={"user": str(user.pk)})
    events.publish("factor.address_replaced", {"factor_id": str(factor.pk), "user_id": str(user.pk)}, now=now)
    facts = {"change": "factor.address_replaced", "sort": factor.kind}
    accounts.tell_owner(user, FACTORS_CHANGED, factor, f"address:{int(now.timestamp())}", now=now, **facts)


def _found(token: str) -> Device:
    device = LINKS.found(token, within=LIFE)
    if device is None:
        raise AddressOver(AddressOver.title)
    return device


@signatures.declare("links that replace the address of a device")
def _live_since(now: datetime) -> datetime | None:
    return now - LIFE if Device.objects.exists() else None
