"""``score``: a model and units in, results out. Pure: no clock, no I/O, no state but a cache of prepared models."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, TypedDict

from resimate_engine import indicators, questionnaire
from resimate_engine.arrays import Array, known
from resimate_engine.bounds import bounds
from resimate_engine.canonical import canonical
from resimate_engine.columns import Column
from resimate_engine.indicators import Stages
from resimate_engine.model import Model, Node
from resimate_engine.problems import DataInvalid, Problem
from resimate_engine.ranks import competition_ranks
from resimate_engine.raters import group_weights, normal
from resimate_engine.tree import Tree, TreeAggregator
from resimate_engine.units import ProblemCollector, Units, tabulate_units
from resimate_text.pointers import pointer
from resimate_text.sentences import Sentence

ENGINE_VERSION: Final = "1.4.0"
STAGES: Final = ("normalised", "treated", "imputed", "denominated")
INCLUDABLE: Final = ("nodes", "bounds", *STAGES)
OPTIONS: Final = frozenset({"include", "reference"})


class Warned(TypedDict):
    """Something that did not stop the calculation but should be seen."""

    code: str
    detail: str
    pointer: str


class NodeResult(TypedDict, total=False):
    """A node's part of a unit's result; ``raters`` is there for questionnaires alone."""

    value: float | None
    coverage: float | None
    weight: float
    flags: list[str]
    reason: str | None
    raters: int
    low: float | None
    high: float | None


class UnitResult(TypedDict, total=False):
    """A unit's result; the parts that were not asked for are absent."""

    id: str
    score: float | None
    reason: str | None
    band: str | None
    rank: int | None
    coverage: float | None
    low: float | None
    high: float | None
    nodes: dict[str, NodeResult]
    normalised: dict[str, float | None]
    treated: dict[str, float | None]
    imputed: dict[str, float | None]
    denominated: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Results:
    """What a calculation gives, in plain JSON values."""

    engine_version: str
    input_digest: str
    results: list[UnitResult]
    warnings: list[Warned]

    def as_dict(self) -> dict[str, Any]:
        """Return the body of an answer."""
        return {
            "engine_version": self.engine_version,
            "input_digest": self.input_digest,
            "results": self.results,
            "warnings": self.warnings,
        }


@dataclass(frozen=True, slots=True)
class Calculation:
    """Everything that was calculated, column by column."""

    model: Model
    units: Units
    stages: Mapping[str, Stages]
    tree: Tree

    @property
    def ids(self) -> tuple[str, ...]:
        """The units that results are for, in the order they came; those of a reference set are not among them."""
        return tuple(self.units.ids[row] for row in self.units.given)

    def column(self, code: str) -> Column:
        """Return a node's column over ``ids``."""
        return self.tree.columns[code].at(self.units.given)


def score(model: Model, units: Any, options: Mapping[str, Any] | None = None) -> Results:
    """Score ``units`` by ``model``.

    ``units`` is a list of ``{"id", "group", "values", "responses": [{"rater", "group", "answers"}]}``; ``options`` is
    ``{"include": [...], "reference": [...]}``: any of ``INCLUDABLE`` (``["nodes"]`` by default), and the units of a
    frozen reference set that relative methods compare with. Raises ``DataInvalid``.
    """
    include = _included(options or {})
    calculation = calculate(model, units, options)
    return Results(
        engine_version=ENGINE_VERSION,
        input_digest=input_digest(model, units, options),
        results=_results(calculation, include),
        warnings=list(warnings_of(calculation)),
    )


def input_digest(model: Model, units: Any, options: Mapping[str, Any] | None = None) -> str:
    """Return the fingerprint of a calculation: the same digest promises the same results.

    Raises ``DataInvalid`` for what is no JSON: NaN, infinities, objects.
    """
    return input_digests(model, options)(units)


def input_digests(model: Model, options: Mapping[str, Any] | None = None) -> Callable[[Any], str]:
    """Return ``input_digest`` of units, for many calculations that share the model and a large reference set."""
    with _only_json():
        head, tail = canonical([ENGINE_VERSION, model.digest]), canonical([options or {}])

    def input_digest_of(units: Any) -> str:
        with _only_json():
            return sha256(b"%b,%b,%b" % (head[:-1], canonical(units), tail[1:])).hexdigest()

    return input_digest_of


@contextmanager
def _only_json() -> Iterator[None]:
    try:
        yield
    except (TypeError, ValueError, RecursionError):
        raise DataInvalid(
            [Problem("/units", "not_json", Sentence("units must be JSON values with finite numbers"))]
        ) from None


