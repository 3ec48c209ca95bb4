"""What a schema cannot say about a model document. Every check yields problems; none stops at the first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np

from resimate_engine import formula
from resimate_engine.arrays import Array
from resimate_engine.problems import Problem
from resimate_engine.registry import Parameter, lookup
from resimate_engine.weighting import LEAST_COMPARISON
from resimate_text.pointers import pointer
from resimate_text.sentences import Sentence

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """A node of the document and the pointer to it."""

    path: str
    node: Data


def check(data: Data) -> Iterator[Problem]:
    """Yield the problems of a document that its schema accepts."""
    places = list(_walk("/root", data["root"]))
    yield from _check_range("/scale", data["scale"])
    yield from _check_bands(data.get("bands", []))
    yield from _check_response_scales(data.get("response_scales", {}))
    yield from _unique(((f"{place.path}/code", place.node["code"]) for place in places), "duplicate_code")
    yield from _unique(_question_codes(places), "duplicate_code")
    for place in places:
        yield from _check_node(place, data)
    for used in _steps(data, places):
        yield from _check_step(used, data)
    yield from _check_weighed(data, places)


def _walk(path: str, node: Data) -> Iterator[Place]:
    yield Place(path, node)
    for position, child in enumerate(node.get("children", [])):
        yield from _walk(f"{path}/children/{position}", child)


def _check_range(path: str, limits: Data) -> Iterator[Problem]:
    if not limits["low"] < limits["high"]:
        yield Problem(f"{path}/low", "low_not_below_high", Sentence("low must be below high"))


def _check_bands(bands: list[Data]) -> Iterator[Problem]:
    for position in range(1, len(bands)):
        if not bands[position - 1]["from"] < bands[position]["from"]:
            yield Problem(
                f"/bands/{position}/from", "bands_not_ascending", Sentence("every band must start above the one before")
            )
    yield from _unique(
        ((f"/bands/{position}/code", band["code"]) for position, band in enumerate(bands)), "duplicate_code"
    )


def _check_response_scales(scales: Mapping[str, Data]) -> Iterator[Problem]:
    for code, scale in scales.items():
        path = pointer("response_scales", code)
        if scale["kind"] == "numeric":
            yield from _check_range(path, scale)
        options = scale.get("options", [])
        values = ((f"{path}/options/{position}/value", option["value"]) for position, option in enumerate(options))
        yield from _unique(values, "duplicate_option")
        if scale["kind"] == "multi" and not any(option.get("points", 1) for option in options):
            yield Problem(f"{path}/options", "no_points", Sentence("at least one option must have points"))


def _unique(codes: Iterable[tuple[str, Any]], problem: str) -> Iterator[Problem]:
    seen = set()
    for path, code in codes:
        if code in seen:
            yield Problem(path, problem, Sentence("{code!r} is already taken", code=code))
        seen.add(code)


def _question_codes(places: Iterable[Place]) -> Iterator[tuple[str, str]]:
    for place in places:
        for position, question in enumerate(_questions(place.node)):
            yield f"{place.path}/indicator/questions/{position}/code", question["code"]


def _questions(node: Data) -> list[Data]:
    questions: list[Data] = node.get("indicator", {}).get("questions", [])
    return questions


def _check_node(place: Place, data: Data) -> Iterator[Problem]:
    children = place.node.get("children", [])
    if children and not _weighed(place.node, data) and not any(child.get("weight", 1) for child in children):
        yield Problem(f"{place.path}/children", "all_weights_zero", Sentence("at least one child must have a weight"))
    questions = _questions(place.node)
    if questions and not any(question.get("weight", 1) for question in questions):
        path = f"{place.path}/indicator/questions"
        yield Problem(path, "all_weights_zero", Sentence("at least one question must have a weight"))
    for position, question in enumerate(questions):
        if question["scale"] not in data.get("response_scales", {}):
            path = f"{place.path}/indicator/questions/{position}/scale"
            yield Problem(
                path, "unknown_response_scale", Sentence("there is no response scale {name!r}", name=question["scale"])
            )
    yield from _check_min_coverage(place)
    yield from _check_own_unit(place)


def _check_min_coverage(place: Place) -> Iterator[Problem]:
    given = place.node.get("min_coverage")
    if isinstance(given, dict) and given.get("of") == "indicators" and "indicator" in place.node:
        detail = Sentence("an indicator cannot have indicators below it")
        yield Problem(f"{place.path}/min_coverage/of", "nothing_to_count", detail)


def _check_weighed(data: Data, places: Iterable[Place]) -> Iterator[Problem]:
    parents = {place.node["code"] for place in places if "children" in place.node}
    for code in data.get("weights", {}).keys() - parents:
        yield Problem(
            pointer("weights", code), "unknown_node", Sentence("there is no node {code!r} with children", code=code)
        )


def _weighed(node: Data, data: Data) -> bool:
    """Whether a method other than the children's own weights decides."""
    step = data.get("weights", {}).get(node["code"], "direct")
    return method_name(step) != "direct"


