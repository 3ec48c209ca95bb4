"""The units of a call: what is read from them, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from resimate_engine.answers import ABSENCES
from resimate_engine.arrays import Array, Mask, Rows
from resimate_engine.model import Model
from resimate_engine.problems import DataInvalid, Problem
from resimate_text.pointers import pointer
from resimate_text.problems import MOST_PROBLEMS
from resimate_text.sentences import Sentence

KEYS = frozenset({"id", "group", "values", "responses", "previous"})
RESPONSE_KEYS = frozenset({"rater", "group", "answers"})
LONGEST_ID = 200
PLAIN = frozenset({float, type(None)})


@dataclass(frozen=True, slots=True)
class Measured:
    """A numeric input over all units; ``applicable`` is False where the input does not apply."""

    values: Array
    applicable: Mask


@dataclass(frozen=True, slots=True)
class Units:
    """The units of a call, checked: ``inputs`` column by column, ``responses`` as they came.

    Rows stand in the order of the ids, so that sums over them have the same bits however the units came; ``given``
    holds the row of each unit that results are for, in the order they came. With a reference set its units come first,
    ``reference`` of them; units are then compared with those alone. ``previous`` holds earlier observations, by input,
    or by code for an indicator with questions.
    """

    ids: tuple[str, ...]
    groups: tuple[str | None, ...]
    inputs: Mapping[str, Measured]
    previous: Mapping[str, Array]
    responses: tuple[Sequence[Mapping[str, Any]], ...]
    places: tuple[str, ...]
    unknown: tuple[str, ...]
    given: Rows
    reference: int = 0

    @property
    def basis(self) -> int:
        """How many rows, from the first, units are compared with."""
        return self.reference or len(self.ids)


class ProblemCollector:
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


def tabulate_units(model: Model, units: Any, reference: Any = ()) -> Units:
    """Return the columns of a reference set and of units for the inputs that ``model`` names.

    Raises ``DataInvalid`` with pointers such as ``/units/3/values/x`` and ``/options/reference/0/id``.
    """
    problems = ProblemCollector()
    compared, own = _read_list("/options/reference", reference, problems), _read_list("/units", units, problems)
    problems.settle()
    order = sorted(range(len(own)), key=lambda at: own[at][1]["id"])
    rows = [*sorted(compared, key=lambda row: row[1]["id"]), *(own[at] for at in order)]
    inputs = _columns("values", [item.name for item in model.inputs], rows, problems)
    before = _observed_before(model) if any(unit.get("previous") for _, unit in rows) else []
    previous = _columns("previous", before, rows, problems)
    problems.settle()
    return Units(
        ids=tuple(unit["id"] for _, unit in rows),
        groups=tuple(unit.get("group") for _, unit in rows),
        inputs=inputs,
        previous={name: column.values for name, column in previous.items()},
        responses=tuple(unit.get("responses") or () for _, unit in rows),
        places=tuple(place for place, _ in rows),
        unknown=_unknown_inputs(model, [unit for _, unit in rows]),
        given=len(compared) + np.argsort(order),
        reference=len(compared),
    )


def _read_list(path: str, units: Any, problems: ProblemCollector) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the units of a list with the pointer to each, having noted all that is wrong with their shape."""
    if not isinstance(units, Sequence) or isinstance(units, str | bytes):
        problems.add(path, "not_a_list", Sentence("units must be a list"))
        return []
    rows = [(f"{path}/{row}", unit) for row, unit in enumerate(units)]
    for place, unit in rows:
        _check_shape(place, unit, problems)
    _check_ids(rows, problems)
    return rows


def _observed_before(model: Model) -> list[str]:
    """Return the names under which earlier observations may be given."""
    asked = [leaf.code for leaf in model.leaves if leaf.indicator is not None and leaf.indicator.questions]
    return [*(item.name for item in model.inputs), *asked]


def _check_shape(place: str, unit: Any, problems: ProblemCollector) -> None:
    if not isinstance(unit, Mapping):
        problems.add(place, "not_an_object", Sentence("a unit must be an object"))
        return
    for key in unit.keys() - KEYS:
        problems.add(place + pointer(key), "unknown_key", Sentence("a unit has no {key!r}", key=key))
    _check_id(place, unit.get("id"), problems)
    if not isinstance(unit.get("group"), str | None):
        problems.add(f"{place}/group", "not_text", Sentence("a group must be text"))
    for key in ("values", "previous"):
        if not isinstance(unit.get(key), Mapping | None):
            problems.add(f"{place}/{key}", "not_an_object", Sentence("{key} must be an object", key=key))
    _check_responses(f"{place}/responses", unit.get("responses"), problems)


