"""Single objects that grants are limited to, as people know them: by addresses of their pages, and by their names."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Model

from apps.accounts import authz
from apps.core import rights

_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


def id_in(text: str) -> UUID | None:
    """The id that a text is, or that stands first in the address of a page.

    >>> id_in("https://acme.example/models/01a227c1-66a2-7583-85a1-7fdecbd608a9/versions/1/")
    UUID('01a227c1-66a2-7583-85a1-7fdecbd608a9')
    >>> id_in("my model")
    """
    found = _ID.search(text)
    return UUID(found[0]) if found else None


def called(object_id: UUID | None, names: Mapping[UUID, str]) -> str:
    """The name of an object; its id where it is out of sight, and nothing where there is none."""
    return names.get(object_id, str(object_id)) if object_id else ""


def names_of(ids: Iterable[UUID | None], user: Any) -> dict[UUID, str]:
    """What the objects are called, of those that the user sees; one query for each kind of object."""
    wanted = {one for one in ids if one}
    return {row.pk: _name(row) for row in _seen(wanted, user)} if wanted else {}


def _seen(ids: Collection[UUID], user: Any) -> Iterator[Model]:
    named = {one.model for one in rights.SCOPES.values() if one.of_one_object}
    for resource in rights.RESOURCES.values():
        if resource.model in named:
            rows = apps.get_model(resource.model)._default_manager.filter(pk__in=ids)
            yield from authz.visible(rows, user, f"{resource.name}:read")


def _name(row: Any) -> str:
    """Its name; of one that has it in several languages, the reader's."""
    return row.name if isinstance(row.name, str) else str(row)
