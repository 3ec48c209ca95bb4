"""Values of any number as one parameter, for ``…__in``: a statement takes 65,535 of them, and files have more rows."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models.expressions import RawSQL


def texts(values: Iterable[str]) -> Any:
    return RawSQL("SELECT unnest(%s::text[])", [list(values)])


def keys(values: Iterable[UUID]) -> Any:
    return RawSQL("SELECT unnest(%s::uuid[])", [list(values)])
