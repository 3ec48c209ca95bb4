"""A node's values over all units, with why there is none where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from resimate_engine.arrays import Array, Mask, Rows, finite

MISSING = "missing"
NOT_APPLICABLE = "not_applicable"
NOTHING_PRESENT = "nothing_present"
BELOW_MIN_COVERAGE = "below_min_coverage"
NOT_DEFINED = "not_defined"
MISSING_CHILD = "missing_child"
NOTHING_TO_RANK = "nothing_to_rank"
WEIGHTS_UNDEFINED = "weights_not_defined"


@dataclass(frozen=True, slots=True)
class Column:
    """Values (NaN where null) and what goes with them, one entry a unit.

    ``applicable`` is False where nothing below the node applies; ``failed`` is True where a calculation was refused,
    which, other than a gap, leaves every node above without a value too; ``coverage`` is NaN where nothing applies;
    ``raters`` counts the raters of a questionnaire. ``reasons`` says why a row has no value.
    """

    values: Array
    applicable: Mask
    failed: Mask
    imputed: Mask
    coverage: Array
    reasons: Mapping[int, str] = field(default_factory=dict)
    raters: tuple[int, ...] | None = None

    @classmethod
    def of(cls, values: Array, applicable: Mask) -> Column:
        """Return a column of measured values: covered where there is one."""
        nowhere = np.zeros(len(values), dtype=np.bool_)
        coverage = np.where(applicable, (~np.isnan(values)).astype(np.float64), np.nan)
        reasons = dict.fromkeys(np.flatnonzero(np.isnan(values) & applicable).tolist(), MISSING)
        return cls(values, applicable, nowhere, nowhere, coverage, reasons)

    def at(self, rows: Rows) -> Column:
        """Return the column of these rows, in their order."""
        return Column(
            values=self.values[rows],
            applicable=self.applicable[rows],
            failed=self.failed[rows],
            imputed=self.imputed[rows],
            coverage=self.coverage[rows],
            reasons={at: self.reasons[row] for at, row in enumerate(rows.tolist()) if row in self.reasons},
            raters=None if self.raters is None else tuple(self.raters[row] for row in rows.tolist()),
        )

    @property
    def gaps(self) -> Mask:
        """Where a value that applies is missing."""
        gaps: Mask = np.isnan(self.values) & self.applicable & ~self.failed
        return gaps

    def filled(self, values: Array) -> Column:
        """Return the column with its gaps filled from ``values`` where those have something."""
        put = self.gaps & np.isfinite(values)
        if not put.any():
            return self
        return replace(
            self,
            values=np.where(put, values, self.values),
            imputed=self.imputed | put,
            coverage=np.where(put, 1.0, self.coverage),
        )

    def become(self, values: Array, reason: str = NOT_DEFINED) -> Column:
        """Return the column with new values; a value that has gone is a gap for ``reason``."""
        if values is self.values:
            return self
        values = finite(values)
        lost = np.isnan(values) & ~np.isnan(self.values)
        if not lost.any():
            return Column(values, self.applicable, self.failed, self.imputed, self.coverage, self.reasons, self.raters)
        reasons = {**self.reasons, **{int(row): reason for row in np.flatnonzero(lost)}}
        return replace(self, values=values, reasons=reasons, coverage=np.where(lost, 0.0, self.coverage))

    def refuse(self, values: Array) -> Column:
        """Return the column with new values; one that has gone leaves every node above without a value too."""
        column = self.become(values)
        return replace(column, failed=column.failed | (np.isnan(column.values) & ~np.isnan(self.values)))

    def reason(self, row: int) -> str | None:
        """Return why a row has no value; None where it has one."""
        if not np.isnan(self.values[row]):
            return None
        return self.reasons.get(row, MISSING) if self.applicable[row] else NOT_APPLICABLE
