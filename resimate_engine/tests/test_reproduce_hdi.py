"""The Human Development Index 2022 by the starter model, against UNDP's published figures."""

import json
from pathlib import Path

import pytest

from resimate_engine import score
from resimate_engine.document import parse
from resimate_engine.tests.conftest import ROOT
from resimate_engine.tests.documents import rows

pytestmark = pytest.mark.requirement("CMS-001", "CMS-002")
COLUMNS = {"life_expectancy": "le", "expected_schooling": "eys", "mean_schooling": "mys", "gni_per_capita": "gnipc"}
PUBLISHED = 0.00051  # three decimals


def test_every_country_scores_as_published(reference: Path) -> None:
    model = parse(json.loads((ROOT / "apps/models/starters/hdi.json").read_text()))
    countries = rows(reference / "undp_hdi_2022" / "hdi_2022.csv")
    units = [
        {"id": country["iso3"], "values": {name: float(country[column]) for name, column in COLUMNS.items()}}
        for country in countries
    ]

    scores = {result["id"]: result["score"] for result in score(model, units).results}

    assert len(scores) == 193
    for country in countries:
        assert scores[country["iso3"]] == pytest.approx(float(country["hdi"]), abs=PUBLISHED)


def test_switzerland_leads_with_0_967():
    model = parse(json.loads((ROOT / "apps/models/starters/hdi.json").read_text()))
    values = {"life_expectancy": 84.255, "expected_schooling": 16.6, "mean_schooling": 13.9, "gni_per_capita": 69432.79}

    [result] = score(model, [{"id": "CHE", "values": values}]).results

    assert result["score"] == pytest.approx(0.967, abs=PUBLISHED)
    assert result["band"] == "very_high"
