"""The steps of an indicator: denominator, missing, treatment, transform, direction, normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from resimate_engine import missing
from resimate_engine.arrays import Array, divide, empty, known
from resimate_engine.columns import Column
from resimate_engine.model import Indicator, Scale
from resimate_engine.normalisation import Sample
from resimate_engine.units import Units


@dataclass(frozen=True, slots=True)
class Stages:
    """An indicator's column after each step that can be asked for; ``measured`` is before the first."""

    measured: Column
    denominated: Column
    imputed: Column
    treated: Column
    normalised: Column


def measured(units: Units, name: str) -> Column:
    """Return the column of a numeric input."""
    return Column.of(units.inputs[name].values, units.inputs[name].applicable)


def stages(code: str, indicator: Indicator, column: Column, units: Units, scale: Scale) -> Stages:
    """Take a measured column through every step."""
    denominated = _denominate(indicator, column, units)
    imputed = _impute(code, indicator, denominated, units, scale)
    treated = imputed.become(indicator.treatment(imputed.values, known(imputed.values[: units.basis])))
    turned = treated.become(_directed(indicator, indicator.transform(treated.values)), "outside_domain")
    if indicator.questions and indicator.normalisation.name == "none":
        normalised = _on_scale(treated, indicator.direction, scale)
    else:
        normalised = _normalise(indicator, turned, units, scale)
    return Stages(column, denominated, imputed, treated, _fill_late(indicator, normalised, units, scale))


def _directed(indicator: Indicator, values: Array) -> Array:
    return values if indicator.direction > 0 else 0.0 - values  # which of zero makes zero, not its negative


def fills_scale(indicator: Indicator) -> bool:
    """Whether the indicator ends on the document's scale."""
    answers = bool(indicator.questions) and indicator.normalisation.name == "none"
    return answers or indicator.normalisation.method.fills_scale


def _denominate(indicator: Indicator, column: Column, units: Units) -> Column:
    if indicator.denominator is None:
        return column
    by = units.inputs[indicator.denominator]
    return column.become(divide(column.values, by.values), "no_denominator")


def _impute(code: str, indicator: Indicator, column: Column, units: Units, scale: Scale) -> Column:
    if indicator.missing.name in missing.LATE or not column.gaps.any():
        return column
    before = _previous(code, indicator, units)
    return column.filled(indicator.missing(column.values, surroundings(units, scale, previous=before)))


def _previous(code: str, indicator: Indicator, units: Units) -> Array:
    """Return earlier observations, by the earlier denominator or, failing that, by the present one."""
    nothing = empty(len(units.ids))
    observed = units.previous.get(indicator.input or code, nothing)
    if indicator.denominator is None:
        return observed
    earlier = units.previous.get(indicator.denominator, nothing)
    return divide(observed, np.where(np.isnan(earlier), units.inputs[indicator.denominator].values, earlier))


def surroundings(
    units: Units, scale: Scale, *, previous: Array | None = None, siblings: Array | None = None
) -> missing.Surroundings:
    """Return what a missing value may be filled in from."""
    nothing = empty(len(units.ids))
    return missing.Surroundings(
        basis=units.basis,
        groups=units.groups,
        previous=nothing if previous is None else previous,
        siblings=nothing if siblings is None else siblings,
        low=scale.low,
        high=scale.high,
    )


def _fill_late(indicator: Indicator, column: Column, units: Units, scale: Scale) -> Column:
    """Fill in the worst or best score; off the document's scale, the worst or best of all units."""
    if indicator.missing.name not in ("worst", "best"):
        return column
    ends = known(column.values[: units.basis])
    if not fills_scale(indicator) and ends.size:
        scale = Scale(float(ends.min()), float(ends.max()))
    return column.filled(indicator.missing(column.values, surroundings(units, scale)))


def _on_scale(column: Column, direction: int, scale: Scale) -> Column:
    """Answers are on the scale already; a negative direction mirrors them on it."""
    return column if direction > 0 else column.become(scale.low + scale.high - column.values)


def _normalise(indicator: Indicator, column: Column, units: Units, scale: Scale) -> Column:
    method = indicator.normalisation.method
    values = column.values if method.directed else _directed(indicator, column.values)

    def value_of(unit: str) -> float:
        return float(values[units.ids.index(unit)]) if unit in units.ids[: units.basis] else np.nan

    sample = Sample(scale, known(values[: units.basis]), value_of)
    with np.errstate(all="ignore"):
        return column.become(method.function(values, sample, **oriented(indicator)))


def oriented(indicator: Indicator) -> dict[str, Any]:
    """Return the parameters of the normalisation, those in the input's own unit transformed and turned.

    Turned goalposts change places: the new low is minus the old high.
    """
    step = indicator.normalisation
    direction = indicator.direction if step.method.directed else 1
    given = dict(step.parameters)
    for name, parameter in step.method.parameters.items():
        if parameter.own_unit:
            given[name] = _turn(indicator, direction, name, given[name])
    if direction < 0 and "low" in given and "high" in given:
        given["low"], given["high"] = given["high"], given["low"]
    return given


def _turn(indicator: Indicator, direction: int, name: str, value: Any) -> Any:
    if name == "points":
        return [(_turn(indicator, direction, "x", x), score) for x, score in value]
    if isinstance(value, Sequence):
        return [_turn(indicator, direction, name, item) for item in value]
    if indicator.transform.name == "none":
        return direction * value
    return direction * float(indicator.transform(np.array([value], dtype=np.float64))[0])
