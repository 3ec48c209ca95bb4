"""What many responses say, read in a third of the time: no models are made of sheets and their keys."""

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from apps.core.crypto import Erased, Undecryptable
from apps.core.fields import SubjectJSONField
from apps.keys.models import cipher_of
from apps.models.answers import Entries
from apps.models.models import AnswerSheet, ResponseQuerySet

#: How many sheets are in memory while they are sealed; they are opened one after the other.
SEALED_AT_ONCE: Final = 500
#: The last of these is there if the key is.
SHEET: Final = ("pk", "sheet__entries", "sheet__key", "sheet__key__secret", "sheet__key__tenant")


def said(responses: ResponseQuerySet, *columns: str, few_in_memory: bool) -> Iterator[tuple[Any, ...]]:
    """These columns of each response and, last, what it says (``Entries``).

    With few in memory it takes a cursor, which is slower for a handful. Raises ``Undecryptable`` and ``KeyAway``.
    """
    rows = responses.values_list(*columns, *SHEET)
    for *wanted, pk, stored, key, secret, tenant in rows.iterator(SEALED_AT_ONCE) if few_in_memory else rows:
        if stored is None:
            yield *wanted, {}
        elif tenant is None:
            raise Undecryptable("the key of its subject is not there")
        else:
            yield *wanted, _opened(pk, stored, key, secret)


def _opened(response: UUID, stored: bytes, key: UUID, secret: bytes | None) -> Entries:
    """Nothing, where the key was destroyed."""
    try:
        entries: Entries = entries_field().unsealed(stored, cipher_of(key, secret), response)
    except Erased:
        return {}
    return entries


def entries_field() -> SubjectJSONField:
    field = AnswerSheet._meta.get_field("entries")
    assert isinstance(field, SubjectJSONField)  # noqa: S101  as the model says
    return field