def calculate(model: Model, units: Any, options: Mapping[str, Any] | None = None) -> Calculation:
    """Return all columns of a calculation. Raises ``DataInvalid``."""
    rows = tabulate_units(model, units, (options or {}).get("reference", ()))
    problems = ProblemCollector()
    replies = questionnaire.Replies.of(rows, [placed.question.code for placed in model.questions])
    measured = {leaf.code: _measure(model, leaf, rows, replies, problems) for leaf in model.leaves}
    problems.settle()
    stages = {
        leaf.code: indicators.stages(leaf.code, leaf.indicator, measured[leaf.code], rows, model.scale)
        for leaf in model.leaves
        if leaf.indicator is not None
    }
    tree = TreeAggregator(model, rows).aggregate({code: stage.normalised for code, stage in stages.items()})
    return Calculation(model, rows, stages, tree)


def _measure(
    model: Model, leaf: Node, units: Units, replies: questionnaire.Replies, problems: ProblemCollector
) -> Column:
    sheet = _sheets(model).get(leaf.code)
    if sheet is not None:
        return questionnaire.column(sheet, units, replies, problems)
    return indicators.measured(units, leaf.indicator.input or "" if leaf.indicator else "")


@lru_cache(maxsize=256)
def _sheets(model: Model) -> dict[str, questionnaire.Sheet]:
    return {
        leaf.code: questionnaire.sheet(leaf, leaf.indicator.questions, leaf.indicator.rater_aggregation, model.scale)
        for leaf in model.leaves
        if leaf.indicator is not None and leaf.indicator.questions
    }


def _included(options: Mapping[str, Any]) -> frozenset[str]:
    problems = [
        Problem(pointer("options", key), "unknown_key", Sentence("there is no option {key!r}", key=key))
        for key in options.keys() - OPTIONS
    ]
    include = options.get("include", ["nodes"])
    if not isinstance(include, list) or not all(isinstance(part, str) for part in include):
        problems.append(Problem("/options/include", "not_a_list", Sentence("include must be a list of names")))
        include = []
    for position, part in enumerate(include):
        if part not in INCLUDABLE:
            detail = Sentence("{part!r} cannot be included", part=part)
            problems.append(Problem(pointer("options", "include", position), "unknown_part", detail))
    if problems:
        raise DataInvalid(problems)
    return frozenset(include)


def _results(calculation: Calculation, include: frozenset[str]) -> list[UnitResult]:
    root = calculation.column(calculation.model.root.code)
    scores = nullable(root.values)
    heads = zip(calculation.ids, scores, competition_ranks(scores), nullable(root.coverage), strict=True)
    results = [_head(calculation.model, root, row, *head) for row, head in enumerate(heads)]
    if "nodes" in include:
        for result, nodes in zip(results, _nodes(calculation), strict=True):
            result["nodes"] = nodes
    if "bounds" in include:
        _add_bounds(calculation, results)
    for part in STAGES:
        if part in include:
            _add_stage(calculation, part, results)
    return results


def _head(
    model: Model, root: Column, row: int, unit: str, value: float | None, rank: int | None, coverage: float | None
) -> UnitResult:
    band = model.band_of(value)
    return {
        "id": unit,
        "score": value,
        "reason": root.reason(row),
        "band": band.code if band else None,
        "rank": rank,
        "coverage": coverage,
    }


def _nodes(calculation: Calculation) -> list[dict[str, NodeResult]]:
    rows: list[dict[str, NodeResult]] = [{} for _ in calculation.ids]
    for code in calculation.model.nodes:
        results = _node_results(calculation.column(code), calculation.tree.weights[code])
        for nodes, result in zip(rows, results, strict=True):
            nodes[code] = result
    return rows


def _node_results(column: Column, weight: float) -> Iterable[NodeResult]:
    cells = zip(nullable(column.values), nullable(column.coverage), column.imputed.tolist(), strict=True)
    for row, (value, coverage, imputed) in enumerate(cells):
        result: NodeResult = {
            "value": value,
            "coverage": coverage,
            "weight": weight,
            "flags": _flags(coverage, imputed),
            "reason": None if value is not None else column.reason(row),
        }
        if column.raters is not None:
            result["raters"] = column.raters[row]
        yield result


