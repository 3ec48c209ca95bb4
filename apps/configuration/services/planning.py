"""Changes that wait: for their time, or for a second administrator."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from apps import audit
from apps.audit.models import AuditEntry
from apps.configuration.models import PlannedChange
from apps.configuration.services.checking import Wish, refuse_bad, wish_of
from apps.configuration.services.writing import hold, who, write
from apps.core import events
from apps.core.errors import Gone, Invalid, Refused
from apps.core.locking import still_there
from apps.core.moments import problem_beyond
from apps.core.tenancy import current_schema
from resimate_text.sentences import Sentence

State = PlannedChange.State

#: How many changes of one key may wait at a time.
MOST_WAITING: Final = 20
#: After these somebody else may know the password.
NEW_PASSWORD: Final = ("user.password_reset", "user.password_changed")
NEW_KEY: Final = "api_key.created"


class TooManyWaiting(Refused):
    code = "too_many_waiting"
    title = "Too many changes of the setting wait"


class NotWaiting(Refused):
    code = "change_not_waiting"
    title = "The planned change is decided already"


class SamePerson(Refused):
    code = "same_person"
    status = 403
    title = "A second person has to decide"


@dataclass(frozen=True, slots=True)
class Plan:
    """Why, and for what a change waits: for a moment, for a second administrator, or for both."""

    reason: str = ""
    starts_at: datetime | None = None
    needs_two: bool = False


def planned(wish: Wish, plan: Plan, *, now: datetime, actor: Any) -> PlannedChange:
    """Keep a change, which was checked, until a second administrator agrees, or its time comes."""
    if problem := problem_beyond(plan.starts_at, now, "/starts_at"):
        raise Invalid(problem.detail, errors=[problem])
    if planned_changes().filter(key=wish.key).count() >= MOST_WAITING:
        detail = Sentence(
            "{count} changes of {key} wait already. Decide about these first.", count=MOST_WAITING, key=wish.key
        )
        raise TooManyWaiting(detail)
    waiting = PlannedChange(
        key=wish.key,
        layer=wish.layer,
        user=wish.user,
        reason=plan.reason,
        state=State.WAITING if plan.needs_two else State.SCHEDULED,
        starts_at=plan.starts_at,
        asked_at=now,
        asked_by=who(actor),
    )
    waiting.new = wish.facts()
    waiting.save(force_insert=True)
    audit.record("setting.planned", now=now, actor=actor, target=waiting, details={"key": wish.key})
    if not plan.needs_two:
        _remind(waiting, now)
    return waiting


@transaction.atomic
def approve(planned: PlannedChange, *, now: datetime, actor: Any = None) -> PlannedChange:
    """Agree, as somebody else than who asked: it is made now, or at its time."""
    planned = _open(planned, State.WAITING)
    if reason := why_not_agree(planned, actor):
        raise SamePerson(reason)
    audit.record("setting.approved", now=now, actor=actor, target=planned, details={"key": planned.key})
    if planned.starts_at is not None and planned.starts_at > now:
        _remind(planned, now)
        return _decided(planned, State.SCHEDULED, now, actor)
    _make(planned, now=now, actor=actor)
    return _decided(planned, State.APPLIED, now, actor)


def why_not_agree(planned: PlannedChange, actor: Any) -> Sentence | None:
    """Why somebody is no second person for a change; None who may agree to it."""
    if who(actor) == planned.asked_by:
        return Sentence("Somebody else than who asked for the change has to agree to it.")
    if actor is not None and _is_newer(actor, planned.asked_at):
        return Sentence("An account or a password that is newer than the request cannot agree to it.")
    if actor is not None and _may_have_asked(actor, planned):
        return Sentence("Whoever made an API key for the account that asked cannot agree to the change.")
    return None


def _is_newer(actor: Any, moment: datetime) -> bool:
    """Whether who asked may have made the account, or its password, to agree with."""
    since = AuditEntry.objects.filter(tenant=current_schema(), occurred_at__gte=moment, action__in=NEW_PASSWORD)
    return bool(actor.created_at > moment or since.filter(object_id=str(actor.pk)).exists())


def _may_have_asked(actor: Any, planned: PlannedChange) -> bool:
    """Whether it was possible by a key that they made in the name of who asked, and were shown."""
    made = AuditEntry.objects.filter(tenant=current_schema(), action=NEW_KEY, actor=str(actor.pk))
    return made.filter(details__user=planned.asked_by, occurred_at__lte=planned.asked_at).exists()


@transaction.atomic
def reject(planned: PlannedChange, *, now: datetime, actor: Any = None) -> PlannedChange:
    """Say no to a change that waits for a second person."""
    planned = _open(planned, State.WAITING)
    audit.record("setting.rejected", now=now, actor=actor, target=planned, details={"key": planned.key})
    return _decided(planned, State.REJECTED, now, actor)


@transaction.atomic
def cancel(planned: PlannedChange, *, now: datetime, actor: Any = None) -> PlannedChange:
    """Take back a change that has not been made yet."""
    planned = _open(planned, State.WAITING, State.SCHEDULED)
    audit.record("setting.cancelled", now=now, actor=actor, target=planned, details={"key": planned.key})
    return _decided(planned, State.CANCELLED, now, actor)


def planned_changes() -> QuerySet[PlannedChange]:
    """What waits at this level, the oldest first."""
    return PlannedChange.objects.filter(state__in=(State.WAITING, State.SCHEDULED)).order_by("pk")


def find_planned(pk: str) -> PlannedChange:
    """The planned change of that id. Raises ``Gone``."""
    try:
        return PlannedChange.objects.get(pk=pk)
    except (PlannedChange.DoesNotExist, ValidationError):
        raise Gone("There is no such planned change.") from None


@transaction.atomic
def apply_when_due(pk: UUID, *, now: datetime) -> None:
    """Make a scheduled change whose time has come. What no longer can be made says why. Safe to run twice."""
    hold()
    planned = PlannedChange.objects.filter(pk=pk, state=State.SCHEDULED, starts_at__lte=now).first()
    if planned is None:
        return
    try:
        _make(planned, now=now, actor=None)
    except Refused as refusal:
        audit.record("setting.failed", now=now, target=planned, details={"key": planned.key})
        planned.problem = str(refusal.detail)[:300]
        _mark(planned, State.FAILED)
    else:
        _mark(planned, State.APPLIED)


@transaction.atomic
def _make(planned: PlannedChange, *, now: datetime, actor: Any) -> None:
    """Under the lock of the settings, which holds for what waits as well."""
    wish = wish_of(planned.key, planned.new, planned.layer, planned.user)
    refuse_bad(wish, now)
    write([wish], now=now, actor=actor, reason=planned.reason)


def _open(planned: PlannedChange, *states: str) -> PlannedChange:
    hold()
    planned = still_there(PlannedChange.objects.all(), planned.pk)
    if planned.state not in states:
        raise NotWaiting("This change is decided already.")
    return planned


def _decided(planned: PlannedChange, state: str, now: datetime, actor: Any) -> PlannedChange:
    planned.decided_at, planned.decided_by = now, who(actor)
    return _mark(planned, state)


def _mark(planned: PlannedChange, state: str) -> PlannedChange:
    planned.state = state
    planned.save(update_fields=["state", "decided_at", "decided_by", "problem"])
    return planned


def _remind(planned: PlannedChange, now: datetime) -> None:
    events.publish("setting.change_due", {"change_id": str(planned.pk)}, now=now, due_at=planned.starts_at)
