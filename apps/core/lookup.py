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
    Rows of before may be under another spelling of the domain of their address (``resimate_text/addresses.py``), and
    are found by it until they are written again; where two people of before share a mailbox, the older one is found.
    """

    def __init__(self, model: type[models.Model], of: str) -> None:
        keys = crypto.index_keys(current_schema())
        self._key = keys.written[keys.asked]
        self._model, self._field = model, blind_indexes(model, of)[keys.asked]
        self._now: dict[bytes, bytes] = {}

    def __call__(self, value: str) -> bytes:
        """What rows with this value are found by."""
        return self.all_for(value)[0]

    def all_for(self, value: str) -> list[bytes]:
        """The same, and then what rows of before may be found by."""
        now, *before = found = self._field.digests(value, self._key)
        self._now |= dict.fromkeys(before, now)
        return found

    def among(self, values: Iterable[str], path: str = "") -> models.Q:
        """The condition that a row has one of these values; ``path`` leads to the model (``user__``)."""
        wanted = [digest for value in values for digest in self.all_for(value)]
        return models.Q(**{f"{path}{self._field.attname}__in": wanted})

    def keys(self, values: Iterable[str]) -> dict[bytes, Any]:
        """The primary keys of the rows that have these values, by what they are found by."""
        found = self._model._default_manager.filter(self.among(values)).values_list(self._field.attname, "pk")
        return {self._known(digest): pk for digest, pk in found}

    def of(self, row: models.Model) -> bytes:
        """What this row is found by, among what has been looked for."""
        return self._known(getattr(row, self._field.attname) or b"")

    def _known(self, digest: bytes) -> bytes:
        return self._now.get(bytes(digest), bytes(digest))


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
