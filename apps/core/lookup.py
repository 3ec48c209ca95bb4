"""Rows are found by the digests of what an encrypted field says."""

from collections.abc import Iterable
from typing import Any

from django.db import models

from apps.core import crypto
from apps.core.fields import BlindIndexField
from apps.core.tenancy import current_schema


def blind_indexes(model: type[models.Model], of: str) -> dict[int, BlindIndexField]:
    """The digests of an encrypted field, by their slots: none, or two."""
    found = (one for one in model._meta.get_fields() if isinstance(one, BlindIndexField) and one.of == of)
    return {one.slot: one for one in found}


class Lookup:
    """Finds rows of a model by what an encrypted field says, whatever its spelling.

    One is made for each piece of work and asks the same column throughout, though another may come into use meanwhile.
    """

    def __init__(self, model: type[models.Model], of: str) -> None:
        keys = crypto.index_keys(current_schema())
        self._key = keys.written[keys.asked]
        self._model, self._field = model, blind_indexes(model, of)[keys.asked]

    def __call__(self, value: str) -> bytes:
        """What rows with this value are found by."""
        return self._field.digest(value, self._key)

    def among(self, values: Iterable[str], path: str = "") -> models.Q:
        """The condition that a row has one of these values; ``path`` leads to the model (``user__``)."""
        return models.Q(**{f"{path}{self._field.attname}__in": [self(value) for value in values]})

    def keys(self, values: Iterable[str]) -> dict[bytes, Any]:
        """The primary keys of the rows that have these values, by what they are found by."""
        found = self._model._default_manager.filter(self.among(values)).values_list(self._field.attname, "pk")
        return {bytes(digest): pk for digest, pk in found}

    def of(self, row: models.Model) -> bytes:
        """What this row is found by."""
        return bytes(getattr(row, self._field.attname) or b"")


@models.ForeignKey.register_lookup
@models.UUIDField.register_lookup
class Among(models.Lookup[Any]):
    """``campaign__among=ids``: however many there are, they are one parameter, and one search of an index.

    As one text: to have the driver write thousands of ids one by one takes ten times as long as to find their rows.
    """

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, parameters = self.process_lhs(compiler, connection)
        ids = ",".join(one.hex for one in self.rhs)
        return f"{column} = ANY(%s::uuid[])", [*parameters, f"{{{ids}}}"]
