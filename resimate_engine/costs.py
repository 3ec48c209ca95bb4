"""What a calculation will cost, in seconds of one quiet core, from the sizes of what was sent and before it begins.

The constants were measured and are rounded up; ``docs/adr/0017`` has the table. Whatever has a wrong shape costs
nothing here: the calculation says what is wrong with it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from resimate_engine.agreement import FEW
from resimate_engine.model import Indicator, Model, Node

UNIT: Final = 4e-6  # a unit: its shape, its id, its head in the answer
CELL: Final = 0.5e-6  # a value that is read
NODE: Final = 2e-6  # a node of a unit in the answer
COLUMN: Final = 0.15e-6  # a value in a column, through the steps of an indicator or an aggregation
SCALAR: Final = 0.25e-6  # a logarithm or a power, one by one
ANSWER: Final = 0.6e-6  # an answer that is read and counted
RATER: Final = 3e-6  # a response to an indicator, combined with others
PAIR: Final = 5e-9  # two units compared by one child
SORTED: Final = 30e-9  # one value in one step of winsorising
CYCLE: Final = 0.1  # sixteen units in a circle put in order
NUMBER: Final = 0.4e-6  # a number in a table of weights or ratings, checked and put in its place
RATING: Final = 1.2e-6  # a rating in a measure of agreement
COUNTED: Final = 4e-6  # a rating that is counted among those of its unit and among all
ROW: Final = 250e-6  # the ratings of one rater or item, put in order
FOLDED: Final = 15e-6  # the ratings of one unit, whose ratios are summed
RATIO: Final = 10e-9  # a ratio of two of them
BLOCKS: Final = 1.5e-3  # many ratings, whose ratios are summed in blocks
BLOCK: Final = 40e-6  # one of these blocks, with its neighbours
CUBE: Final = 1.5e-9  # a product in correlations and their components
SQUARED: Final = 1.5e-6  # an entry's part in a power of a matrix of comparisons
PAIRED: Final = 200e-9  # two columns, with all that is kept of their correlation
VALUE: Final = 30e-6  # a JSON value of a model document, checked

BY_SCALARS: Final = frozenset({"geometric_mean", "harmonic_mean", "power_mean", "product"})
STAGES_ASKED: Final = frozenset({"normalised", "treated", "imputed", "denominated"})


def of_document(data: Any) -> float:
    """Return what it costs to check a model document."""
    return VALUE * _values(data)


def _values(data: Any) -> int:
    """Return how many values a JSON value holds, itself included; without recursion, as it may be deep."""
    count, left = 0, [data]
    while left:
        below = left.pop()
        count += 1
        if isinstance(below, Mapping):
            left.extend(below.values())
        elif isinstance(below, list):
            left.extend(below)
    return count


def of_scores(model: Model, units: Any, options: Mapping[str, Any] | None = None) -> float:
    """Return what ``score`` costs."""
    options = options if isinstance(options, Mapping) else {}
    include = options.get("include", ["nodes"])
    parts = {part for part in include if isinstance(part, str)} if isinstance(include, list) else set()
    count = len(_list(units))
    told = NODE * len(model.nodes) * count * ("nodes" in parts)
    told += CELL * len(model.leaves) * count * len(parts & STAGES_ASKED)
    return told + _calculated(model, units, options, both_ends="bounds" in parts)


def of_explanation(model: Model, units: Any, options: Mapping[str, Any] | None = None) -> float:
    """Return what ``explain`` costs: everything is calculated, one unit is told of."""
    options = options if isinstance(options, Mapping) else {}
    return 1e-3 * len(model.nodes) + _calculated(model, units, options, both_ends=True)


def of_draws(model: Model, units: Any, draws: Any, *, anew: bool) -> float:
    """Return what it costs to aggregate as often as there are draws, and if ``anew`` to read answers each time."""
    many = draws if isinstance(draws, int) and draws > 0 else 1
    rows = len(_list(units))
    once = _aggregated(model, rows) + 30e-6 * len(model.nodes)
    if anew and model.questions:
        once += _calculated(model, units, {}, both_ends=False)
    return many * (once + UNIT * rows) + _calculated(model, units, {}, both_ends=False)


def _calculated(model: Model, units: Any, options: Mapping[str, Any], *, both_ends: bool) -> float:
    own, compared = _list(units), _list(options.get("reference", ()))
    rows = len(own) + len(compared)
    read = rows * (UNIT + CELL * len(model.inputs)) + _answered(model, own) + _answered(model, compared)
    measured = sum(_measured(leaf.indicator, rows) for leaf in model.leaves if leaf.indicator is not None)
    return read + measured + _aggregated(model, rows) * (3 if both_ends else 1)


def _list(given: Any) -> Sequence[Any]:
    return given if isinstance(given, list | tuple) else ()


def _answered(model: Model, units: Sequence[Any]) -> float:
    if not model.questions:
        return 0.0
    asked = sum(1 for leaf in model.leaves if leaf.indicator is not None and leaf.indicator.questions)
    counts = (len(_list(unit.get("responses"))) for unit in units if isinstance(unit, Mapping))
    return sum(counts) * (RATER * asked + ANSWER * len(model.questions))


def _measured(indicator: Indicator, rows: int) -> float:
    cost = 40e-6 + COLUMN * rows
    treatment, transform = indicator.treatment, indicator.transform.name
    if treatment.name == "winsorise":
        cost += float(treatment.parameters["max_points"]) * (40e-6 + SORTED * rows)
    scalars = (treatment.name not in ("none", "percentile_winsorise")) + (transform != "none")
    return cost + SCALAR * rows * (scalars + (indicator.missing.name != "skip"))


def _aggregated(model: Model, rows: int) -> float:
    return sum(_of_node(node, rows) for node in model.branches)


def _of_node(node: Node, rows: int) -> float:
    if node.aggregation is None:
        return 0.0
    method, width = node.aggregation.name, len(node.children)
    cost = 100e-6 + COLUMN * rows * width
    if method in BY_SCALARS:
        cost += 2 * SCALAR * rows * width
    elif method == "formula":
        cost += COLUMN * rows * len(str(node.aggregation.parameters["expression"])) / 4
    elif method in ("copeland", "kemeny"):
        cost += rows * (20e-6 * width + PAIR * rows * width)
        cost += CYCLE * rows / 16 if method == "kemeny" else 0.0
    return cost + COLUMN * rows * width * (node.missing.name != "skip")


def of_weights(request: Any) -> float:
    """Return what ``find_weights`` costs."""
    asked = request if isinstance(request, Mapping) else {}
    matrices = _list(asked.get("matrices"))
    if matrices:
        size = len(_list(matrices[0]))
        return 3 * NUMBER * _values(matrices) + SQUARED * min(size, 100) ** 3
    rows = _list(asked.get("data")) or _list(asked.get("allocations"))
    width = max((len(_list(row)) for row in rows), default=0)
    cost = NUMBER * (_cells(rows) + 3 * len(_list(asked.get("ranks"))))
    if asked.get("method") in ("pca", "critic"):
        cost += CUBE * width * width * (len(rows) + (8 * width if asked["method"] == "pca" else 0))
        cost += PAIRED * width * width
    return cost


def of_agreement(request: Any) -> float:
    """Return what ``measure_agreement`` costs."""
    asked = request if isinstance(request, Mapping) else {}
    rows = _list(asked.get("ratings")) or _list(asked.get("counts"))
    cost = RATING * _cells(rows) + ROW * len(rows)
    if asked.get("measure") == "krippendorff_alpha":
        cost += COUNTED * _cells(rows) + (_by_ratios(rows) if asked.get("level") == "ratio" else 0.0)
    return cost


def _by_ratios(rows: Sequence[Any]) -> float:
    """The ratings of each unit are compared, and then all that differ: in blocks, which cost by their number.

    Ratios of numbers on both sides of zero, and those of few, are summed pair by pair.
    """
    numbers = [value for row in rows for value in _list(row) if isinstance(value, int | float)]
    if not numbers:
        return 0.0
    different, units = len(set(numbers)), max(len(_list(row)) for row in rows)
    sizes = [abs(value) for value in numbers if value]
    blocks = math.log(max(sizes)) - math.log(min(sizes)) if sizes else 0.0
    in_pairs = min(numbers) < 0 < max(numbers)

    def together(many: int) -> float:
        if in_pairs or many <= FEW:
            return FOLDED + RATIO * many * many
        return BLOCKS + BLOCK * min(blocks, many)

    return 1e-6 * len(numbers) + units * together(min(len(rows), different)) + together(different)


def _cells(rows: Sequence[Any]) -> int:
    return sum(len(_list(row)) for row in rows)
