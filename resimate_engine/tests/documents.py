"""Small model documents to calculate with."""

import csv
from pathlib import Path
from typing import Any

from resimate_engine import score
from resimate_engine.document import parse

LIKERT = {"kind": "ordinal", "options": [{"value": value} for value in (1, 2, 3, 4, 5)]}


def leaf(code: str, *, weight: float = 1, node: dict[str, Any] | None = None, **indicator: Any) -> dict[str, Any]:
    """Return an indicator that reads the input of its own code."""
    return {"code": code, "weight": weight, **(node or {}), "indicator": {"input": code, **indicator}}


def asked(code: str, *questions: str, node: dict[str, Any] | None = None, **indicator: Any) -> dict[str, Any]:
    """Return an indicator with questions on a scale of 1 to 5."""
    items = [{"code": question, "scale": "likert5"} for question in questions]
    return {"code": code, **(node or {}), "indicator": {"questions": items, **indicator}}


def branch(code: str, *children: dict[str, Any], aggregation: Any = "arithmetic_mean", **node: Any) -> dict[str, Any]:
    return {"code": code, "aggregation": aggregation, "children": list(children), **node}


def document(*children: dict[str, Any], root: dict[str, Any] | None = None, **top: Any) -> dict[str, Any]:
    """Return a document on the scale 0 to 100 whose root is the mean of ``children``."""
    return {
        "schema": "resimate.model/1",
        "code": "test",
        "name": {"en": "Test"},
        "mode": "absolute",
        "scale": {"low": 0, "high": 100},
        "response_scales": {"likert5": LIKERT},
        "root": {**branch("root", *children), **(root or {})},
        **top,
    }


def unit(name: str = "u", /, **values: Any) -> dict[str, Any]:
    return {"id": name, "values": values}


def answered(*answers: dict[str, Any], groups: tuple[str | None, ...] = ()) -> dict[str, Any]:
    """Return a unit with one response for each of ``answers``."""
    who = groups or (None,) * len(answers)
    responses = [
        {"rater": f"r{position}", "group": group, "answers": given}
        for position, (given, group) in enumerate(zip(answers, who, strict=True))
    ]
    return {"id": "u", "responses": responses}


def results(data: dict[str, Any], *units: dict[str, Any], include: tuple[str, ...] = ("nodes",)) -> list[Any]:
    """Return the results of scoring units by a document."""
    return score(parse(data), list(units), {"include": list(include)}).results


def values(data: dict[str, Any], code: str, *units: dict[str, Any]) -> list[float | None]:
    """Return one node's values over units."""
    return [result["nodes"][code]["value"] for result in results(data, *units)]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))
