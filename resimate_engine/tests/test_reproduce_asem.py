"""The ASEM Sustainable Connectivity Index: 51 countries by 49 indicators, in five stages, as COINr gives them."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from resimate_engine import score
from resimate_engine.document import parse
from resimate_engine.tests.documents import rows
from resimate_engine.treatment import shape

pytestmark = pytest.mark.requirement("CMS-001", "CMS-002")
EXACT = 1e-9
STAGES = {
    "denominated": "exp_1_denominated",
    "imputed": "exp_2_imputed",
    "treated": "exp_3_treated",
    "normalised": "exp_4_normalised",
}
DENOMINATORS = ("Area", "Energy", "GDP", "Population")


def number(cell: str) -> float | None:
    return float(cell) if cell not in ("", "NA") else None


def asem_document(folder: Path) -> dict[str, Any]:
    """Return the index as a model document, from COINr's table of indicators."""
    meta = [row for row in rows(folder / "meta_imeta.csv") if row["Type"] in ("Indicator", "Aggregate")]

    def node(row: dict[str, str]) -> dict[str, Any]:
        head = {"code": row["iCode"], "weight": float(row["Weight"])}
        if row["Type"] == "Indicator":
            by = {"denominator": row["Denominator"]} if row["Denominator"] not in ("", "NA") else {}
            direction = "positive" if row["Direction"] == "1" else "negative"
            return {
                **head,
                "indicator": {
                    "input": row["iCode"],
                    "direction": direction,
                    "missing": "group_mean",
                    "treatment": "winsorise",
                    "normalisation": "min_max",
                    **by,
                },
            }
        children = [node(child) for child in meta if child["Parent"] == row["iCode"]]
        return {**head, "aggregation": "arithmetic_mean", "children": children}

    [root] = [row for row in meta if row["Parent"] in ("", "NA")]
    return {
        "schema": "resimate.model/1",
        "code": "asem",
        "name": {"en": "ASEM"},
        "mode": "relative",
        "scale": {"low": 0, "high": 100},
        "root": node(root),
    }


def near(found: dict[str, float | None], expected: dict[str, float | None]) -> bool:
    """Whether every expected cell is there within the tolerance, and empty where it should be."""
    return all(
        found[code] is None if cell is None else abs((found[code] or 0.0) - cell) <= EXACT
        for code, cell in expected.items()
    )


def asem_units(folder: Path) -> list[dict[str, Any]]:
    """Return the countries with what was measured of them."""
    names = [item.name for item in parse(asem_document(folder)).inputs]
    return [
        {"id": row["uCode"], "group": row["EurAsia_group"], "values": {name: number(row[name]) for name in names}}
        for row in rows(folder / "raw_idata.csv")
    ]


@cache
def calculated(folder: Path) -> dict[str, Any]:
    found = score(parse(asem_document(folder)), asem_units(folder), {"include": ["nodes", *STAGES]})
    return {result["id"]: result for result in found.results}


@pytest.mark.parametrize(("stage", "file"), STAGES.items(), ids=STAGES.keys())
def test_every_cell_of_a_stage_is_reproduced(reference: Path, stage: str, file: str) -> None:
    results = calculated(reference / "asem_coinr")
    expected = rows(reference / "asem_coinr" / f"{file}.csv")

    assert len(expected) == 51
    for row in expected:
        cells = {code: number(cell) for code, cell in row.items() if code in results[row["uCode"]][stage]}
        assert len(cells) == 49
        assert near(results[row["uCode"]][stage], cells)


def test_every_step_of_the_treatment_is_reproduced(reference: Path) -> None:
    results = calculated(reference / "asem_coinr").values()
    details = rows(reference / "asem_coinr" / "exp_3_treat_details.csv")

    assert len(details) == 49
    for row in details:
        columns = ([result[stage][row["iCode"]] for result in results] for stage in ("imputed", "treated"))
        before, after = ([value for value in column if value is not None] for column in columns)
        pulled_in = sum(one != other for one, other in zip(before, after, strict=True))
        shapes = [shape(before), shape(after)] if pulled_in else [shape(before)]
        assert pulled_in == (number(row["winsorise.nwin"]) or 0)
        for at, found in enumerate(shapes):
            assert found.passes(2, 3.5) == (row[f"check_SkewKurt{at}.Pass"] == "TRUE")
            assert found.skew == pytest.approx(number(row[f"check_SkewKurt{at}.Skew"]), rel=EXACT)
            assert found.kurtosis == pytest.approx(number(row[f"check_SkewKurt{at}.Kurt"]), rel=EXACT)


def test_every_aggregate_is_reproduced(reference: Path) -> None:
    results = calculated(reference / "asem_coinr")
    expected = rows(reference / "asem_coinr" / "exp_5_aggregated.csv")

    for row in expected:
        nodes = results[row["uCode"]]["nodes"]
        cells = {code: number(cell) for code, cell in row.items() if code in nodes}
        assert len(cells) == 49 + 11
        assert near({code: node["value"] for code, node in nodes.items()}, cells)


def test_switzerland_leads_as_published(reference: Path) -> None:
    results = calculated(reference / "asem_coinr")

    assert results["CHE"]["rank"] == 1
    assert round(results["CHE"]["score"], 2) == 68.38
