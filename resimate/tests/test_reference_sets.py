"""Published results come out of the public API: every cell, each set within the tolerance of its source.

The sets stand beside the project, not in it; without them these tests are skipped.
"""

import csv
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from apps.models.tests.conftest import REFERENCE, STARTERS, Api, ada, api, api_of, make_user

__all__ = ["ada", "api", "api_of", "make_user"]  # fixtures

pytestmark = [
    pytest.mark.requirement("CMS-002"),
    pytest.mark.skipif(not REFERENCE.is_dir(), reason=f"the reference sets are not here: {REFERENCE}"),
]

ASEM = REFERENCE / "asem_coinr"
ASEM_STAGES = {
    "denominated": "exp_1_denominated",
    "imputed": "exp_2_imputed",
    "treated": "exp_3_treated",
    "normalised": "exp_4_normalised",
}
TAI = REFERENCE / "tai_oecd_handbook"
TABLE_15: dict[str, Any] = {
    "rank": "rank",
    "zscore": "z_score",
    "minmax": "min_max",
    "ratio_mean": {"method": "ratio_to_reference", "reference": "mean"},
    "ratio_best": {"method": "ratio_to_reference", "reference": "best"},
    "ratio_worst": {"method": "ratio_to_reference", "reference": "worst"},
    "above_below_20pct": {"method": "above_below_mean", "share": 0.2},
    "percentile": {"method": "percentile_rank", "variant": "min"},
}
RISK_INPUTS = ("exposure", "susceptibility", "lack_coping", "lack_adaptive")


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def number(cell: str) -> float | None:
    return None if cell in ("", "NA") else float(cell)


def leaf(code: str, weight: float = 1.0, **indicator: Any) -> dict[str, Any]:
    return {"code": code, "weight": weight, "indicator": {"input": code, "normalisation": "none", **indicator}}


def model_of(root: dict[str, Any], *, mode: str = "absolute", high: float = 1.0) -> dict[str, Any]:
    return {
        "schema": "resimate.model/1",
        "code": "reference",
        "name": {"en": "Reference"},
        "mode": mode,
        "scale": {"low": 0, "high": high},
        "root": root,
    }


def branch(code: str, *children: Any, by: Any = "arithmetic_mean") -> dict[str, Any]:
    return {"code": code, "aggregation": by, "children": list(children)}


def calculated(api: Api, model: Any, units: Any, **options: Any) -> dict[str, Any]:
    """What the API says of each unit, by its id."""
    answer = api.post("calculations/", {"model": model, "units": units, "options": options})
    assert answer.status_code == 200, answer.content[:500]
    assert answer.json()["warnings"] == []
    return {one["id"]: one for one in answer.json()["results"]}


def asked(api: Api, path: str, body: Any) -> dict[str, Any]:
    answer = api.post(f"calculations/{path}/", body)
    assert answer.status_code == 200, answer.content[:500]
    found: dict[str, Any] = answer.json()
    return found


def largest(pairs: Iterable[tuple[float | None, float | None]], *, count: int) -> float:
    """The largest difference of so many cells; one that is empty on one side alone is infinitely wrong."""
    errors = [_difference(*pair) for pair in pairs]
    assert len(errors) == count
    return max(errors)


def _difference(found: float | None, expected: float | None) -> float:
    if found is None or expected is None:
        return 0.0 if found is expected else math.inf
    return abs(found - expected)


def asem_node(meta: list[dict[str, str]], row: dict[str, str]) -> dict[str, Any]:
    """A node of the index with all below it, from COINr's table of indicators."""
    code, weight = row["iCode"], float(row["Weight"])
    if row["Type"] == "Aggregate":
        children = [asem_node(meta, child) for child in meta if child["Parent"] == code]
        return {**branch(code, *children), "weight": weight}
    denominator = {"denominator": row["Denominator"]} if row["Denominator"] not in ("", "NA") else {}
    return leaf(
        code,
        weight,
        direction="positive" if row["Direction"] == "1" else "negative",
        missing="group_mean",
        treatment="winsorise",
        normalisation="min_max",
        **denominator,
    )


@pytest.fixture
def asem(api: Api) -> dict[str, Any]:
    meta = [row for row in table(ASEM / "meta_imeta.csv") if row["Type"] in ("Indicator", "Aggregate")]
    [root] = [row for row in meta if row["Parent"] in ("", "NA")]
    names = [row["iCode"] for row in meta if row["Type"] == "Indicator"]
    names += sorted({row["Denominator"] for row in meta} - {"", "NA"})
    units = [
        {"id": row["uCode"], "group": row["EurAsia_group"], "values": {name: number(row[name]) for name in names}}
        for row in table(ASEM / "raw_idata.csv")
    ]
    model = model_of(asem_node(meta, root), mode="relative", high=100)
    return calculated(api, model, units, include=["nodes", *ASEM_STAGES])


def test_asem_comes_out_in_every_stage_as_coinr_has_it(asem: dict[str, Any]) -> None:
    errors = {}
    for stage, file in ASEM_STAGES.items():
        cells = [
            (asem[row["uCode"]][stage][code], number(cell))
            for row in table(ASEM / f"{file}.csv")
            for code, cell in row.items()
            if code != "uCode" and code in asem["AUT"]["normalised"]
        ]
        errors[stage] = largest(cells, count=51 * 49)

    cells = [
        (asem[row["uCode"]]["nodes"][code]["value"], number(cell))
        for row in table(ASEM / "exp_5_aggregated.csv")
        for code, cell in row.items()
        if code in asem["AUT"]["nodes"]
    ]
    errors["aggregated"] = largest(cells, count=51 * (49 + 11))

    assert {stage: error for stage, error in errors.items() if error > 1e-9} == {}


