"""Forgetting who somebody is: one key is destroyed, and with it what was kept of them, wherever it was copied to."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from apps.core import crypto
from apps.keys import services as keys
from apps.notifications import services as notifications
from apps.outreach.models import Person


def erase(person: Person, parts: Iterable[UUID], *, now: datetime) -> None:
    """Destroy the key of somebody whose row is locked by the caller; ``parts`` are the recipients of messages to them.

    What waits for them is given up. The caller says in the trail who was erased.
    """
    notifications.erase(keys.erase(person), parts, now=now)


def refuse_erased(person: Person) -> None:
    """Raises ``crypto.Erased``."""
    if person.is_erased:
        raise crypto.Erased
