"""The Technology Achievement Index case of the OECD/JRC Handbook: two sets of ranks and eight normalisations."""

from pathlib import Path
from typing import Any

import pytest

from resimate_engine import score
from resimate_engine.agreement import cronbach_alpha
from resimate_engine.document import parse
from resimate_engine.tests.documents import document, leaf, rows

pytestmark = pytest.mark.requirement("CMS-001", "CMS-002")
ROUNDED = 0.0051
NORMALISATIONS: dict[str, Any] = {
    "rank": "rank",
    "zscore": "z_score",
    "minmax": "min_max",
    "ratio_mean": {"method": "ratio_to_reference", "reference": "mean"},
    "ratio_best": {"method": "ratio_to_reference", "reference": "best"},
    "ratio_worst": {"method": "ratio_to_reference", "reference": "worst"},
    "above_below_20pct": {"method": "above_below_mean", "share": 0.2},
    "percentile": {"method": "percentile_rank", "variant": "min"},
}


def units(folder: Path) -> list[dict[str, Any]]:
    return [
        {"id": row["country"], "values": {name: float(cell) for name, cell in row.items() if name != "country"}}
        for row in rows(folder / "tai_raw.csv")
    ]


@pytest.mark.parametrize("column", ["EW", "BAP"])
def test_ranks_with_goalposts_are_the_published_ones(reference: Path, column: str) -> None:
    folder = reference / "tai_oecd_handbook"
    children = [
        leaf(
            row["indicator"],
            weight=float(row[f"w_{column}"]),
            normalisation={
                "method": "goalposts",
                "low": float(row["goalpost_low"]),
                "high": float(row["goalpost_high"]),
            },
        )
        for row in rows(folder / "tai_goalposts_weights.csv")
    ]

    results = score(parse(document(*children)), units(folder)).results

    expected = {row["country"]: int(row[f"rank_{column}"]) for row in rows(folder / "tai_expected_ranks.csv")}
    assert {result["id"]: result["rank"] for result in results} == expected


def test_plain_min_max_puts_norway_elsewhere(reference: Path) -> None:
    folder = reference / "tai_oecd_handbook"
    names = [row["indicator"] for row in rows(folder / "tai_goalposts_weights.csv")]
    data = document(*(leaf(name, normalisation="min_max") for name in names), mode="relative")

    ranks = {result["id"]: result["rank"] for result in score(parse(data), units(folder)).results}

    assert ranks["Norway"] == 4


@pytest.mark.parametrize(("column", "normalisation"), NORMALISATIONS.items(), ids=NORMALISATIONS.keys())
def test_normalisations_of_schooling_are_those_of_table_15(reference: Path, column: str, normalisation: Any) -> None:
    folder = reference / "tai_oecd_handbook"
    scale = {"low": 0, "high": 100} if column == "percentile" else {"low": 0, "high": 1}
    data = document(leaf("schooling", normalisation=normalisation), mode="relative", scale=scale)

    results = {result["id"]: result["score"] for result in score(parse(data), units(folder)).results}

    expected = {row["country"]: float(row[column]) for row in rows(folder / "table15_expected.csv")}
    assert results == pytest.approx(expected, abs=0.051 if column == "percentile" else ROUNDED, rel=0)


def test_cronbachs_alpha_is_that_of_table_11(reference: Path) -> None:
    folder = reference / "tai_oecd_handbook"
    table = rows(folder / "tai_raw.csv")
    items = {name: [float(row[name]) for row in table] for name in table[0] if name != "country"}

    assert cronbach_alpha(list(items.values())).standardised == pytest.approx(0.70, abs=0.005)
    for row in rows(folder / "table11_cronbach_expected.csv"):
        others = [item for name, item in items.items() if name != row["indicator"]]
        assert cronbach_alpha(others).standardised == pytest.approx(float(row["alpha_if_deleted"]), abs=0.0025)