def method_name(step: str | Data) -> str:
    """Return the method of a step, which may be its bare name."""
    return step if isinstance(step, str) else str(step["method"])


def _check_own_unit(place: Place) -> Iterator[Problem]:
    """Parameters in the input's own unit must survive the transform; goalposts must still be in order then."""
    indicator = place.node.get("indicator", {})
    step = indicator.get("normalisation", "none")
    if isinstance(step, str):
        return
    path = f"{place.path}/indicator/normalisation"
    transform = lookup("transform", method_name(indicator.get("transform", "none"))).function
    given = {name: step[name] for name, parameter in _parameters(step) if parameter.own_unit and name in step}
    lost = [name for name, value in given.items() if np.isnan(transform(_numbers(value))).any()]
    for name in lost:
        yield Problem(f"{path}/{name}", "outside_domain", Sentence("the transform is not defined for this value"))
    if not lost and {"low", "high"} <= given.keys():
        yield from _check_range(path, {end: float(transform(_numbers(given[end]))[0]) for end in ("low", "high")})


def _parameters(step: Data) -> Iterable[tuple[str, Parameter]]:
    return lookup("normalisation", step["method"]).parameters.items()


def _numbers(value: Any) -> Array:
    """Return a number, a list of numbers, or the x of a list of points as an array."""
    array = np.asarray(value, dtype=np.float64)
    return array[:, 0] if array.ndim == 2 else np.atleast_1d(array)


@dataclass(frozen=True, slots=True)
class Used:
    """A step of the document: its pointer, its place in the table of methods, and the node that it belongs to."""

    path: str
    where: str
    step: str | Data
    node: Data


def _steps(data: Data, places: Sequence[Place]) -> Iterator[Used]:
    for place in places:
        indicator = place.node.get("indicator", {})
        for where in sorted(NODE_STEPS & place.node.keys()):
            yield Used(f"{place.path}/{where}", where, place.node[where], place.node)
        for where in sorted(INDICATOR_STEPS & indicator.keys()):
            yield Used(f"{place.path}/indicator/{where}", where, indicator[where], place.node)
    nodes = {place.node["code"]: place.node for place in places}
    for code, step in data.get("weights", {}).items():
        yield Used(pointer("weights", code), "weights", step, nodes.get(code, {}))


NODE_STEPS: Final = {"aggregation", "missing"}
INDICATOR_STEPS: Final = {"rater_aggregation", "missing", "treatment", "transform", "normalisation"}


def _check_step(used: Used, data: Data) -> Iterator[Problem]:
    name = method_name(used.step)
    if lookup(used.where, name).relative and data.get("mode", "absolute") != "relative":
        detail = Sentence('{name} compares units: the document must say "mode": "relative"', name=name)
        yield Problem(used.path, "needs_relative_mode", detail)
    further = FURTHER.get((used.where, name))
    if further and not isinstance(used.step, str):
        yield from further(used.path, used.step, used.node)


def _check_zero(path: str, step: Data, node: Data) -> Iterator[Problem]:
    if step.get("zero") == "floor" and "floor" not in step:
        yield Problem(f"{path}/floor", "required", Sentence('with "zero": "floor", a floor is needed'))


