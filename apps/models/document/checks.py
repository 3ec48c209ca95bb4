"""What a schema cannot say about a model document. Every check yields problems; none stops at the first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from apps.models.engine.problems import Problem, pointer
from apps.models.engine.registry import lookup

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
    for path, where, step in _steps(data, places):
        yield from _check_step(path, where, step, data)
    yield from _check_weighed(data, places)


def _walk(path: str, node: Data) -> Iterator[Place]:
    yield Place(path, node)
    for position, child in enumerate(node.get("children", [])):
        yield from _walk(f"{path}/children/{position}", child)


def _check_range(path: str, limits: Data) -> Iterator[Problem]:
    if not limits["low"] < limits["high"]:
        yield Problem(f"{path}/low", "low_not_below_high", "low must be below high")


def _check_bands(bands: list[Data]) -> Iterator[Problem]:
    for position in range(1, len(bands)):
        if not bands[position - 1]["from"] < bands[position]["from"]:
            yield Problem(
                f"/bands/{position}/from", "bands_not_ascending", "every band must start above the one before"
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
            yield Problem(f"{path}/options", "no_points", "at least one option must have points")


def _unique(codes: Iterable[tuple[str, Any]], problem: str) -> Iterator[Problem]:
    seen = set()
    for path, code in codes:
        if code in seen:
            yield Problem(path, problem, f"{code!r} is taken already")
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
        yield Problem(f"{place.path}/children", "all_weights_zero", "at least one child must have a weight")
    questions = _questions(place.node)
    if questions and not any(question.get("weight", 1) for question in questions):
        path = f"{place.path}/indicator/questions"
        yield Problem(path, "all_weights_zero", "at least one question must have a weight")
    for position, question in enumerate(questions):
        if question["scale"] not in data.get("response_scales", {}):
            path = f"{place.path}/indicator/questions/{position}/scale"
            yield Problem(path, "unknown_response_scale", f"no response scale {question['scale']!r}")
    yield from _check_goalposts(place)


def _check_weighed(data: Data, places: Iterable[Place]) -> Iterator[Problem]:
    parents = {place.node["code"] for place in places if "children" in place.node}
    for code in data.get("weights", {}).keys() - parents:
        yield Problem(pointer("weights", code), "unknown_node", f"no node {code!r} with children")


def _weighed(node: Data, data: Data) -> bool:
    """Whether a method other than the children's own weights decides."""
    step = data.get("weights", {}).get(node["code"], "direct")
    return method_name(step) != "direct"


def method_name(step: str | Data) -> str:
    """Return the method of a step, which may be its bare name."""
    return step if isinstance(step, str) else str(step["method"])


def _check_goalposts(place: Place) -> Iterator[Problem]:
    indicator = place.node.get("indicator", {})
    step = indicator.get("normalisation", "none")
    if method_name(step) != "goalposts":
        return
    path = f"{place.path}/indicator/normalisation"
    transform = lookup("transform", method_name(indicator.get("transform", "none"))).function
    ends = {end: float(transform(np.array([step[end]], dtype=np.float64))[0]) for end in ("low", "high")}
    lost = [end for end, value in ends.items() if np.isnan(value)]
    for end in lost:
        yield Problem(f"{path}/{end}", "outside_domain", "the transform is not defined here")
    if not lost:
        yield from _check_range(path, ends)


def _steps(data: Data, places: Iterable[Place]) -> Iterator[tuple[str, str, str | Data]]:
    """Yield every step of the document: its pointer, its place in the table of methods and itself."""
    for place in places:
        indicator = place.node.get("indicator", {})
        for where in NODE_STEPS & place.node.keys():
            yield f"{place.path}/{where}", where, place.node[where]
        for where in INDICATOR_STEPS & indicator.keys():
            yield f"{place.path}/indicator/{where}", where, indicator[where]
    for code, step in data.get("weights", {}).items():
        yield pointer("weights", code), "weights", step


NODE_STEPS: Final = {"aggregation", "missing"}
INDICATOR_STEPS: Final = {"rater_aggregation", "missing", "treatment", "transform", "normalisation"}


def _check_step(path: str, where: str, step: str | Data, data: Data) -> Iterator[Problem]:
    name = method_name(step)
    if lookup(where, name).relative and data.get("mode", "absolute") != "relative":
        yield Problem(path, "needs_relative_mode", f'{name} compares units: the document must say "mode": "relative"')
    further = FURTHER.get((where, name))
    if further and not isinstance(step, str):
        yield from further(path, step)


def _check_zero(path: str, step: Data) -> Iterator[Problem]:
    if step.get("zero") == "floor" and "floor" not in step:
        yield Problem(f"{path}/floor", "required", 'with "zero": "floor" a floor is needed')


FURTHER: Final[Mapping[tuple[str, str], Callable[[str, Data], Iterator[Problem]]]] = {
    ("aggregation", "geometric_mean"): _check_zero,
}
