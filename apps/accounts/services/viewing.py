"""Seeing the product as somebody else does: for some minutes, without changing anything, under one's own name.

Who looks sees what both may see. Session, key and token stay the viewer's, so what they read is on record as theirs.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_noop as _

from apps import audit
from apps.accounts import authz
from apps.accounts.models import User
from apps.accounts.services.grants import refuse_unheld
from apps.accounts.services.held import refuse_erased, refuse_programs
from apps.core import once
from apps.core.errors import Refused

LONGEST: Final = timedelta(minutes=15)
#: What a session has while its owner looks as somebody else: whom, and until when.
MARK: Final = "viewing"


class NotToBeViewed(Refused):
    code = "not_to_be_viewed"
    title = "Nobody sees the product as this account does"


@dataclass(frozen=True, slots=True)
class View:
    """Whom somebody looks as, narrowed to what both may, and until when."""

    person: User
    until: datetime


def has_view(session: Any) -> bool:
    """Whether the owner of a session sees the product as somebody else does, or did until a moment ago."""
    return MARK in session


@transaction.atomic
def start_view(session: Any, person: User, *, acting_user: User, now: datetime) -> None:
    """Let the owner of a session see the product as a person does: nobody who may do more than they may themselves."""
    _refuse(person, acting_user)
    session[MARK] = {"user": str(person.pk), "until": (now + LONGEST).timestamp()}
    _record(person, acting_user, now)


@transaction.atomic
def look_as(person_id: UUID, *, acting_user: User, now: datetime) -> User:
    """Let one request show what both a person and the acting user may see; return the person, narrowed to that.

    The same refusals as of :func:`start_view`. On record is the first of them in as long as a session would look.
    """
    person = authz.visible(User.objects.filter(pk=person_id), acting_user, "users:view_as").first()
    if person is None:
        raise authz.NotPermitted(_("There is no such account, or none that your roles let you see the API as."))
    _refuse(person, acting_user)
    if once.is_first(f"view:{acting_user.pk}:{person.pk}", int(LONGEST.total_seconds())):
        _record(person, acting_user, now)
    authz.narrow_to(person, acting_user)
    return person


def _refuse(person: User, acting_user: User) -> None:
    authz.require(acting_user, "users:view_as", person)
    refuse_erased(person)
    refuse_programs(person)
    if person.pk == acting_user.pk:
        raise NotToBeViewed(_("This is your own account: you see the product as it does already."))
    if not person.is_active:
        raise NotToBeViewed(_("The account is closed: it sees nothing."))
    refuse_unheld(acting_user, authz.permissions_of(person))


def _record(person: User, acting_user: User, now: datetime) -> None:
    until = (now + LONGEST).isoformat()
    audit.record("view.started", now=now, target=person, actor=acting_user, details={"until": until})


@transaction.atomic
def stop_view(session: Any, *, acting_user: User, now: datetime, reason: str = "stopped") -> UUID | None:
    """Let the owner of a session see the product as themselves again; return as whom they saw it before."""
    mark = session.pop(MARK, None)
    if mark is None:
        return None
    person = User.objects.filter(pk=mark["user"]).first()
    audit.record("view.ended", now=now, target=person, actor=acting_user, details={"reason": reason})
    return UUID(mark["user"])


def view_of(session: Any, acting_user: User, now: datetime) -> View | None:
    """What the owner of a session sees; none where it is over, or they may not any more."""
    mark = session[MARK]
    person = User.objects.filter(pk=mark["user"], is_active=True).first()
    if person is None or now.timestamp() >= mark["until"] or not authz.allows(acting_user, "users:view_as", person):
        return None
    authz.narrow_to(person, acting_user)
    return View(person, datetime.fromtimestamp(mark["until"], UTC))