def test_the_human_development_index_of_193_countries(api: Api) -> None:
    inputs = {"life_expectancy": "le", "expected_schooling": "eys", "mean_schooling": "mys", "gni_per_capita": "gnipc"}
    countries = table(REFERENCE / "undp_hdi_2022" / "hdi_2022.csv")
    units = [
        {"id": row["iso3"], "values": {name: float(row[column]) for name, column in inputs.items()}}
        for row in countries
    ]

    found = calculated(api, json.loads((STARTERS / "hdi.json").read_text()), units)

    assert largest(((found[row["iso3"]]["score"], float(row["hdi"])) for row in countries), count=193) <= 0.00051


def test_the_world_risk_index_of_1916_rows(api: Api) -> None:
    vulnerability = branch(
        "vulnerability",
        *(leaf(name) for name in RISK_INPUTS[1:]),
        by={"method": "formula", "expression": "(susceptibility + lack_coping + lack_adaptive) / 3"},
    )
    risk = {"method": "formula", "expression": "exposure * vulnerability / 100"}
    published = {
        f"{row['region']} {row['year']}": row for row in table(REFERENCE / "worldrisk_2011_2021" / "worldrisk.csv")
    }
    units = [
        {"id": name, "values": {column: float(row[column]) for column in RISK_INPUTS}}
        for name, row in published.items()
    ]

    found = calculated(api, model_of(branch("wri", leaf("exposure"), vulnerability, by=risk), high=100), units)

    for name, value in {
        "vulnerability": lambda one: one["nodes"]["vulnerability"]["value"],
        "wri": lambda one: one["score"],
    }.items():
        cells = ((value(found[unit]), float(row[name])) for unit, row in published.items())
        assert largest(cells, count=1916) <= 0.0101


def tai_units() -> list[dict[str, Any]]:
    return [
        {"id": row["country"], "values": {name: float(cell) for name, cell in row.items() if name != "country"}}
        for row in table(TAI / "tai_raw.csv")
    ]


@pytest.mark.parametrize("column", ["EW", "BAP"])
def test_the_technology_achievement_index_ranks_23_countries(api: Api, column: str) -> None:
    children = [
        leaf(
            row["indicator"],
            float(row[f"w_{column}"]),
            normalisation={
                "method": "goalposts",
                "low": float(row["goalpost_low"]),
                "high": float(row["goalpost_high"]),
            },
        )
        for row in table(TAI / "tai_goalposts_weights.csv")
    ]

    found = calculated(api, model_of(branch("tai", *children)), tai_units())

    ranks = (
        (found[row["country"]]["rank"], int(row[f"rank_{column}"])) for row in table(TAI / "tai_expected_ranks.csv")
    )
    assert largest(ranks, count=23) == 0


def test_the_eight_normalisations_of_table_15(api: Api) -> None:
    units = [{**one, "values": {"schooling": one["values"]["schooling"]}} for one in tai_units()]
    expected = table(TAI / "table15_expected.csv")

    for column, normalisation in TABLE_15.items():
        percents = column == "percentile"
        root = leaf("schooling", normalisation=normalisation)
        found = calculated(api, model_of(root, mode="relative", high=100 if percents else 1), units)
        cells = ((found[row["country"]]["score"], float(row[column])) for row in expected)
        assert largest(cells, count=23) <= (0.051 if percents else 0.0051), column


def test_krippendorffs_alpha_at_four_levels(api: Api) -> None:
    folder = REFERENCE / "krippendorff_2011"
    expected = json.loads((folder / "expected.json").read_text())
    ratings = [[number(cell) for cell in list(row.values())[1:]] for row in table(folder / "ratings.csv")]

    found = {
        level: asked(api, "agreement", {"measure": "krippendorff_alpha", "level": level, "ratings": ratings})["value"]
        for level in expected["full"]
    }

    assert largest(((found[level], expected["full"][level]) for level in found), count=4) <= 1e-6
    assert largest(((found[level], expected[level]) for level in found), count=4) <= 0.0005


@pytest.mark.parametrize(("case", "warned"), [("house", ["inconsistent"]), ("drink", [])])
def test_saatys_comparisons_are_weighed(api: Api, case: str, warned: list[str]) -> None:
    folder = REFERENCE / "saaty_ahp"
    expected = json.loads((folder / "expected.json").read_text())[case]
    with (folder / f"{case}.csv").open(newline="") as file:
        matrix = [[float(cell) for cell in row] for row in csv.reader(file)]

    found = asked(api, "weights", {"method": "ahp", "matrices": [matrix]})

    weights = zip(found["weights"], expected["weights"], strict=True)
    assert largest(weights, count=len(matrix)) <= 0.0005
    published = {"lambda_max": "lambda_max", "index": "CI", "ratio": "CR"}
    consistency = [(found["consistency"][name], expected[key]) for name, key in published.items() if key in expected]
    assert largest(consistency, count=len(expected) - 1) <= 0.00051
    assert [warning["code"] for warning in found["warnings"]] == warned


@pytest.mark.parametrize(
    ("case", "method", "tolerance"),
    [("entropy", "entropy", 1e-6), ("critic", "critic", 6e-4), ("std", "standard_deviation", 0.0051)],
)
def test_weights_come_from_data_as_published(api: Api, case: str, method: str, tolerance: float) -> None:
    published = json.loads((REFERENCE / "mcdm_weights" / "cases.json").read_text())[case]

    found = asked(api, "weights", {"method": method, "data": published["matrix"]})

    pairs = zip(found["weights"], published["weights"], strict=True)
    assert largest(pairs, count=len(published["weights"])) <= tolerance