def _add_bounds(calculation: Calculation, results: list[UnitResult]) -> None:
    """Add ``low`` and ``high`` to every unit, and to its nodes if they are there."""
    order = calculation.units.given
    for code, ends_of_node in bounds(calculation.model, calculation.units, calculation.tree).items():
        ends = zip(results, nullable(ends_of_node.low[order]), nullable(ends_of_node.high[order]), strict=True)
        for result, low, high in ends:
            if code == calculation.model.root.code:
                result["low"], result["high"] = low, high
            if "nodes" in result:
                result["nodes"][code]["low"], result["nodes"][code]["high"] = low, high


def _flags(coverage: float | None, imputed: bool) -> list[str]:
    flags = ["imputed"] if imputed else []
    return [*flags, "partial"] if coverage is not None and coverage < 1 else flags


def _add_stage(calculation: Calculation, part: str, results: list[UnitResult]) -> None:
    given = calculation.units.given
    columns = {code: nullable(getattr(stages, part).values[given]) for code, stages in calculation.stages.items()}
    for row, result in enumerate(results):
        result[part] = {code: values[row] for code, values in columns.items()}  # type: ignore[literal-required]  # its parts are named by the caller


def nullable(values: Array) -> list[float | None]:
    """Return a column as JSON values: null where there is no value, and zero for a negative one.

    >>> import numpy
    >>> nullable(numpy.array([1.0, numpy.nan, -0.0]))
    [1.0, None, 0.0]
    """
    return [None if math.isnan(value) else value for value in (values + 0.0).tolist()]


def warnings_of(calculation: Calculation) -> Iterator[Warned]:
    """Yield what should be seen: names that nobody knows, values that came to nothing, raters that do not count."""
    yield from _unknown(calculation.units)
    yield from _without_range(calculation)
    yield from _off_scale(calculation)
    yield from _uncounted(calculation.model, calculation.units)


def _unknown(units: Units) -> list[Warned]:
    return [
        {
            "code": "unknown_input",
            "detail": Sentence("the model has no input or question {name!r}", name=name),
            "pointer": "",
        }
        for name in units.unknown
    ]


def _off_scale(calculation: Calculation) -> Iterator[Warned]:
    """Warn of fractions of the maximum beyond the scale, as with a negative direction, where all values are turned."""
    scale = calculation.model.scale
    for leaf in calculation.model.leaves:
        if leaf.indicator is not None and leaf.indicator.normalisation.name == "fraction_of_max":
            values = known(calculation.stages[leaf.code].normalised.values)
            if ((values < scale.low) | (values > scale.high)).any():
                detail = Sentence(
                    "{code}: some values lie outside the scale, as can happen with fractions of the maximum",
                    code=leaf.code,
                )
                yield {"code": "off_scale", "detail": detail, "pointer": ""}


def _uncounted(model: Model, units: Units) -> list[Warned]:
    """Warn of groups whose raters do not count because no weight is given for them, and of raters without a group."""
    found: dict[tuple[str, str | None], set[tuple[int, int]]] = {}
    for leaf in model.leaves:
        step = leaf.indicator.rater_aggregation if leaf.indicator is not None and leaf.indicator.questions else None
        if step is not None and step.name == "by_group":
            known = group_weights(tuple(step.parameters["weights"].items()))
            for at, group in _groups(units):
                if group is None or normal(group) not in known:
                    found.setdefault((leaf.code, group), set()).add(at)
    return [_of_group(code, group, len(raters)) for (code, group), raters in sorted(found.items(), key=str)]


def _groups(units: Units) -> Iterator[tuple[tuple[int, int], str | None]]:
    """Yield every response that results are for by its place, with its group."""
    for row in units.given.tolist():
        for place, response in enumerate(units.responses[row]):
            yield (row, place), response.get("group")


def _of_group(code: str, group: str | None, raters: int) -> Warned:
    if group is None:
        detail = Sentence("{code}: raters without a group do not count: {raters}", code=code, raters=raters)
    else:
        detail = Sentence(
            "{code}: the group {group!r} has no weight, so its raters do not count: {raters}",
            code=code,
            group=group,
            raters=raters,
        )
    return {"code": "group_without_weight", "detail": detail, "pointer": ""}


def _without_range(calculation: Calculation) -> list[Warned]:
    """Warn of indicators that a normalisation left without any value, as min-max does when all units are equal."""
    return [
        {
            "code": "not_normalised",
            "detail": Sentence("{code}: the units' values do not allow this normalisation", code=code),
            "pointer": "",
        }
        for code, stages in calculation.stages.items()
        if known(stages.treated.values).size and not known(stages.normalised.values).size
    ]
