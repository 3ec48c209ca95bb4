"""The devices that are asked: one is added by approving a first question on it, asked, and lost.

Where a browser tells that it is reached elsewhere (``replacing``) comes with each question.
"""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from apps import audit
from apps.accounts import services as accounts
from apps.accounts import sessions
from apps.accounts.models import User
from apps.core import events
from apps.core.locking import all_locked
from apps.factors import pushing
from apps.factors.messages import FACTORS_CHANGED
from apps.factors.models import TO_ANSWER, Approval, Device, Factor
from apps.factors.services import replacing
from apps.factors.services.approving import LINKS, ApprovalRefused, NotApproved, ask, used_up
from apps.factors.services.enrolling import (
    WAITS,
    Enrolled,
    NothingSetUp,
    enrolled,
    first_codes,
    held,
    refuse_more,
)
from apps.factors.services.requiring import pushes_are_offered


def push_key() -> str:
    """The public key for which a browser subscribes; empty before the first one asks for it."""
    return pushing.PROVIDERS[pushing.WEB].key()


def make_push_key(now: datetime) -> None:
    """Make the tenant's pair of keys, unless it is there: a page that is only looked at makes none."""
    pushing.PROVIDERS[pushing.WEB].make_key(now)


def begin_device(request: HttpRequest, user: User, *, name: str, address: str, now: datetime) -> None:
    """Ask a device its first question, for which it gave an address; one that was begun before is forgotten."""
    if not pushes_are_offered():
        raise ApprovalRefused(_("Your organisation does not let sign-ins be approved on devices."))
    address = replacing.read_address(address)
    with transaction.atomic():
        user = held(user)
        Factor.objects.filter(user=user, kind=Factor.Kind.PUSH, confirmed=False).delete()
        refuse_more(user)
        replacing.refuse_known(user, address)
        kind: Any = Factor.Kind.PUSH
        factor = Factor.objects.create(user=user, key=user.key, kind=kind, name=name, created_at=now)
        Device.objects.create(factor=factor, key=user.key, provider=pushing.WEB, address=address)
        ask(request, user, factor, now=now)


def begun_device(user: User, now: datetime) -> Factor | None:
    """The device that waits for its first approval."""
    begun = Factor.objects.filter(user=user, kind=Factor.Kind.PUSH, confirmed=False, created_at__gt=now - WAITS)
    return begun.select_related("key").first()


def confirm_device(request: HttpRequest, user: User, *, now: datetime, but: UUID | None = None) -> Enrolled:
    """Take the first approval: from now on sign-ins are approved there. Raises ``NotApproved``.

    Its sessions end ``but`` that of its owner.
    """
    made = first_codes(user)
    with transaction.atomic():
        user = held(user)
        factor, used = begun_device(user, now), used_up(request.session, user, now)
        if factor is None:
            raise NothingSetUp(_("Nothing is being set up any more. Start again."))
        if used is None or used.factor_id != factor.pk:
            raise NotApproved(_("It has not been approved yet. Open the notification on your device."))
        factor.confirmed, factor.last_used_at = True, now
        factor.save(update_fields=["confirmed", "last_used_at"])
        return enrolled(user, factor, made, now=now, but=but, method=sessions.APPROVAL)


def send_question(approval_id: str, *, now: datetime) -> None:
    """Hand a question over to whoever carries it to its device. Not one transaction, since it is a call.

    Sent twice, the second takes the place of the first.
    """
    left = Approval.objects.filter(state=Approval.State.PENDING, created_at__gt=now - TO_ANSWER)
    approval = left.select_related("key", "user__key", "factor__device__key").filter(pk=approval_id).first()
    if approval is None or not hasattr(approval.factor, "device"):
        return
    device: Device = approval.factor.device
    seconds = int((approval.created_at + TO_ANSWER - now).total_seconds())
    provider = pushing.PROVIDERS[device.provider]
    body = _question(approval, device, provider.key())
    try:
        provider.send(pushing.Push(device.address, body, seconds, approval.pk.hex), now=now)
    except pushing.Gone:
        _lose(approval, now=now)
    except pushing.NotTaken:
        left.filter(pk=approval_id).update(state=Approval.State.UNSENT)


def _question(approval: Approval, device: Device, key: str) -> bytes:
    """What a notification says: nothing of anybody, and where its page is.

    Its browser keeps the rest until it is reached elsewhere: where it tells that, and the key to be reached under.
    """
    with translation.override(approval.user.language or settings.LANGUAGE_CODE):
        said = {
            "title": gettext("Is this you?"),
            "body": gettext("Open this and enter the number that the page before you shows."),
            "url": LINKS.path_for(approval),
            "replaced": replacing.LINKS.path_for(device),
            "key": key,
        }
    return json.dumps(said).encode()


@transaction.atomic
def _lose(approval: Approval, *, now: datetime) -> None:
    """A device takes no questions any more, so it is forgotten, and its owner told.

    The last factor of an account stays without one: that a browser forgets a subscription must not turn two steps
    into one.
    """
    user, factor = approval.user, approval.factor
    known = all_locked(Factor.objects.filter(user=user))
    Device.objects.filter(factor=factor).delete()
    Approval.objects.filter(factor=factor, state=Approval.State.PENDING).update(state=Approval.State.UNSENT)
    if factor.confirmed:
        audit.record("factor.unreachable", now=now, target=factor, details={"user": str(user.pk)})
        events.publish("factor.unreachable", {"factor_id": str(factor.pk), "user_id": str(user.pk)}, now=now)
        facts = {"change": "factor.unreachable", "sort": factor.kind}
        accounts.tell_owner(user, FACTORS_CHANGED, factor, "factor.unreachable", now=now, **facts)
    if not factor.confirmed or any(one.is_strong for one in known if one.pk != factor.pk):
        factor.delete()
