"""A worker that is killed in the middle of a release leaves none of it, and the next one makes it whole."""

import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import psycopg
import pytest
from django.db import connection

from apps.accounts import reach
from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.campaigns import services
from apps.campaigns.models import Campaign
from apps.campaigns.services import Contact
from apps.campaigns.tests.story import BO, DOCUMENT, make_version, part_of, send
from apps.core import events
from apps.core.fields import new_id
from apps.core.models import Event, EventDelivery
from apps.models import services as models
from apps.models.models import Assessment, Response, Score, ScoreInput, ScoreRun
from apps.models.people import FEWEST
from apps.models.services.inputs import units_of_input
from resimate.tests.database import SERVERS, url_of
from resimate.tests.races.killed import GO_ON, Stopped, Workers, wait_until_gone

pytestmark = pytest.mark.requirement("COMP-001", "AR-002")
ANSWERS = {"P1": 3, "P2": 2}
SCORING = ("models.score_when_submitted", "campaigns.score_for_good")
#: What a release consists of, in the order in which it is written.
WRITTEN = (
    'INSERT INTO "resilience_scoreinput"',
    'INSERT INTO "resilience_scorerun"',
    'INSERT INTO "resilience_score" ',
    'UPDATE "resilience_assessment"',
    'INSERT INTO "audit_entry"',
    'INSERT INTO "core_event"',
    'UPDATE "resilience_response" SET "is_counted"',
    'UPDATE "core_eventdelivery" SET "state"',
)
#: More than a delivery has.
MOST_STEPS = 400


@pytest.fixture(scope="module")
def workers(arena: None) -> Iterator[Workers]:
    name = str(connection.settings_dict["NAME"])
    made = Workers(url_of(SERVERS.app_url, name), url_of(SERVERS.owner_url, name))
    yield made
    made.close()


@pytest.fixture
def observer(workers: Workers) -> Iterator[psycopg.Connection]:
    with psycopg.connect(SERVERS.superuser_url, autocommit=True) as session:
        yield session


@pytest.fixture
def campaign(ada: User, now: datetime) -> Campaign:
    """An open one, of which ten people have sent their answers and nothing is scored."""
    made = services.create_campaign(
        name="Check",
        version=make_version(now, {**DOCUMENT, "code": f"harbour_{new_id().hex}"}),
        subject=models.create_subject(code=f"s{new_id().hex}", name="Harbour", acting_user=ada, now=now),
        closes_at=now + timedelta(days=14),
        acting_user=ada,
        now=now,
    )
    services.add_stakeholders(made, [BO], acting_user=ada, now=now)  # who never answers
    made = services.open_campaign(made, acting_user=ada, now=now)
    more_send(made, 2 * FEWEST, now)
    return made


def more_send(campaign: Campaign, count: int, now: datetime) -> None:
    """Nothing is due then but the score."""
    there = campaign.participations.count()
    people = [Contact(f"P{number}", f"p{number}@example.org") for number in range(there, there + count)]
    services.add_stakeholders(campaign, people, acting_user=None, now=now)
    for person in people:
        send(part_of(campaign, person), ANSWERS, now)
    EventDelivery.objects.exclude(subscriber__in=SCORING).update(state=EventDelivery.State.DONE)


def releases(campaign: Campaign) -> list[int]:
    """How many people each release counts, once it is sure that nothing of them is half."""
    assessment = Assessment.objects.get(pk=str(campaign.assessment_id))
    runs = list(ScoreRun.objects.filter(assessment=assessment).order_by("number"))
    people = [_people_of(run) for run in runs]
    sent = Response.objects.filter(assessment=assessment, submitted_at__isnull=False)
    counted = set(sent.filter(is_counted=True).values_list("rater", flat=True))

    assert counted == (people[-1] if people else set())
    assert assessment.latest_run_id == (runs[-1].pk if runs else None)
    assert [run.number for run in runs] == list(range(1, len(runs) + 1))
    assert [run.rater_count for run in runs] == [len(one) for one in people]
    assert all(fewer < more and len(more - fewer) >= FEWEST for fewer, more in pairwise([set[str](), *people]))
    assert all(Score.objects.filter(run=run).exists() for run in runs)
    told = Event.objects.filter(name="score.calculated", payload__assessment_id=str(assessment.pk))
    assert sorted(event.payload["run_id"] for event in told) == sorted(str(run.pk) for run in runs)
    assert AuditEntry.objects.filter(action="score.calculated", object_id=str(assessment.pk)).count() == len(runs)
    return [len(one) for one in people]


def _people_of(run: ScoreRun) -> set[str]:
    (unit,) = units_of_input(ScoreInput.objects.get(digest=run.input_digest))
    return {response["rater"] for response in unit["responses"]}


