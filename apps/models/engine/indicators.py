"""The steps of an indicator: denominator, missing, treatment, transform, direction, normalisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from apps.models.engine.arrays import Array, divide
from apps.models.engine.columns import Column
from apps.models.engine.model import Indicator, Scale
from apps.models.engine.normalisation import Sample
from apps.models.engine.units import Measured, Units


@dataclass(frozen=True, slots=True)
class Stages:
    """An indicator's column after each step that can be asked for."""

    denominated: Column
    imputed: Column
    treated: Column
    normalised: Column


def measured(inputs: Mapping[str, Measured], name: str) -> Column:
    """Return the column of a numeric input."""
    return Column.of(inputs[name].values, inputs[name].applicable)


def stages(indicator: Indicator, column: Column, units: Units, scale: Scale) -> Stages:
    """Take a measured column through every step."""
    denominated = _denominate(indicator, column, units)
    imputed = denominated.filled(indicator.missing(denominated.values))
    treated = imputed.become(indicator.treatment(imputed.values, known(imputed.values)))
    turned = treated.become(indicator.direction * indicator.transform(treated.values), "outside_domain")
    if indicator.questions and indicator.normalisation.name == "none":
        normalised = _on_scale(treated, indicator.direction, scale)
    else:
        normalised = _normalise(indicator, turned, units.ids, scale)
    return Stages(denominated, imputed, treated, normalised)


def known(values: Array) -> Array:
    """Return the values that are there."""
    return values[~np.isnan(values)]


def _denominate(indicator: Indicator, column: Column, units: Units) -> Column:
    if indicator.denominator is None:
        return column
    return column.become(divide(column.values, units.inputs[indicator.denominator].values), "no_denominator")


def _on_scale(column: Column, direction: int, scale: Scale) -> Column:
    """Answers are on the scale already; a negative direction mirrors them on it."""
    return column if direction > 0 else column.become(scale.low + scale.high - column.values)


def _normalise(indicator: Indicator, column: Column, ids: Sequence[str], scale: Scale) -> Column:
    values = column.values
    sample = Sample(scale, known(values), lambda unit: float(values[ids.index(unit)]) if unit in ids else np.nan)
    method = indicator.normalisation.method
    if not method.directed:
        values = indicator.direction * values
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
            given[name] = _turn(indicator, direction, given[name])
    if direction < 0 and {"low", "high"} <= given.keys():
        given["low"], given["high"] = given["high"], given["low"]
    return given


def _turn(indicator: Indicator, direction: int, value: Any) -> Any:
    if isinstance(value, Sequence):
        return [_turn(indicator, direction, item) for item in value]
    return direction * float(indicator.transform(np.array([value], dtype=np.float64))[0])