def _check_formula(path: str, step: Data, node: Data) -> Iterator[Problem]:
    try:
        program = formula.parse(step["expression"])
    except formula.FormulaInvalid as invalid:
        yield Problem(f"{path}/expression", "bad_formula", str(invalid))
        return
    children = {child["code"] for child in node.get("children", [])}
    for name in sorted(formula.names(program) - children):
        detail = Sentence("{name!r} is not a child of {node}", name=name, node=node["code"])
        yield Problem(f"{path}/expression", "unknown_name", detail)
    if not formula.names(program):
        yield Problem(f"{path}/expression", "no_name", Sentence("a formula must name at least one child"))


def _check_places(path: str, step: Data, node: Data) -> Iterator[Problem]:
    yield from _one_for_each_child(f"{path}/weights", step["weights"], node)
    if not any(step["weights"]):
        yield Problem(f"{path}/weights", "all_weights_zero", Sentence("at least one rank must have a weight"))


def _one_for_each_child(path: str, values: Sized, node: Data) -> Iterator[Problem]:
    expected = len(node.get("children", []))
    if node and len(values) != expected:
        detail = Sentence(
            "{expected} children need {expected} entries, not {given}", expected=expected, given=len(values)
        )
        yield Problem(path, "wrong_length", detail)


def _check_ranks(path: str, step: Data, node: Data) -> Iterator[Problem]:
    yield from _one_for_each_child(f"{path}/ranks", step["ranks"], node)


def _check_allocations(path: str, step: Data, node: Data) -> Iterator[Problem]:
    for expert, allocation in enumerate(step["allocations"]):
        yield from _one_for_each_child(f"{path}/allocations/{expert}", allocation, node)
        if not any(allocation):
            yield Problem(
                f"{path}/allocations/{expert}",
                "all_weights_zero",
                Sentence("a budget must give points to at least one child"),
            )


def _check_matrices(path: str, step: Data, node: Data) -> Iterator[Problem]:
    for expert, matrix in enumerate(step["matrices"]):
        yield from _one_for_each_child(f"{path}/matrices/{expert}", matrix, node)
        for position, row in enumerate(matrix):
            place = f"{path}/matrices/{expert}/{position}"
            if len(row) != len(matrix):
                yield Problem(place, "not_square", Sentence("a matrix must have as many columns as rows"))
            if not all(LEAST_COMPARISON <= value <= 1 / LEAST_COMPARISON for value in row):
                yield Problem(
                    place, "not_positive", Sentence("comparisons must be positive, and neither tiny nor huge")
                )


def _check_classes(path: str, step: Data, node: Data) -> Iterator[Problem]:
    yield from _check_ascending(f"{path}/breaks", step["breaks"])
    if len(step["values"]) != len(step["breaks"]) + 1:
        yield Problem(f"{path}/values", "wrong_length", Sentence("there must be one more value than breaks"))


def _check_points(path: str, step: Data, node: Data) -> Iterator[Problem]:
    yield from _check_ascending(f"{path}/points", [x for x, _ in step["points"]])


def _check_ascending(path: str, values: Sequence[float]) -> Iterator[Problem]:
    if not all(before < after for before, after in pairwise(values)):
        yield Problem(path, "not_ascending", Sentence("values must ascend"))


def _check_percentiles(path: str, step: Data, node: Data) -> Iterator[Problem]:
    yield from _check_range(path, {"low": step.get("low", 2.5), "high": step.get("high", 97.5)})


def _check_groups(path: str, step: Data, node: Data) -> Iterator[Problem]:
    if not any(step["weights"].values()):
        yield Problem(f"{path}/weights", "all_weights_zero", Sentence("at least one group must have a weight"))


FURTHER: Final[Mapping[tuple[str, str], Callable[[str, Data, Data], Iterator[Problem]]]] = {
    ("aggregation", "geometric_mean"): _check_zero,
    ("aggregation", "harmonic_mean"): _check_zero,
    ("aggregation", "formula"): _check_formula,
    ("aggregation", "owa"): _check_places,
    ("weights", "rank_order_centroid"): _check_ranks,
    ("weights", "rank_sum"): _check_ranks,
    ("weights", "budget_allocation"): _check_allocations,
    ("weights", "ahp"): _check_matrices,
    ("normalisation", "categorical"): _check_classes,
    ("normalisation", "value_function"): _check_points,
    ("treatment", "percentile_winsorise"): _check_percentiles,
    ("rater_aggregation", "by_group"): _check_groups,
}
