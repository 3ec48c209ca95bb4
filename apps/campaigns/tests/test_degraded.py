"""Without Redis and without a worker everything that matters still works, and says what does not."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from celery import current_app
from django.db import connection
from django.test import Client
from django_tenants.utils import schema_context
from kombu.exceptions import OperationalError as BrokerAway

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.campaigns import services
from apps.campaigns.models import Campaign
from apps.campaigns.tests.story import DOCUMENT, Clock, deliver_everything, others_send
from apps.core import degraded, events, parts
from apps.core.models import Pulse
from apps.core.parts import PARTS, Answer, Missing
from apps.models.models import ScoreRun
from apps.models.tests.conftest import Api
from apps.tenants.tasks import sweep_without_broker

pytestmark = pytest.mark.requirement("AR-003", "CMS-002", "MON-001")
UNITS = [{"id": "u", "responses": [{"rater": "r", "answers": {"P1": 3, "P2": 1}}]}]


@pytest.fixture(autouse=True)
def _looking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks looks anew."""
    monkeypatch.setattr(degraded, "HOLDS", 0.0)
    degraded.WATCH.forget()


@pytest.fixture
def without_redis(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise BrokerAway("away")

    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    monkeypatch.setattr(current_app, "send_task", away)


@pytest.fixture
def with_worker(acme: Any) -> None:
    degraded.beat("worker")
    degraded.beat("scheduler")


@pytest.fixture
def api(ada: User, clock: Clock) -> Api:
    return Api(accounts.create_api_key(ada, name="tests", now=clock.moment)[1])


def _ten_answer(campaign: Campaign, clock: Clock) -> None:
    """Enough for a first release."""
    others_send(campaign, 10, {"P1": 3, "P2": 1, "S1": 50, "S2": True, "M1": ["plan"]}, clock.moment)


def _last_seen(role: str, ago: timedelta) -> datetime:
    degraded.beat(role)
    with schema_context("public"):
        pulse = Pulse.objects.get(role=role)
        pulse.seen_at -= ago
        pulse.save()
    return pulse.seen_at


def _missing() -> list[str]:
    return [one.name for one in degraded.WATCH.missing()]


def test_with_everything_there_nothing_is_said(with_worker: None, api: Api, staff: Client) -> None:
    assert _missing() == []
    assert api.post("calculations/", {"model": DOCUMENT, "units": UNITS}).json()["warnings"] == []
    assert b"banner-warning" not in staff.get("/").content
    ready = Client().get("/health/ready").json()
    assert (ready["status"], {state["up"] for state in ready["dependencies"].values()}) == ("ok", {True})


def test_who_has_not_been_seen_for_half_a_minute_is_away(with_worker: None) -> None:
    seen_at = _last_seen("worker", timedelta(seconds=20))
    assert _missing() == []
    seen_at = _last_seen("worker", timedelta(seconds=40))

    assert degraded.WATCH.missing() == (Missing(PARTS["worker"], seen_at),)


def test_a_look_holds_for_some_seconds(
    acme: Any, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(degraded, "HOLDS", 60.0)
    assert "worker" in _missing()

    with django_assert_num_queries(0):
        assert "worker" in _missing()


def test_without_redis_calculations_answer_and_say_so(with_worker: None, without_redis: None, api: Api) -> None:
    for _ in range(2):
        answer = api.post("calculations/", {"model": DOCUMENT, "units": UNITS})

        assert answer.status_code == 200
        assert answer.json()["results"][0]["score"] is not None
        assert [warning["code"] for warning in answer.json()["warnings"]] == ["degraded"]
        assert "Redis is unavailable" in answer.json()["warnings"][0]["detail"]
    ready = Client().get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert not ready.json()["dependencies"]["redis"]["up"]


def test_without_redis_answers_become_scores_by_the_sweep(
    with_worker: None, without_redis: None, campaign: Campaign, clock: Clock, api: Api, staff: Client
) -> None:
    _ten_answer(campaign, clock)
    assert not ScoreRun.objects.exists()

    with schema_context("public"):
        sweep_without_broker()

    assert ScoreRun.objects.get().score is not None
    assert api.get(f"assessments/{campaign.assessment_id}/scores/latest/").status_code == 200
    page = staff.get(f"/campaigns/{campaign.pk}/results/")
    assert page.status_code == 200
    assert "Redis is unavailable" in page.content.decode()


def test_with_redis_the_sweep_is_the_schedulers(with_worker: None, campaign: Campaign, clock: Clock) -> None:
    _ten_answer(campaign, clock)

    with schema_context("public"):
        sweep_without_broker()
        assert events.deliver_due(clock.moment)


def test_without_a_worker_a_score_is_calculated_at_once_and_said_so(campaign: Campaign, clock: Clock, api: Api) -> None:
    _last_seen("worker", timedelta(hours=1))
    _ten_answer(campaign, clock)

    asked = api.post(f"assessments/{campaign.assessment_id}/scores/")

    job = asked.json()
    assert (asked.status_code, job["state"]) == (202, "succeeded")
    assert "No worker has been seen since" in job["warnings"][0]["detail"]
    assert job["result"]["score"] == ScoreRun.objects.get().score
    deliver_everything(clock)
    assert ScoreRun.objects.count() == 1
    assert api.get(asked["Location"].removeprefix("/api/v1/")).json() == {**job, "warnings": []}


def test_without_a_worker_what_takes_long_is_accepted_and_says_that_it_waits(api: Api) -> None:
    asked = api.post("subjects/import/", {"rows": [{"code": "a", "name": "A"}]})

    assert (asked.status_code, asked.json()["state"]) == (202, "queued")
    waiting = api.get(asked["Location"].removeprefix("/api/v1/")).json()
    assert asked.json()["warnings"] == waiting["warnings"] != []
    assert "yet. Long tasks are waiting" in waiting["warnings"][0]["detail"]


@pytest.mark.parametrize("page", ["", "results/"])
def test_who_watches_a_campaign_sees_that_scores_wait(
    campaign: Campaign, clock: Clock, staff: Client, page: str
) -> None:
    path = f"/campaigns/{campaign.pk}/{page}"
    seen_at = _last_seen("worker", timedelta(hours=1))
    words = f"New answers are waiting to be scored: no worker has been seen since {seen_at:%-d %B %Y, %H:%M} UTC."
    assert words not in staff.get(path).content.decode()
    _ten_answer(campaign, clock)
    assert words in staff.get(path).content.decode()
    deliver_everything(clock)
    assert words not in staff.get(path).content.decode()
    clock.forward(minutes=1)
    services.close_campaign(campaign, acting_user=None, now=clock.moment)
    assert words in staff.get(path).content.decode()
    degraded.beat("worker")

    assert "New answers are waiting" not in staff.get(path).content.decode()


@pytest.fixture
def smtp(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Declare one part more, which is away."""
    monkeypatch.setattr(parts, "PARTS", dict(parts.PARTS))

    def declare(ask: Callable[[], Answer], **more: Any) -> None:
        parts.declare("smtp", ask, mend="start it", **more)

    return declare


def _away() -> Answer:
    return Answer("away", is_well=False)


def _broken() -> Answer:
    raise KeyError("smtp")


def _spoilt() -> Answer:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")
    return Answer("there")


@pytest.mark.parametrize("ask", [_away, _broken, _spoilt])
@pytest.mark.parametrize("words", [{"probed": True}, {"away": "No letters."}, {"vital": True}], ids=str)
def test_a_part_more_that_is_away_breaks_no_page(
    with_worker: None, smtp: Callable[..., None], staff: Client, ask: Callable[[], Answer], words: dict[str, Any]
) -> None:
    smtp(ask, **words)

    page = staff.get("/")

    assert page.status_code == 200
    assert ("No letters." in page.content.decode()) is (b"banner-warning" in page.content) is ("away" in words)
    ready = Client().get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (
        (503, "unavailable") if "vital" in words else (200, "degraded")
    )
    assert not ready.json()["dependencies"]["smtp"]["up"]


def test_only_staff_is_told(acme: Any, staff: Client, bos_link: str) -> None:
    assert "No worker has been seen yet" in staff.get("/models/").content.decode()

    for path in (bos_link, "/sign-in/"):
        assert "No worker" not in Client(headers={"host": "acme.localhost"}).get(path).content.decode()
