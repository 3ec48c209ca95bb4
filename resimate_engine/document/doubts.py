"""What a valid document may not have been meant to say: nothing is refused for it, and whoever reads it is told.

Answers are put on the document's scale before any step of their indicator. A step that names a value in the input's own
unit (goalposts, targets, breaks, points, a constant for what is missing) means one on that scale then; a value in the
question's unit gives everybody the same end of the scale, without a fault.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

from resimate_engine.model import Indicator, Model, Node, ResponseScale, Scale, Step
from resimate_engine.problems import Problem
from resimate_text.problems import MOST_PROBLEMS
from resimate_text.sentences import Sentence

SHARE: Final = Scale(0.0, 1.0)
#: What leaves a value in its unit; behind any other treatment nobody can say what is out of reach.
KEEPING_THE_UNIT: Final = ("none", "percentile_winsorise")


class Mark(NamedTuple):
    """A number in the input's own unit, and the pointer to it."""

    place: str
    value: float


def doubts(model: Model) -> list[Problem]:
    """Return what should be looked at, each with a pointer into the document, up to ``MOST_PROBLEMS``."""
    found = (doubt for place, node in _placed("/root", model.root) for doubt in _of_node(place, node, model.scale))
    return list(islice(found, MOST_PROBLEMS))


def _placed(place: str, node: Node) -> Iterator[tuple[str, Node]]:
    yield place, node
    for position, child in enumerate(node.children):
        yield from _placed(f"{place}/children/{position}", child)


def _of_node(place: str, node: Node, scale: Scale) -> Iterator[Problem]:
    """Yield one doubt at most for each step of a questionnaire's indicator; a denominator makes another unit of it."""
    indicator = node.indicator
    if indicator is None or not indicator.questions or indicator.denominator is not None:
        return
    if indicator.missing.name == "constant":
        at = place if node.missing == indicator.missing else f"{place}/indicator"  # a leaf's stands in for it
        yield from _of_marks(node.code, _marks(f"{at}/missing", indicator.missing, ("value",)), indicator, scale)
    if indicator.treatment.name in KEEPING_THE_UNIT:
        step = indicator.normalisation
        own = [name for name, parameter in step.method.parameters.items() if parameter.own_unit]
        yield from _of_marks(node.code, _marks(f"{place}/indicator/normalisation", step, own), indicator, scale)


def _marks(place: str, step: Step, names: Sequence[str]) -> list[Mark]:
    """Return the numbers of these parameters; of points the first halves."""
    given = {name: step.parameters[name] for name in names if name in step.parameters}
    return [mark for name, value in given.items() for mark in _numbers(f"{place}/{name}", value)]


def _numbers(place: str, value: Any) -> Iterator[Mark]:
    if not isinstance(value, Sequence):
        yield Mark(place, float(value))
        return
    for position, one in enumerate(value):
        at = f"{place}/{position}"
        yield Mark(f"{at}/0", float(one[0])) if isinstance(one, Sequence) else Mark(at, float(one))


def _of_marks(code: str, marks: Sequence[Mark], indicator: Indicator, scale: Scale) -> Iterator[Problem]:
    """Yield the first that no answer reaches; failing that, the first that looks as if it were in the own unit."""
    beyond = next((mark for mark in marks if not scale.low <= mark.value <= scale.high), None)
    if beyond is not None:
        yield _out_of_reach(code, beyond, scale)
    elif marks:
        ranges = [*(_range(question.scale) for question in indicator.questions), SHARE]
        meant = ((own, mark) for own in ranges if (mark := _meant(marks, own, scale)) is not None)
        yield from islice((_own_unit(code, mark, scale, own) for own, mark in meant), 1)


def _out_of_reach(code: str, mark: Mark, scale: Scale) -> Problem:
    detail = Sentence(
        "{code}: no answer can reach {mark}, because answers are first put on the model's "
        "scale from {low} to {high}. Give it on that scale, not in the question's own unit",
        code=code,
        mark=_written(mark.value),
        low=_written(scale.low),
        high=_written(scale.high),
    )
    return Problem(mark.place, "out_of_reach", detail)


def _own_unit(code: str, mark: Mark, scale: Scale, own: Scale) -> Problem:
    detail = Sentence(
        "{code}: {mark} is read on the model's scale from {low} to {high}, because answers "
        "are put on that first. It may be meant on a scale from {own_low} to {own_high}",
        code=code,
        mark=_written(mark.value),
        low=_written(scale.low),
        high=_written(scale.high),
        own_low=_written(own.low),
        own_high=_written(own.high),
    )
    return Problem(mark.place, "own_unit", detail)


def _meant(marks: Sequence[Mark], own: Scale, scale: Scale) -> Mark | None:
    """Return the first mark that says another thing on a narrower scale, if that one has room for all of them."""
    if own.width >= scale.width or not all(own.low <= mark.value <= own.high for mark in marks):
        return None
    return next((mark for mark in marks if not math.isclose(_share(mark, own), _share(mark, scale))), None)


def _share(mark: Mark, scale: Scale) -> float:
    return (mark.value - scale.low) / scale.width


def _range(scale: ResponseScale) -> Scale:
    """From the lowest to the highest answer as it is given."""
    if scale.kind == "numeric":
        return Scale(scale.low, scale.high)
    if scale.kind == "ordinal":
        values = [float(option.value) for option in scale.options]
        return Scale(min(values), max(values))
    return Scale(0.0, math.fsum(option.points for option in scale.options) or 1.0)


def _written(value: float) -> str:
    return format(value, ".15g")
