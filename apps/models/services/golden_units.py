"""Made-up units that tell one engine from another: whatever a document asks for, they call it up.

They follow from the document alone, so the same document gives the same units everywhere. Every input and every
question is met at the lower end, the upper end, the middle, somewhere between, outside (inputs) and without a value.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Final, TypeAlias

from resimate_engine import Indicator, Model, Question, ResponseScale
from resimate_engine.answers import ABSENCES

#: Where a value lies between the ends: 0 is the lower one, 1 the upper; or the word for why there is none.
Place: TypeAlias = float | str | None
GROUPS: Final = ("a", "b", "c")
ENDS: Final = (1.0, 10.0)  # of an input for which the document names none
#: What ``ratio_to_reference`` understands beside the id of a unit.
NO_UNITS: Final = frozenset({"mean", "best", "worst"})


@dataclass(frozen=True, slots=True)
class Case:
    """One unit: where the n-th value of the r-th rater lies."""

    name: str
    place: Callable[[int, int], Place]
    raters: int = 1
    has_past: bool = False


def _scattered(position: int, rater: int) -> float:
    """Steps of the golden section never come twice to the same place."""
    return (0.618 * (position + 1) + 0.27 * rater) % 1.0


def _with_gaps(shift: int) -> Callable[[int, int], Place]:
    """Two of three values are absent; three shifts leave out each of them in both ways."""

    def place(position: int, rater: int) -> Place:
        turn = (position + rater + shift) % 3
        return ABSENCES[turn] if turn < len(ABSENCES) else _scattered(position, rater)

    return place


CASES: Final = (
    Case("scattered", _scattered, raters=5),
    Case("highest", lambda *_: 1.0),
    Case("lowest", lambda *_: 0.0),
    Case("middle", lambda *_: 0.5),
    Case("outside", lambda position, _: 1.5 if position % 2 else -0.5),
    Case("gaps", _with_gaps(0), has_past=True),
    Case("more gaps", _with_gaps(1), raters=2),
    Case("other gaps", _with_gaps(2), raters=3),
    Case("empty", lambda *_: None, raters=0),
)


def probe_units(model: Model) -> list[dict[str, Any]]:
    """Return the units, in plain JSON; those that the model compares with by name are among them."""
    ends = {item.name: ENDS for item in model.inputs} | dict(_ends(model))
    names = [*_references(model), *(case.name for case in CASES)]
    return [
        _unit(model, case, name, GROUPS[row % 2], ends)
        for row, (case, name) in enumerate(zip(CASES, dict.fromkeys(names), strict=False))
    ]


def _indicators(model: Model) -> Iterator[Indicator]:
    return (leaf.indicator for leaf in model.leaves if leaf.indicator is not None)


def _references(model: Model) -> Iterator[str]:
    named = (indicator.normalisation.parameters.get("reference") for indicator in _indicators(model))
    return (name for name in named if name is not None and name not in NO_UNITS)


def _ends(model: Model) -> Iterator[tuple[str, tuple[float, float]]]:
    """The lowest and the highest value that the normalisation of an input names: goalposts, classes, points."""
    for indicator in _indicators(model):
        step = indicator.normalisation
        own = [name for name, parameter in step.method.parameters.items() if parameter.own_unit]
        marks = [mark for name in own for mark in _marks(step.parameters[name])]
        if indicator.input and marks:
            low, high = min(marks), max(marks)
            yield indicator.input, (low, high) if low < high else (low - 1.0, low + 1.0)


def _marks(value: Any) -> Iterator[float]:
    """Numbers as they are; of points the first half."""
    for one in value if isinstance(value, Sequence) else (value,):
        yield float(one[0] if isinstance(one, Sequence) else one)


def _unit(model: Model, case: Case, name: str, group: str, ends: dict[str, tuple[float, float]]) -> dict[str, Any]:
    unit: dict[str, Any] = {
        "id": name,
        "group": group,
        "values": {item: _between(*ends[item], case.place(row, 0)) for row, item in enumerate(ends)},
        "responses": [_response(model, case, rater) for rater in range(case.raters)],
    }
    if case.has_past:
        asked = [leaf.code for leaf in model.leaves if leaf.indicator and leaf.indicator.questions]
        scale = (model.scale.low, model.scale.high)
        unit["previous"] = {name: _between(*both, 0.4) for name, both in (ends | dict.fromkeys(asked, scale)).items()}
    return unit


def _response(model: Model, case: Case, rater: int) -> dict[str, Any]:
    answers = {
        placed.question.code: _answer(placed.question, case.place(row, rater))
        for row, placed in enumerate(model.questions)
    }
    return {"rater": f"r{rater}", "group": GROUPS[rater % len(GROUPS)], "answers": answers}


def _between(low: float, high: float, place: Place) -> Any:
    return low + place * (high - low) if isinstance(place, float) else place


def _answer(question: Question, place: Place) -> Any:
    scale = question.scale
    if isinstance(place, float):
        return ANSWERS[scale.kind](scale, min(max(place, 0.0), 1.0))
    allowed = {"dont_know": scale.allow_dont_know, "not_applicable": scale.allow_not_applicable}
    return place if place is not None and allowed[place] else None


def _option(scale: ResponseScale, place: float) -> Any:
    values = sorted(float(option.value) for option in scale.options)
    return values[round(place * (len(values) - 1))]


def _options(scale: ResponseScale, place: float) -> Any:
    return [option.value for option in scale.options[: ceil(place * len(scale.options))]]


ANSWERS: Final[dict[str, Callable[[ResponseScale, float], Any]]] = {
    "ordinal": _option,
    "multi": _options,
    "boolean": lambda _, place: place >= 0.5,
    "numeric": lambda scale, place: min(_between(scale.low, scale.high, place), scale.high),
}
