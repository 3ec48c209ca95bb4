"""The units of a call: what is read from them, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from apps.models.engine.arrays import Array, Mask
from apps.models.engine.model import Model
from apps.models.engine.problems import MOST_PROBLEMS, DataInvalid, Problem, pointer

KEYS = frozenset({"id", "group", "values", "responses"})
RESPONSE_KEYS = frozenset({"rater", "group", "answers"})
LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class Measured:
    """A numeric input over all units; ``applicable`` is False where the input does not apply."""

    values: Array
    applicable: Mask


@dataclass(frozen=True, slots=True)
class Units:
    """The units of a call, checked: ``inputs`` column by column, ``responses`` as they came."""

    ids: tuple[str, ...]
    groups: tuple[str | None, ...]
    inputs: Mapping[str, Measured]
    responses: tuple[Sequence[Mapping[str, Any]], ...]
    unknown: tuple[str, ...]


class Complaints:
    """Problems as they are found; reading goes on so that a caller sees them together."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, place: str, code: str, detail: str) -> None:
        """Note one problem; beyond the cap there is no point in going on."""
        self.problems.append(Problem(place, code, detail))
        if len(self.problems) >= MOST_PROBLEMS:
            self.settle()

    def settle(self) -> None:
        """Raise ``DataInvalid`` if there was any problem."""
        if self.problems:
            raise DataInvalid(self.problems)


def read_units(model: Model, units: Any) -> Units:
    """Return the units' columns for the inputs that ``model`` names.

    Raises ``DataInvalid`` with pointers such as ``/units/3/values/x``.
    """
    complaints = Complaints()
    if not isinstance(units, Sequence) or isinstance(units, str | bytes):
        raise DataInvalid([Problem("/units", "not_a_list", "units must be a list")])
    for row, unit in enumerate(units):
        _check_shape(row, unit, complaints)
    complaints.settle()
    _check_ids(units, complaints)
    inputs = {item.name: _column(item.name, units, complaints) for item in model.inputs}
    complaints.settle()
    return Units(
        ids=tuple(unit["id"] for unit in units),
        groups=tuple(unit.get("group") for unit in units),
        inputs=inputs,
        responses=tuple(unit.get("responses") or () for unit in units),
        unknown=_unknown_inputs(model, units),
    )


def _check_shape(row: int, unit: Any, complaints: Complaints) -> None:
    if not isinstance(unit, Mapping):
        complaints.add(pointer("units", row), "not_an_object", "a unit must be an object")
        return
    for key in unit.keys() - KEYS:
        complaints.add(pointer("units", row, key), "unknown_key", f"a unit has no {key!r}")
    _check_id(row, unit.get("id"), complaints)
    if not isinstance(unit.get("group"), str | None):
        complaints.add(pointer("units", row, "group"), "not_text", "a group must be text")
    if not isinstance(unit.get("values") or {}, Mapping):
        complaints.add(pointer("units", row, "values"), "not_an_object", "values must be an object")
    responses = unit.get("responses") or []
    if not isinstance(responses, list):
        complaints.add(pointer("units", row, "responses"), "not_a_list", "responses must be a list")
        return
    for position, response in enumerate(responses):
        _check_response(pointer("units", row, "responses", position), response, complaints)
    _check_raters(row, responses, complaints)


def _check_id(row: int, name: Any, complaints: Complaints) -> None:
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_ID:
        complaints.add(pointer("units", row, "id"), "bad_id", f"an id must be text of 1 to {LONGEST_ID} characters")


def _check_response(place: str, response: Any, complaints: Complaints) -> None:
    if not isinstance(response, Mapping):
        complaints.add(place, "not_an_object", "a response must be an object")
        return
    for key in response.keys() - RESPONSE_KEYS:
        complaints.add(place + pointer(key), "unknown_key", f"a response has no {key!r}")
    if not isinstance(response.get("answers"), Mapping):
        complaints.add(place + "/answers", "not_an_object", "answers must be an object")
    for key in ("rater", "group"):
        if not isinstance(response.get(key), str | None):
            complaints.add(f"{place}/{key}", "not_text", f"a {key} must be text")


def _check_raters(row: int, responses: Sequence[Any], complaints: Complaints) -> None:
    seen: set[str] = set()
    for position, response in enumerate(responses):
        rater = response.get("rater") if isinstance(response, Mapping) else None
        if isinstance(rater, str) and rater in seen:
            place = pointer("units", row, "responses", position, "rater")
            complaints.add(place, "duplicate_rater", f"rater {rater!r} has two responses")
        if isinstance(rater, str):
            seen.add(rater)


def _check_ids(units: Sequence[Mapping[str, Any]], complaints: Complaints) -> None:
    seen: set[str] = set()
    for row, unit in enumerate(units):
        if unit["id"] in seen:
            complaints.add(pointer("units", row, "id"), "duplicate_id", f"unit {unit['id']!r} comes twice")
        seen.add(unit["id"])


def _column(name: str, units: Sequence[Mapping[str, Any]], complaints: Complaints) -> Measured:
    values = np.full(len(units), np.nan)
    applicable = np.ones(len(units), dtype=np.bool_)
    for row, unit in enumerate(units):
        value = (unit.get("values") or {}).get(name)
        if value is None or value == "dont_know":
            continue
        if value == "not_applicable":
            applicable[row] = False
            continue
        problem = _why_no_number(value)
        if problem:
            complaints.add(pointer("units", row, "values", name), *problem)
        else:
            values[row] = value
    return Measured(values, applicable)


def _why_no_number(value: Any) -> tuple[str, str] | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "not_a_number", 'a value must be a number, null, "dont_know" or "not_applicable"'
    try:
        finite = math.isfinite(value)
    except OverflowError:
        finite = False
    return None if finite else ("not_finite", "a value must be a finite double")


def _unknown_inputs(model: Model, units: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    known = {item.name for item in model.inputs}
    asked = {placed.question.code for placed in model.questions}
    unknown: set[str] = set()
    for unit in units:
        unknown |= (unit.get("values") or {}).keys() - known
        for response in unit.get("responses") or ():
            unknown |= response["answers"].keys() - asked
    return tuple(sorted(str(name) for name in unknown))
