"""What is shown of a session."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from apps.accounts.browsers import described
from apps.accounts.models import Session
from apps.accounts.risk import words_of
from apps.accounts.session_store import SessionStore, id_of


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
    def risk(self) -> int | None:
        """The score of the sign-in; none where an earlier release began the session."""
        return self._risk.get("score")

    @property
    def _risk(self) -> dict[str, Any]:
        return SessionStore().decode(self.session.session_data).get("risk") or {}


def session_of(request: HttpRequest) -> UUID | None:
    """The id of the session that a request came with."""
    cookie = getattr(request, "session", None) and request.session.session_key
    return id_of(cookie) if cookie else None
