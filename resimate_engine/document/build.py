"""From the JSON values of a checked document to frozen dataclasses, defaults filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resimate_engine.canonical import EXACT, digest
from resimate_engine.model import (
    Band,
    Indicator,
    Model,
    Node,
    Option,
    Question,
    ResponseScale,
    Scale,
    Step,
)
from resimate_engine.registry import lookup

Data = Mapping[str, Any]
SIGNS = {"positive": 1, "negative": -1}


def build(data: Data) -> Model:
    """Return the model of a document that has passed all checks."""
    written, data = data, _doubles(data)
    scales = {code: _response_scale(code, scale) for code, scale in data.get("response_scales", {}).items()}
    return Model(
        code=data["code"],
        name=data["name"],
        description=data.get("description", {}),
        language=data.get("language", "en"),
        mode=data.get("mode", "absolute"),
        scale=Scale(float(data["scale"]["low"]), float(data["scale"]["high"])),
        bands=tuple(Band(float(band["from"]), band["code"], band.get("name", {})) for band in data.get("bands", [])),
        root=_node(data["root"], scales),
        response_scales=scales,
        weights={code: step("weights", given) for code, given in data.get("weights", {}).items()},
        sources=tuple(data.get("sources", [])),
        licence=data.get("licence", ""),
        digest=digest(written),
    )


def _doubles(value: Any) -> Any:
    """Whole numbers beyond those that every double holds become doubles, as NumPy takes no others."""
    if isinstance(value, Mapping):
        return {key: _doubles(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_doubles(below) for below in value]
    return float(value) if isinstance(value, int) and abs(value) > EXACT else value


def step(place: str, given: str | Data) -> Step:
    """Return a step from its bare name or from its method and parameters."""
    written = {"method": given} if isinstance(given, str) else given
    return Step(place, written["method"], lookup(place, written["method"]).bind(written))


def _node(data: Data, scales: Mapping[str, ResponseScale]) -> Node:
    indicator = data.get("indicator")
    missing = data.get("missing", "skip")
    return Node(
        code=data["code"],
        name=data.get("name", {}),
        description=data.get("description", {}),
        weight=float(data.get("weight", 1)),
        children=tuple(_node(_with_inherited(child, missing), scales) for child in data.get("children", [])),
        aggregation=step("aggregation", data["aggregation"]) if "aggregation" in data else None,
        indicator=_indicator(indicator, scales, missing) if indicator else None,
        missing=step("missing", missing),
        **_min_coverage(data.get("min_coverage", 0)),
        critical=data.get("critical", False),
        target=data.get("target"),
        effort=float(data.get("effort", 1)),
    )


def _min_coverage(given: float | Data) -> dict[str, Any]:
    """Return the share that has to be there, and whether it is of the indicators; a bare number is of the weights."""
    written = given if isinstance(given, Mapping) else {"share": given}
    return {"min_coverage": float(written["share"]), "counts_indicators": written.get("of") == "indicators"}


def _with_inherited(child: Data, missing: str | Data) -> Data:
    """A parent's "last observation" is for its indicators: only measured values have been observed before."""
    if step("missing", missing).name == "last_observation" and "indicator" in child:
        return {"missing": missing, **child}
    return child


def _indicator(data: Data, scales: Mapping[str, ResponseScale], missing: str | Data) -> Indicator:
    """A leaf's own ``missing`` stands in where its indicator does not say."""
    return Indicator(
        input=data.get("input"),
        unit=data.get("unit", ""),
        direction=SIGNS[data.get("direction", "positive")],
        questions=tuple(_question(question, scales) for question in data.get("questions", [])),
        rater_aggregation=step("rater_aggregation", data.get("rater_aggregation", "mean")),
        denominator=data.get("denominator"),
        missing=step("missing", data.get("missing", missing)),
        treatment=step("treatment", data.get("treatment", "none")),
        transform=step("transform", data.get("transform", "none")),
        normalisation=step("normalisation", data.get("normalisation", "none")),
    )


def _question(data: Data, scales: Mapping[str, ResponseScale]) -> Question:
    return Question(
        code=data["code"],
        text=data.get("text", {}),
        help=data.get("help", {}),
        scale=scales[data["scale"]],
        weight=float(data.get("weight", 1)),
        reverse=data.get("reverse", False),
        required=data.get("required", False),
    )


def _response_scale(code: str, data: Data) -> ResponseScale:
    return ResponseScale(
        code=code,
        kind=data["kind"],
        name=data.get("name", {}),
        options=tuple(_option(option) for option in data.get("options", [])),
        low=float(data.get("low", 0)),
        high=float(data.get("high", 1)),
        allow_not_applicable=data.get("allow_not_applicable", True),
        allow_dont_know=data.get("allow_dont_know", True),
    )


def _option(data: Data) -> Option:
    return Option(value=data["value"], name=data.get("name", {}), points=float(data.get("points", 1)))
