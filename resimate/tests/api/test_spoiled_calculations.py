"""Good requests, spoiled in one place at a time: the answer is a result or says what is wrong, and where."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from apps.configuration import services as configuration
from apps.models.tests.conftest import STARTERS, Api
from resimate.tests.database import THOROUGH

pytestmark = pytest.mark.requirement("CMS-001", "CMS-002")

SHARE = 0.25 if THOROUGH else 0.04
SPOILERS: tuple[Any, ...] = (
    *(None, True, "", "x", "not_applicable", "9" * 400, "\x01", [], [[]], [None], {}, {"x": 1}, {"": ""}),
    *(0, -0.0, -1, 0.5, 7, 1e-320, 1e100, 1e308, -1e308, 2**53 + 1, 2**63, 2**64 - 1, 10**30),
)
POSTS = {"method": "goalposts", "low": 0, "high": 10}
MODEL: dict[str, Any] = {
    "schema": "resimate.model/1",
    "code": "all",
    "name": {"en": "All"},
    "mode": "relative",
    "scale": {"low": 0, "high": 1},
    "bands": [{"from": 0, "code": "low"}, {"from": 0.5, "code": "high", "name": {"en": "High"}}],
    "root": {
        "code": "top",
        "aggregation": {"method": "owa", "weights": [0.5, 0.3, 0.2]},
        "min_coverage": 0.1,
        "children": [
            {
                "code": "sum",
                "weight": 2,
                "aggregation": {"method": "formula", "expression": "2 * (a - b / 3) ** 2"},
                "children": [
                    {"code": "a", "indicator": {"input": "a", "normalisation": POSTS, "denominator": "d"}},
                    {"code": "b", "indicator": {"input": "b", "transform": "ln", "normalisation": "min_max"}},
                ],
            },
            {
                "code": "mean",
                "aggregation": {"method": "geometric_mean", "zero": "floor", "floor": 0.01},
                "children": [
                    {
                        "code": "c",
                        "indicator": {
                            "input": "c",
                            "treatment": {"method": "winsorise", "max_points": 2},
                            "missing": {"method": "constant", "value": 3},
                            "normalisation": {"method": "value_function", "points": [[0, 0], [5, 0.4], [10, 1]]},
                        },
                    },
                    {
                        "code": "e",
                        "indicator": {
                            "input": "e",
                            "direction": "negative",
                            "normalisation": {"method": "categorical", "breaks": [2, 4], "values": [0, 0.5, 1]},
                        },
                    },
                ],
            },
            {"code": "f", "weight": 0.5, "indicator": {"input": "a", "normalisation": "percentile_rank"}},
        ],
    },
}
UNITS = [{"id": f"u{n}", "group": "g", "values": {"a": n, "b": n + 1, "c": 2 * n, "d": 3, "e": 5}} for n in range(4)]
SURVEYED = {
    "id": "s",
    "responses": [
        {"rater": "r1", "group": "staff", "answers": {"L1": 4, "L2": "dont_know", "N1": 2}},
        {"rater": "r2", "answers": {"L1": 5, "L2": 1, "N1": "not_applicable"}},
    ],
}
SMALL = {
    "weights/": [
        {"method": "ahp", "matrices": [[[1, 3], [1 / 3, 1]]]},
        {"method": "entropy", "data": [[1, 2], [3, 1], [2, 2]], "directions": [1, -1]},
        {"method": "critic", "data": [[1, 2], [3, 1], [2, 2]], "directions": [1, -1]},
        {"method": "pca", "data": [[1, 2], [3, 1], [2, 2.5]]},
        {"method": "budget_allocation", "allocations": [[60, 40], [50, 50]]},
        {"method": "rank_order_centroid", "ranks": [1, 2]},
    ],
    "agreement/": [
        {"measure": "krippendorff_alpha", "level": "ratio", "ratings": [[1, 2, None], [1, 3, 2]]},
        {"measure": "icc", "form": "2_k", "ratings": [[1, 2, 3], [1, 3, 2]]},
        {"measure": "fleiss_kappa", "counts": [[2, 1], [0, 3]]},
        {"measure": "kendall_w", "ratings": [[1, 2, 3], [1, 3, 2]]},
        {"measure": "r_wg", "options": 5, "ratings": [[1, 2, 3], [1, 3, 2]]},
        {"measure": "cronbach_alpha", "ratings": [[1, 2, 3], [1, 3, 2]]},
    ],
}


@pytest.fixture(autouse=True)
def _no_limits(api: Api) -> None:
    """So many requests as are made here nobody may make in an hour."""
    for group in ("calculations", "models"):
        configuration.change(f"api.rate.{group}", 10**8, now=timezone.now())
    configuration.forget()


def _spoiled(body: Any, share: float) -> Iterator[tuple[str, Any]]:
    """Each place of the body with each value that may not belong there; a sample that is the same every time."""
    chance = random.Random(7)
    for place in _places(body, ()):
        for spoiler in SPOILERS:
            if chance.random() < share:
                yield f"{place} = {spoiler!r}"[:200], _with(body, place, spoiler)


def _places(data: Any, place: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if place:
        yield place
    if isinstance(data, dict | list):
        for step, below in data.items() if isinstance(data, dict) else enumerate(data):
            yield from _places(below, (*place, step))


def _with(body: Any, place: tuple[Any, ...], value: Any) -> Any:
    spoiled = copy.deepcopy(body)
    target = spoiled
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    return spoiled


def _faults(api: Api, path: str, body: Any, good: tuple[int, ...] = (200,), share: float = SHARE) -> dict[str, str]:
    """What was neither answered nor refused with pointers that lead into what was sent."""
    found = {}
    for name, spoiled in _spoiled(body, share):
        answer = api.post(path, spoiled)
        if answer.status_code in good:
            continue
        errors = answer.json().get("errors", []) if answer.status_code == 422 else []
        if not errors or not all(_leads(spoiled, one["pointer"]) for one in errors):
            found[name] = f"{answer.status_code} {answer.content[:300]!r}"
    return found


def _leads(data: Any, pointer: str) -> bool:
    """Whether all steps of the pointer but the last, which may name what is missing, are there."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    for step in steps[:-1]:
        if isinstance(data, dict) and step in data:
            data = data[step]
        elif isinstance(data, list) and step.isdigit() and int(step) < len(data):
            data = data[int(step)]
        else:
            return False
    return True


