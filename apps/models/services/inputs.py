"""What went into calculations, kept by its digest so that each can be made again.

An assessment that is scored alone keeps its unit. A wave is scored whole whenever one of its assessments changes: its
units are kept once each, and its inputs, encrypted, name them by their digests. Columns have fingerprints of digests.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.core.arrays import texts
from apps.core.fields import fingerprint
from apps.keys.services import store_with_keys
from apps.models.models import ScoredUnit, ScoreInput
from resimate_engine import document

Unit = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CalculationInput:
    """Units that were calculated together, and the reference set that they were compared with."""

    digest: str
    units: Sequence[Unit]
    reference_set: UUID | None = None
    is_wave: bool = False


def store_inputs(inputs: Iterable[CalculationInput]) -> None:
    """Store what is not stored yet, in an order in which nobody waits for anybody who waits."""
    shared: dict[str, Unit] = {}
    rows = []
    for source in {each.digest: each for each in inputs}.values():
        units: Sequence[Any] = source.units
        if source.is_wave:
            units = [document.digest(unit) for unit in source.units]
            shared |= zip(units, source.units, strict=True)
        rows.append(ScoreInput(digest=source.digest, units=units, reference_set_id=source.reference_set))
    _store_units(shared)
    store_with_keys(sorted(rows, key=lambda row: row.digest), once="digest")


def _store_units(units: Mapping[str, Unit]) -> None:
    """Most units of a wave are known from the one before: it is asked which, rather than seal all of them again."""
    given = {fingerprint(digest): unit for digest, unit in units.items()}
    known = ScoredUnit.objects.filter(digest__in=texts(given)).values_list("digest", flat=True) if given else ()
    fresh = given.keys() - set(known)
    store_with_keys([ScoredUnit(digest=digest, unit=given[digest]) for digest in sorted(fresh)], once="digest")


def units_of_input(stored: ScoreInput) -> list[dict[str, Any]]:
    """Return the units that were calculated together."""
    named = {fingerprint(unit): unit for unit in stored.units if isinstance(unit, str)}
    kept = [*named, *named.values()]  # those by digests a process of the version before has written
    rows = ScoredUnit.objects.select_related("key").filter(digest__in=texts(kept)) if kept else []
    by_digest = {named.get(row.digest, row.digest): row.unit for row in rows}
    return [by_digest[unit] if isinstance(unit, str) else unit for unit in stored.units]
