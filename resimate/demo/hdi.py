"""Tenant ``hdi``: published figures of 43 countries, whose scores equal the published index."""

import csv
from datetime import datetime
from pathlib import Path

from apps.models import services, starters
from apps.models.models import ResilienceModel

FIGURES = Path(__file__).with_name("hdi_2022.csv")
INPUTS = ("life_expectancy", "expected_schooling", "mean_schooling", "gni_per_capita")


def fill(now: datetime) -> None:
    if ResilienceModel.objects.exists():
        return
    version = services.import_document(starters.load("hdi"), acting_user=None, now=now)
    version = services.publish_version(version, acting_user=None, now=now)
    rows = list(csv.DictReader(FIGURES.open()))
    subjects = services.create_subjects(
        [{"code": row["iso3"], "name": row["country"], "kind": "country"} for row in rows], acting_user=None, now=now
    )
    assessments = services.create_assessments(
        [
            {
                "version": version,
                "subject": subject,
                "period": "2022",
                "values": {name: float(row[name]) for name in INPUTS},
            }
            for subject, row in zip(subjects, rows, strict=True)
        ],
        acting_user=None,
        now=now,
    )
    services.score_assessments(assessments, now=now)
