"""What is shown of a session."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest

from apps.accounts.browsers import described
from apps.accounts.models import Session
from apps.accounts.session_store import id_of


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody is signed in: ``is_here`` for who asks from there."""

    session: Session
    is_here: bool = False

    @property
    def device(self) -> str:
        return described(self.session.user_agent)


def session_of(request: HttpRequest) -> UUID | None:
    """The id of the session that a request came with."""
    cookie = getattr(request, "session", None) and request.session.session_key
    return id_of(cookie) if cookie else None