@pytest.mark.parametrize("path", ["calculations/", "calculations/explain/"])
def test_measured_units(api: Api, path: str) -> None:
    body = {"model": MODEL, "units": UNITS, "options": {"include": ["nodes", "normalised"], "reference": UNITS[:2]}}
    if "explain" in path:
        body["unit"] = "u1"
    assert api.post(path, body).status_code == 200

    assert _faults(api, path, body) == {}


def test_units_that_answer_questions(api: Api, survey: dict[str, Any]) -> None:
    body = {"model": survey, "units": [SURVEYED]}
    assert api.post("calculations/", body).status_code == 200

    assert _faults(api, "calculations/", body) == {}


@pytest.mark.parametrize(("path", "body"), [(path, body) for path, bodies in SMALL.items() for body in bodies])
def test_weights_and_agreement(api: Api, path: str, body: dict[str, Any]) -> None:
    assert api.post(f"calculations/{path}", body).status_code == 200

    assert _faults(api, f"calculations/{path}", body) == {}


@pytest.mark.parametrize("starter", sorted(path.name for path in STARTERS.glob("*.json"))[:3])
def test_documents_to_keep(api: Api, starter: str) -> None:
    document = json.loads((STARTERS / starter).read_text())
    document["root"]["children"] = document["root"]["children"][:2]
    if "bands" in document:
        document["bands"] = document["bands"][:2]
    good = api.post("models/", document)

    assert _faults(api, "models/", document, good=(201,), share=SHARE / 5) == {}
    assert good.status_code in (201, 422)


@pytest.mark.parametrize(
    "expression",
    [
        *("", "(", ")", "a +", "a ** b ** a ** 9", "a // b", "__import__('os')", "a.b", "a[0]", "lambda: a", "1e400"),
        *(
            "a" * 10_000,
            "(" * 5000 + "a" + ")" * 5000,
            "-" * 5000 + "a",
            "+".join(["a"] * 5000),
            "9" * 5000,
            "\uff41",
            "\x01",
        ),
        *(
            "a ** 1e300",
            "exp(exp(exp(a + 9)))",
            "ln(0 * a)",
            "a / (b - b)",
            "sqrt(-1 - a)",
            "min()",
            "max(a)",
            "top",
            "x",
        ),
    ],
)
def test_formulas(api: Api, expression: str) -> None:
    model = copy.deepcopy(MODEL)
    model["root"]["children"][0]["aggregation"]["expression"] = expression

    answer = api.post("calculations/", {"model": model, "units": UNITS})

    assert answer.status_code in (200, 422)
    place = "/model/root/children/0/aggregation/expression"
    assert {one["pointer"] for one in answer.json().get("errors", [])} <= {place}
