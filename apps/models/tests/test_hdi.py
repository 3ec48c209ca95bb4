"""The published Human Development Index of 2022 comes out, by both ways of the API (tolerance 0.00051)."""

import csv
from typing import Any

import pytest

from apps.accounts.models import User
from apps.models import services
from apps.models.models import ModelVersion
from apps.models.tests.conftest import REFERENCE, Api

FILE = REFERENCE / "undp_hdi_2022" / "hdi_2022.csv"
TOLERANCE = 0.00051

pytestmark = [
    pytest.mark.requirement("CMS-001", "CMS-002"),
    pytest.mark.skipif(not FILE.exists(), reason=f"the reference data are not here: {FILE}"),
]


@pytest.fixture
def countries() -> list[dict[str, str]]:
    with FILE.open(newline="") as file:
        return list(csv.DictReader(file))


def _values(document: dict[str, Any], row: dict[str, str]) -> dict[str, float]:
    """Our inputs are named in words, the file's columns in short."""
    column = {"life_expectancy": "le", "gni_per_capita": "gnipc"}
    names = _inputs(document["root"])
    short = {name: column.get(name) or ("eys" if "expected" in name else "mys") for name in names}
    return {name: float(row[short[name]]) for name in names}


def _inputs(node: dict[str, Any]) -> list[str]:
    if "indicator" in node:
        return [node["indicator"]["input"]]
    return [name for child in node["children"] for name in _inputs(child)]


def test_by_a_calculation(api: Api, hdi: dict[str, Any], countries: list[dict[str, str]]) -> None:
    units = [{"id": row["iso3"], "values": _values(hdi, row)} for row in countries]

    answer = api.post("calculations/", {"model": hdi, "units": units})

    published = {row["iso3"]: float(row["hdi"]) for row in countries}
    scores = {one["id"]: one["score"] for one in answer.json()["results"]}
    assert len(scores) == 193
    assert [code for code in published if abs(scores[code] - published[code]) > TOLERANCE] == []


@pytest.mark.thorough
def test_by_stored_assessments(
    api: Api, ada: User, now: Any, publish: Any, hdi: dict[str, Any], countries: list[dict[str, str]]
) -> None:
    version: ModelVersion = publish(hdi)
    subjects = api.post("subjects/", [{"code": row["iso3"], "name": row["country"]} for row in countries]).json()
    rows = [
        {"version": str(version.pk), "subject": subject["id"], "period": "2022", "values": _values(hdi, row)}
        for subject, row in zip(subjects, countries, strict=True)
    ]
    made = api.post("assessments/", rows)
    assert made.status_code == 201

    for assessment in version.assessments.all():
        services.score_assessment(assessment, now=now, requested_by=ada.pk)

    shown: list[dict[str, Any]] = api.get(f"assessments/?version={version.pk}&page_size=200").json()["results"]
    scores = {one["subject"]: one["score"] for one in shown}
    off = [
        row["iso3"]
        for subject, row in zip(subjects, countries, strict=True)
        if abs(scores[subject["id"]] - float(row["hdi"])) > TOLERANCE
    ]
    assert (len(scores), off) == (193, [])
