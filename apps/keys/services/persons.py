"""People whom a process of the version before has written, after the migration, get keys of their own too."""

from collections.abc import Sequence
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django_tenants.utils import schema_context

from apps.core import crypto
from apps.keys.columns import Column, columns
from apps.keys.models import Erasable
from apps.keys.services.making import give_keys

AT_ONCE: Final = 500


def give_missing_keys(schema: str) -> int:
    """Write anew, under the key of each person, what is under the tenant's key; returns of how many people.

    Who is held by somebody else, or cannot be decrypted, stays as they are until the next time.
    """
    of_people: dict[type[Erasable], list[Column]] = {}
    with schema_context(schema):
        for one in columns(schema):
            if issubclass(one.model, Erasable):
                of_people.setdefault(one.model, []).append(one)
        return sum(_all_of(model, found, schema) for model, found in of_people.items())


def _all_of(model: type[Erasable], found: Sequence[Column], schema: str) -> int:
    count, last = 0, None
    while batch := _batch(model, found, schema, last):
        count, last = count + sum(batch.values()), max(batch)
    return count


@transaction.atomic
def _batch(model: type[Erasable], found: Sequence[Column], schema: str, last: Any) -> dict[Any, bool]:
    """The people of one batch behind ``last``, by their ids, and whether each was written."""
    there = Q()
    for column in found:
        there |= Q(pk__in=column.rows(schema).order_by().values("pk"))
    rows = model._base_manager.filter(there).order_by("pk")
    rows = rows if last is None else rows.filter(pk__gt=last)
    people = list(rows.select_for_update(skip_locked=True, of=("self",))[:AT_ONCE])
    names = [column.field.attname for column in found]
    good = [one for one in people if not one.is_erased and _is_read(one, names)]
    give_keys([one for one in good if one.key is None])
    for one in good:
        one.save(update_fields=["key", *names])
    return {one.pk: one in good for one in people}


def _is_read(one: Erasable, names: Sequence[str]) -> bool:
    try:
        return all(getattr(one, name) is not None for name in names)
    except crypto.Undecryptable:
        return False
