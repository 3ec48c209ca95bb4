"""Small relative models, and units to compare with."""

from typing import Any

from apps.models.tests.conftest import SURVEY

MEASURED: dict[str, Any] = {
    "schema": "resimate.model/1",
    "code": "rel",
    "name": {"en": "Relative"},
    "mode": "relative",
    "scale": {"low": 0, "high": 1},
    "root": {"code": "x", "indicator": {"input": "x", "normalisation": "min_max"}},
}
ASKED: dict[str, Any] = {
    **{key: SURVEY[key] for key in ("schema", "scale", "response_scales")},
    "code": "asked",
    "name": {"en": "Asked"},
    "mode": "relative",
    "root": {
        "code": "n",
        "indicator": {
            "questions": [{"code": "N1", "scale": "likert5"}, {"code": "N2", "scale": "likert5"}],
            "normalisation": "percentile_rank",
        },
    },
}
LOW_AND_HIGH = [{"id": "low", "values": {"x": 0}}, {"id": "high", "values": {"x": 10}}]
RANKING = {
    **MEASURED,
    "code": "ranking",
    "root": {"code": "all", "aggregation": "copeland", "children": [{"code": "x", "indicator": {"input": "x"}}]},
}
