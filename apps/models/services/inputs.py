"""What went into calculations, kept by its digest so that each can be made again.

An assessment that is scored alone keeps its unit. A wave is scored whole whenever one of its assessments changes: its
units are kept once each, and its inputs name them by their digests.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

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
    """Store what is not stored yet."""
    shared: dict[str, Unit] = {}
    rows = []
    for source in {each.digest: each for each in inputs}.values():
        units: Sequence[Any] = source.units
        if source.is_wave:
            units = [document.digest(unit) for unit in source.units]
            shared |= zip(units, source.units, strict=True)
        rows.append(ScoreInput(digest=source.digest, units=units, reference_set_id=source.reference_set))
    if shared:
        stored_digests = ScoredUnit.objects.filter(digest__in=shared).values_list("digest", flat=True)
        fresh = [ScoredUnit(digest=digest, unit=shared[digest]) for digest in shared.keys() - set(stored_digests)]
        ScoredUnit.objects.bulk_create(fresh, ignore_conflicts=True)
    ScoreInput.objects.bulk_create(rows, ignore_conflicts=True)


def units_of_input(stored: ScoreInput) -> list[dict[str, Any]]:
    """Return the units that were calculated together."""
    named = [unit for unit in stored.units if isinstance(unit, str)]
    by_digest = dict(ScoredUnit.objects.filter(digest__in=named).values_list("digest", "unit")) if named else {}
    return [by_digest[unit] if isinstance(unit, str) else unit for unit in stored.units]