def die(workers: Workers, observer: psycopg.Connection, stopped: Stopped | None) -> str:
    """Kill a worker where it stopped, and say where that was."""
    assert stopped is not None, "the worker came to its end"
    assert workers.end(stopped) == -signal.SIGKILL
    wait_until_gone(observer)
    return stopped.step


def die_at_each_step(
    campaign: Campaign, workers: Workers, observer: psycopg.Connection, now: datetime, *, every: bool = False
) -> list[tuple[str, list[int]]]:
    """Kill a worker at its first step, the next at its second, until one is done; returns what was left after each."""
    left: list[tuple[str, list[int]]] = []
    for step in range(1, MOST_STEPS):
        stopped = workers.start(now, step, every=every)
        if stopped is None:
            return left
        left.append((die(workers, observer, stopped), releases(campaign)))
    raise AssertionError("a delivery never came to its end")


def check(left: list[tuple[str, list[int]]], before: list[int], after: list[int]) -> None:
    """Nothing is there until the commit, everything after it; and somebody died at every write."""
    found = [each for _, each in left]
    whole = found.index(after)
    assert found == [before] * whole + [after] * (len(found) - whole)
    assert [step for step, _ in left[whole - 1 : whole + 1]] == ["before a commit", "after a commit"]
    for written in WRITTEN:
        assert any(written in step for step, _ in left[:whole]), f"nobody died at {written}"


@pytest.mark.thorough
def test_a_release_is_whole_or_not_there_wherever_its_worker_is_killed(
    campaign: Campaign, workers: Workers, observer: psycopg.Connection, now: datetime
) -> None:
    left = die_at_each_step(campaign, workers, observer, now)

    check(left, [], [5])


@pytest.mark.thorough
def test_the_next_release_and_the_last_one_keep_their_distance_after_a_death(
    campaign: Campaign, workers: Workers, observer: psycopg.Connection, now: datetime
) -> None:
    workers.work(now)
    more_send(campaign, 5, now)
    die(workers, observer, workers.start(now, word="is_counted"))
    before = releases(campaign)
    more_send(campaign, 4, now)  # between the death and the next worker
    workers.work(now)
    services.close_campaign(campaign, acting_user=None, now=now)
    die(workers, observer, workers.start(now, word="is_counted"))
    open_still = releases(campaign)
    workers.work(now)

    assert (before, open_still, releases(campaign)) == ([5], [5, 10], [5, 10, 19])


@pytest.mark.parametrize(
    ("word", "step"),
    [
        ("is_counted", 1),
        pytest.param('INSERT INTO "resilience_score" ', 1, marks=pytest.mark.thorough),
        pytest.param("before a commit", 2, marks=pytest.mark.thorough),
    ],
)
def test_a_release_whose_session_is_cut_is_made_once(
    campaign: Campaign, workers: Workers, observer: psycopg.Connection, now: datetime, word: str, step: int
) -> None:
    """The process lives on and tries again by itself; the next worker finds nothing to add."""
    stopped = workers.start(now, step, word=word)
    assert stopped is not None
    observer.execute("SELECT pg_terminate_backend(%s)", [stopped.session])
    workers.end(stopped, GO_ON)
    wait_until_gone(observer)
    by_itself = releases(campaign)
    workers.work(now + 2 * events.LEASE)

    assert (by_itself, releases(campaign)) == ([5], [5])


def test_a_score_that_was_asked_for_is_the_release_that_its_dead_worker_made(
    campaign: Campaign, workers: Workers, observer: psycopg.Connection, ada: User, now: datetime
) -> None:
    EventDelivery.objects.filter(subscriber__in=SCORING).update(state=EventDelivery.State.DONE)
    asked = {"assessment_id": str(campaign.assessment_id)}
    job = reach.enqueue("assessment.score", asked, acting_user=ada, now=now)
    step = die(workers, observer, workers.start(now, 2, word='UPDATE "core_job"'))
    made = releases(campaign)

    workers.work(now)

    job.refresh_from_db()
    (run,) = ScoreRun.objects.filter(assessment=campaign.assessment_id)
    assert (made, releases(campaign)) == ([5], [5]), step
    assert job.result is not None
    assert (job.state, job.result["run_id"]) == ("succeeded", str(run.pk))


@pytest.mark.thorough
def test_not_one_statement_of_any_release_can_leave_half_of_it(
    campaign: Campaign, workers: Workers, observer: psycopg.Connection, now: datetime
) -> None:
    first = die_at_each_step(campaign, workers, observer, now, every=True)
    more_send(campaign, 5, now)
    second = die_at_each_step(campaign, workers, observer, now, every=True)
    more_send(campaign, 3, now)
    services.close_campaign(campaign, acting_user=None, now=now)
    last = die_at_each_step(campaign, workers, observer, now, every=True)
    print(len(first), len(second), len(last), "deaths")  # noqa: T201

    check(first, [], [5])
    check(second, [5], [5, 10])
    check(last, [5, 10], [5, 10, 18])