def _check_id(place: str, name: Any, problems: ProblemCollector) -> None:
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_ID:
        problems.add(f"{place}/id", "bad_id", Sentence("an id must be text of 1 to {most} characters", most=LONGEST_ID))


def _check_responses(path: str, responses: Any, problems: ProblemCollector) -> None:
    if responses is None:
        return
    if not isinstance(responses, list):
        problems.add(path, "not_a_list", Sentence("responses must be a list"))
        return
    for position, response in enumerate(responses):
        _check_response(f"{path}/{position}", response, problems)
    _check_raters(path, responses, problems)


def _check_response(place: str, response: Any, problems: ProblemCollector) -> None:
    if not isinstance(response, Mapping):
        problems.add(place, "not_an_object", Sentence("a response must be an object"))
        return
    for key in response.keys() - RESPONSE_KEYS:
        problems.add(place + pointer(key), "unknown_key", Sentence("a response has no {key!r}", key=key))
    if not isinstance(response.get("answers"), Mapping):
        problems.add(place + "/answers", "not_an_object", Sentence("answers must be an object"))
    for key in ("rater", "group"):
        if not isinstance(response.get(key), str | None):
            problems.add(f"{place}/{key}", "not_text", Sentence("a {key} must be text", key=key))


def _check_raters(path: str, responses: Sequence[Any], problems: ProblemCollector) -> None:
    seen: set[str] = set()
    for position, response in enumerate(responses):
        rater = response.get("rater") if isinstance(response, Mapping) else None
        if isinstance(rater, str) and rater in seen:
            detail = Sentence("rater {rater!r} has two responses", rater=rater)
            problems.add(f"{path}/{position}/rater", "duplicate_rater", detail)
        if isinstance(rater, str):
            seen.add(rater)


def _check_ids(rows: Sequence[tuple[str, Any]], problems: ProblemCollector) -> None:
    seen: set[str] = set()
    for place, unit in rows:
        name = unit.get("id") if isinstance(unit, Mapping) else None
        if isinstance(name, str) and name in seen:
            problems.add(f"{place}/id", "duplicate_id", Sentence("unit {name!r} appears twice", name=name))
        if isinstance(name, str):
            seen.add(name)


def _columns(
    key: str, names: Sequence[str], rows: Sequence[tuple[str, Mapping[str, Any]]], problems: ProblemCollector
) -> dict[str, Measured]:
    given = [tuple(map((unit.get(key) or {}).get, names)) for _, unit in rows]
    columns = zip(*given, strict=True) if given else [()] * len(names)
    places = [place + pointer(key) for place, _ in rows]
    return {name: _column(name, column, places, problems) for name, column in zip(names, columns, strict=True)}


def _column(name: str, cells: Sequence[Any], places: Sequence[str], problems: ProblemCollector) -> Measured:
    """Return a column of numbers; one of finite doubles and gaps alone needs no look at each."""
    if PLAIN.issuperset(map(type, cells)):
        values = np.array(cells, dtype=np.float64)
        if np.isfinite(values).sum() == len(cells) - cells.count(None):
            return Measured(values + 0.0, np.ones(len(cells), dtype=np.bool_))
    read = [_read(name, value, pointer_of_unit, problems) for pointer_of_unit, value in zip(places, cells, strict=True)]
    applicable = np.array([value != "not_applicable" for value in cells], dtype=np.bool_)
    return Measured(np.array(read, dtype=np.float64) + 0.0, applicable)  # negative zero is zero


def _read(name: str, value: Any, place: str, problems: ProblemCollector) -> float:
    if value is None or value in ABSENCES:
        return math.nan
    problem = _why_no_number(value)
    if problem:
        problems.add(place + pointer(name), *problem)
        return math.nan
    return float(value)


def is_number(value: Any) -> bool:
    """Whether a JSON value is a finite number."""
    return _why_no_number(value) is None


def _why_no_number(value: Any) -> tuple[str, str] | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "not_a_number", Sentence('a value must be a number, null, "dont_know" or "not_applicable"')
    try:
        finite = math.isfinite(value)
    except OverflowError:
        finite = False
    return None if finite else ("not_finite", Sentence("a value must be a finite double"))


def _unknown_inputs(model: Model, units: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    inputs = {item.name for item in model.inputs}
    questions = {placed.question.code for placed in model.questions}
    unknown: set[str] = set()
    for unit in units:
        unknown |= (unit.get("values") or {}).keys() - inputs
        for response in unit.get("responses") or ():
            unknown |= response["answers"].keys() - questions
    return tuple(sorted(str(name) for name in unknown))
