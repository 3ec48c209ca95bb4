"""What is shown of a session, and of a role that is handed on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.http import HttpRequest

from apps.accounts import lineage, services
from apps.accounts.browsers import described
from apps.accounts.models import Grant, Role, Session, User
from apps.accounts.risk import is_unusual, words_of
from apps.accounts.session_store import SessionStore, id_of
from apps.core import rights


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody is signed in: ``is_here`` for who asks from there."""

    session: Session
    is_here: bool = False

    @property
    def device(self) -> str:
        return described(self.session.user_agent)

    @property
    def oddities(self) -> list[str]:
        """Why the sign-in was weighed as it was, in words."""
        return words_of(self._risk.get("inputs", ()))

    @property
    def is_unusual(self) -> bool:
        return is_unusual(self._risk.get("inputs", ()))

    @property
    def risk(self) -> int | None:
        """The score of the sign-in; none where an earlier release began the session."""
        return self._risk.get("score")

    @property
    def _risk(self) -> dict[str, Any]:
        return SessionStore().decode(self.session.session_data).get("risk") or {}


@dataclass(frozen=True, slots=True)
class Delegation:
    """A role that was handed on, as one of the two sees it."""

    grant: Grant
    seen_by: User

    @property
    def is_mine(self) -> bool:
        return self.grant.delegator_id == self.seen_by.pk

    @property
    def what(self) -> str:
        return named(self.grant.role, self.grant.object_id)


def offered_by(user: User, now: datetime) -> list[tuple[services.Lendable, str]]:
    """What somebody may hand on, each with its name."""
    return [(one, named(one.role, one.object_id)) for one in services.lendable_by(user, now=now)]


def named(role: Role, object_id: UUID | None) -> str:
    """The name of a role, and of the one object that it is for."""
    if object_id is None:
        return str(role.name)
    resources = (rights.RESOURCES.get(text.partition(":")[0]) for text in lineage.permissions_of(role))
    labels = dict.fromkeys(one.model for one in resources if one and one.model)
    rows = (apps.get_model(label)._default_manager.filter(pk=object_id).first() for label in labels)
    found = next((row for row in rows if row is not None), None)
    return f"{role.name}: {getattr(found, 'name', '') or object_id}"


def session_of(request: HttpRequest) -> UUID | None:
    """The id of the session that a request came with."""
    cookie = getattr(request, "session", None) and request.session.session_key
    return id_of(cookie) if cookie else None
