"""Forgetting who somebody is: one key is destroyed, and with it what was kept of them, wherever it was copied to."""

import os
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from apps.core import crypto
from apps.core.fields import BlindIndexField
from apps.keys import services as keys
from apps.keys.models import SubjectKey
from apps.notifications import services as notifications
from apps.outreach.models import Person

#: As long as a digest: no address has it.
DIGEST_BYTES = 16


def erase(person: Person, parts: Iterable[UUID], *, now: datetime) -> None:
    """Destroy the key of somebody whose row is locked by the caller; ``parts`` are the recipients of messages to them.

    What waits for them is given up, and nobody finds them by their address any more. The caller says in the trail who
    was erased.
    """
    key = person.key or SubjectKey.objects.create()
    keys.destroy_subject_keys([key.pk])
    notifications.erase(key.pk, parts, now=now)
    digests = [one for one in person._meta.get_fields() if isinstance(one, BlindIndexField)]
    nobodys = {one.attname: None if one.null else os.urandom(DIGEST_BYTES) for one in digests}
    people = type(person)._default_manager.filter(pk=person.pk)
    people.update(key=key.pk, name=b"", email=b"", **nobodys)


def refuse_erased(person: Person) -> None:
    """Raises ``crypto.Erased``."""
    if person.is_erased:
        raise crypto.Erased
