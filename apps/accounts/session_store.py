"""Where sessions are kept: in the tenant's own table, so that a cookie opens one tenant and can be ended at once.

``SESSION_ENGINE``. It costs what Django's own store in the database costs, whose signed format it keeps.
"""

import hashlib
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Session
from apps.core.locking import lock


def id_of(cookie: str | None) -> UUID:
    """The id of the session that a cookie opens: 128 bits of SHA-256, from which nobody gets back to the cookie."""
    return UUID(bytes=hashlib.sha256((cookie or "").encode()).digest()[:16])


class SessionStore(db.SessionStore):
    """Sessions as rows of :class:`Session`. One that is ended while a request is under way stays ended."""

    @classmethod
    def get_model_class(cls) -> Any:
        return Session

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(pk=id_of(session_key)).exists()

    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            Session.objects.filter(pk=id_of(key)).delete()

    def cycle_key(self) -> None:
        """Go on under another id; what was ended meanwhile does not come back by it. Raises ``SessionInterrupted``."""
        with transaction.atomic():
            if self.get(SESSION_KEY) and not lock(Session.objects.filter(pk=id_of(self.session_key))):
                raise SessionInterrupted("The session was ended while it was in use.")
            super().cycle_key()

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        return Session(
            id=id_of(self._get_or_create_session_key()),  # type: ignore[attr-defined]  # the stubs leave it out
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            user_id=data.get(SESSION_KEY),
            user_agent=data.get("user_agent", ""),
            network=data.get("network", ""),
            began_at=_moment(data.get("signed_in_at")),
            last_used_at=_moment(data.get("seen_at")),
        )

    def _get_session_from_db(self) -> Session | None:
        """Called by Django's own ``load``."""
        found = Session.objects.filter(pk=id_of(self.session_key), expire_date__gt=timezone.now()).first()
        if found is None:
            self._session_key = None
        return found


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
