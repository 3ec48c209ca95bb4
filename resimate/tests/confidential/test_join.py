"""Nothing that any one role may see joins a person to their answers: tried by a program that reads everything.

Two who share what their roles let them see are in scope, as the role that may read everything holds all of it. Out of
scope: whoever reads the database itself, answers in many people's names, or knows answers from elsewhere.
"""

import logging
import random
from typing import Any
from uuid import UUID

import pytest
from django_tenants.utils import schema_context

from apps.audit.models import AuditEntry
from apps.campaigns.tests.story import Clock, make_user
from apps.core.models import Event
from apps.models.models import AnswerSheet, Response
from apps.models.tests.sheets import stored_answers
from resimate.tests.confidential.attack import right
from resimate.tests.confidential.story import QUESTIONS, ROLES, Reader, World, make_world, read_pages

logger = logging.getLogger(__name__)
pytestmark = pytest.mark.requirement("COMP-001", "SEC-AUTH-002")
MOST_RIGHT = 3
WAVES = ("2024", "2025", "2026")
in_short_and_in_full = pytest.mark.parametrize(
    "waves", [WAVES[:1], pytest.param(WAVES, marks=pytest.mark.thorough)], ids=["one campaign", "three campaigns"]
)


@pytest.fixture
def clock(now: Any, monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(now)
    monkeypatch.setattr("django.utils.timezone.now", clock)
    return clock


@pytest.fixture
def drawn_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is drawn by lot falls the same at every run, so that this test does not fail by chance."""
    chance = random.Random(2026)
    monkeypatch.setattr("apps.core.fields.uuid4", lambda: UUID(int=chance.getrandbits(128), version=4))
    monkeypatch.setattr("secrets.token_hex", lambda size: chance.randbytes(size).hex())
    monkeypatch.setattr("secrets.SystemRandom", lambda: chance)


@pytest.fixture
def world(acme: Any, clock: Clock, drawn_alike: None) -> World:
    return make_world(acme, clock, make_user("owner@acme.example", clock.moment))


def _score_of(reader: Reader, world: World) -> dict[str, int]:
    return {campaign: right(reader.known.assign(campaign, QUESTIONS), truth) for campaign, truth in world.truth.items()}


def _right(reader: Reader, world: World) -> list[int]:
    """How many of ten are right, in each campaign."""
    return [right(reader.known.assign(campaign, QUESTIONS), truth) for campaign, truth in world.truth.items()]


@pytest.mark.thorough
@in_short_and_in_full
def test_who_reads_everything_all_the_time_learns_nobodys_answers(world: World, waves: tuple[str, ...]) -> None:
    reader = world.reader("everything")
    for wave in waves:
        world.run(wave, [reader], watched=True)
    read_pages(reader, 40)

    found = _right(reader, world)
    logger.warning("right of ten: %s, from %d readings", found, len(reader.known.readings))
    assert max(found) <= MOST_RIGHT


@pytest.mark.thorough
@in_short_and_in_full
def test_no_role_learns_whose_answers_are_whose_afterwards(world: World, waves: tuple[str, ...]) -> None:
    readers = [world.reader(role) for role in ROLES]
    for wave in waves:
        world.run(wave, readers, watched=False)
    for reader in readers:
        read_pages(reader, 20)

    found = {reader.role: max(_right(reader, world)) for reader in readers}
    logger.warning("most right of ten, by role: %s", found)
    assert max(found.values()) <= MOST_RIGHT
    assert len(readers[-1].known.readings) >= 50


def test_neither_trail_nor_events_nor_logs_name_a_response(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    world.run("2026", [], watched=False)

    secret = {str(one) for pair in Response.objects.values_list("pk", "rater") for one in pair}
    secret |= {str(key) for key in AnswerSheet.objects.values_list("key", flat=True)}
    logged = [repr(vars(record)) for record in caplog.records if record.name != "django.db.backends"]
    with schema_context("public"):
        told = [*Event.objects.values_list("payload", "traceparent"), *AuditEntry.objects.values_list()]
    said = " ".join([*logged, *map(repr, told)])
    assert len(secret) == 30
    assert [one for one in secret if one in said] == []


def test_nothing_beside_answers_keeps_more_of_a_time_than_the_day(world: World) -> None:
    campaign = world.run("2026", [], watched=False)

    rows = Response.objects.filter(assessment=campaign.assessment_id)
    moments = {one for row in rows.values_list("created_at", "started_at", "submitted_at") for one in row}
    moments |= {one.answered_at for one in stored_answers()}
    assert {f"{one:%H:%M:%S.%f}" for one in moments} == {"00:00:00.000000"}
    assert {row.pk.version for row in rows} | {
        one.key_id.version for one in AnswerSheet.objects.all() if one.key_id
    } == {4}
