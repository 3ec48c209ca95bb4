"""The WorldRiskIndex 2011 to 2021 by formula and by product, against the published figures."""

from pathlib import Path
from typing import Any

import pytest

from resimate_engine import score
from resimate_engine.document import parse
from resimate_engine.tests.documents import branch, document, leaf, rows

pytestmark = pytest.mark.requirement("CMS-001", "CMS-002")
INPUTS = ("exposure", "susceptibility", "lack_coping", "lack_adaptive")
PUBLISHED = 0.0101  # inputs and outputs are rounded to two decimals

VULNERABILITY = branch(
    "vulnerability",
    *(leaf(code) for code in INPUTS[1:]),
    aggregation={"method": "formula", "expression": "(susceptibility + lack_coping + lack_adaptive) / 3"},
)
BY_FORMULA = {"method": "formula", "expression": "exposure * vulnerability / 100"}


def scored(reference: Path, data: dict[str, Any]) -> list[tuple[dict[str, str], Any]]:
    published = rows(reference / "worldrisk_2011_2021" / "worldrisk.csv")
    units = [
        {"id": f"{row['region']} {row['year']}", "values": {name: float(row[name]) for name in INPUTS}}
        for row in published
    ]
    return list(zip(published, score(parse(data), units).results, strict=True))


def test_every_row_by_formula(reference: Path) -> None:
    pairs = scored(reference, document(leaf("exposure"), VULNERABILITY, root={"aggregation": BY_FORMULA}))

    assert len(pairs) == 1916
    for row, result in pairs:
        assert result["score"] == pytest.approx(float(row["wri"]), abs=PUBLISHED)
        assert result["nodes"]["vulnerability"]["value"] == pytest.approx(float(row["vulnerability"]), abs=PUBLISHED)


def test_every_row_by_product(reference: Path) -> None:
    pairs = scored(reference, document(leaf("exposure"), VULNERABILITY, root={"aggregation": "product"}))

    for row, result in pairs:
        assert result["score"] / 100 == pytest.approx(float(row["wri"]), abs=PUBLISHED)
