"""Whoever has the files of the database, its backups or Redis, and no key, reads neither answers nor names there."""

import struct
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django_tenants.utils import schema_context

from apps.campaigns import services
from apps.campaigns.models import Campaign
from apps.campaigns.services import Contact
from apps.campaigns.tests.story import BO, HOST, Clock, deliver_everything, part_of, path_of
from apps.core import jobs
from apps.core.tests.dumps import dumped, in_redis, spellings
from apps.models.models import AnswerSheet, ScoreRun

pytestmark = pytest.mark.requirement("SEC-DATA-001", "CMS-001", "COMP-001")
PEOPLE = [Contact(f"Zwetschge {one}", f"quitte{one}@obst.example") for one in range(6)]


def measured_and_asked(campaign: Campaign, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    """A value that came by hand; a job that has ended, and one that has not."""
    assert campaign.assessment is not None
    campaign.assessment.values = {"x": "Holunder"}
    campaign.assessment.save(update_fields=["values"])
    monkeypatch.setitem(jobs._runners, "test", lambda job, _: {"Berberitze": job.parameters})
    for _ in range(2):
        job = jobs.enqueue("test", {"said": "Schlehe"}, requested_by=uuid4(), now=clock.moment)
    jobs._run_by_id(job.pk)


@pytest.fixture
def secrets(campaign: Campaign, staff: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A campaign from its opening to its results: what people typed, and who they are."""
    services.add_stakeholders(campaign, PEOPLE, acting_user=None, now=clock.moment)
    deliver_everything(clock)
    for number, person in enumerate([*PEOPLE, BO]):
        browser, path = Client(headers=HOST), path_of(part_of(campaign, person))
        page = {"q-S1": f"{48 + number}.15162342", "q-S2": "true", "c-S1": f"Mirabelle {number}"}
        browser.post(f"{path}sections/plans/", page)
        browser.post(f"{path}answers/P1/", {"q-P1": "3", "c-P1": f"Reneklode {number}"}, headers={"HX-Request": "true"})
        browser.post(f"{path}check/", {"confirmed": "1"})
    services.close_campaign(campaign, acting_user=None, now=clock.moment)
    deliver_everything(clock)
    for name in ("results", "detail"):
        staff.get(reverse(f"campaigns:{name}", args=[campaign.pk]))
    assert AnswerSheet.objects.count() == 7
    assert ScoreRun.objects.exists()
    measured_and_asked(campaign, monkeypatch, clock)
    return ["15162342", "Mirabelle", "Reneklode", "Zwetschge", "quitte", "Holunder", "Berberitze", "Schlehe"]


def test_a_dump_of_all_tables_and_of_redis_shows_nothing_that_was_said(secrets: list[str]) -> None:
    rows = [*dumped()]
    with schema_context("public"):
        rows += dumped()
    kept = in_redis()
    sought = [spelt for secret in secrets for spelt in spellings(secret)]

    assert len({table for table, _ in rows}) > 25
    assert {(table, one) for table, row in rows for one in sought if one in row} == set()
    assert [one for one in secrets if one.encode() in kept] == []
    numbers = [struct.pack(order, float(f"{48 + number}.15162342")) for order in (">d", "<d") for number in range(7)]
    assert [one for one in numbers if one in kept] == []
