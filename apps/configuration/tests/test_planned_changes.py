"""Changes that wait for their time, or for a second administrator."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from apps import audit
from apps.audit.models import AuditEntry
from apps.configuration import services
from apps.configuration.models import PlannedChange
from apps.configuration.registry import Key
from apps.configuration.services.changing import LATE
from apps.configuration.services.planning import MOST_WAITING, TooManyWaiting
from apps.core.errors import Invalid, Refused
from apps.core.models import EventDelivery

pytestmark = pytest.mark.requirement("UC-002", "LOG-002")
Toy = Callable[..., Key]
KEY = "toy.number"


@pytest.fixture
def ada(acme: Any, make_user: Any) -> Any:
    return make_user("ada@acme.example")


@pytest.fixture
def bo(acme: Any, make_user: Any) -> Any:
    return make_user("bo@acme.example")


def _asked(ada: Any, now: datetime, value: Any = 5, **manner: Any) -> PlannedChange:
    waits = services.change(KEY, value, now=now, actor=ada, manner=services.Manner(**manner))
    assert waits is not None
    return waits


def test_a_change_that_takes_two_people_waits_for_the_second(ada: Any, bo: Any, now: datetime, toy: Toy) -> None:
    toy(needs_two=True)
    waits = _asked(ada, now)
    assert (waits.state, services.get(KEY)) == ("waiting", 10)

    with pytest.raises(services.SamePerson):
        services.approve(waits, now=now, actor=ada)
    decided = services.approve(waits, now=now, actor=bo)
    decided.refresh_from_db()
    assert (decided.state, decided.asked_by, decided.decided_by, decided.decided_at) == (
        *("applied", str(ada.pk), str(bo.pk)),
        now,
    )

    assert services.get(KEY) == 5
    assert services.history(KEY)[0].changed_by == str(bo.pk)
    trail = AuditEntry.objects.filter(action__startswith="setting.").order_by("pk").values_list("action", "actor")
    assert list(trail) == [
        ("setting.planned", str(ada.pk)),
        ("setting.approved", str(bo.pk)),
        ("setting.changed", str(bo.pk)),
    ]


@pytest.mark.parametrize(("decide", "state"), [(services.reject, "rejected"), (services.cancel, "cancelled")])
def test_what_is_decided_otherwise_is_never_made(
    ada: Any, bo: Any, now: datetime, toy: Toy, decide: Callable[..., PlannedChange], state: str
) -> None:
    toy(needs_two=True)
    waits = _asked(ada, now)

    assert decide(waits, now=now, actor=bo).state == state
    with pytest.raises(services.NotWaiting):
        services.approve(waits, now=now, actor=bo)

    assert services.get(KEY) == 10


def test_taking_back_takes_two_people_as_well(ada: Any, bo: Any, now: datetime, toy: Toy) -> None:
    toy(needs_two=True)
    services.approve(_asked(ada, now), now=now, actor=bo)

    waits = services.take_back(KEY, now=now, actor=ada)

    assert waits is not None
    assert services.get(KEY) == 5
    services.approve(waits, now=now, actor=bo)
    assert services.get(KEY) == 10


def test_what_an_operator_sets_waits_for_nobody(acme: Any, now: datetime, toy: Toy) -> None:
    toy(needs_two=True)

    assert services.change(KEY, 5, now=now) is None
    assert services.get(KEY) == 5


def test_what_no_longer_can_be_is_refused_when_it_is_approved(ada: Any, bo: Any, now: datetime, toy: Toy) -> None:
    toy(needs_two=True)
    waits = _asked(ada, now, 50)
    toy(needs_two=True, schema={"type": "integer", "maximum": 20})

    with pytest.raises(Refused, match="50"):
        services.approve(waits, now=now, actor=bo)

    waits.refresh_from_db()
    assert waits.state == "waiting"


def test_a_scheduled_change_is_made_at_its_time(ada: Any, now: datetime, toy: Toy) -> None:
    toy()
    later = now + timedelta(hours=1)
    waits = _asked(ada, now, starts_at=later)
    delivery = EventDelivery.objects.get(event__name="setting.change_due")
    assert (waits.state, services.get(KEY), delivery.due_at) == ("scheduled", 10, later)

    services.apply_when_due(waits.pk, now=later - timedelta(seconds=1))
    assert services.get(KEY) == 10
    services.apply_when_due(waits.pk, now=later)
    services.apply_when_due(waits.pk, now=later)

    assert services.get(KEY) == 5
    assert services.history(KEY).count() == 1


def test_a_change_for_two_and_for_later_waits_for_both(ada: Any, bo: Any, now: datetime, toy: Toy) -> None:
    toy(needs_two=True)
    later = now + timedelta(hours=1)
    waits = _asked(ada, now, starts_at=later)

    services.apply_when_due(waits.pk, now=later)
    assert services.get(KEY) == 10
    assert services.approve(waits, now=now, actor=bo).state == "scheduled"
    services.apply_when_due(waits.pk, now=later)

    assert services.get(KEY) == 5


def test_a_scheduled_change_that_cannot_be_made_any_more_says_why(ada: Any, now: datetime, toy: Toy) -> None:
    toy()
    later = now + timedelta(hours=1)
    waits = _asked(ada, now, 50, starts_at=later)
    toy(schema={"type": "integer", "maximum": 20})

    services.apply_when_due(waits.pk, now=later)

    waits.refresh_from_db()
    assert waits.state == "failed"
    assert "50" in waits.problem


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_operator_is_the_second_person_where_there_is_no_other(
    ada: Any, now: datetime, toy: Toy, capsys: pytest.CaptureFixture[str]
) -> None:
    toy(needs_two=True)
    waits = _asked(ada, now)

    call_command("config", "changes", "--tenant", "acme", "--json")
    listed = json.loads(capsys.readouterr().out)["changes"]
    call_command("config", "approve", str(waits.pk), "--tenant", "acme")

    assert [one["id"] for one in listed] == [str(waits.pk)]
    assert services.get(KEY) == 5


def test_who_is_newer_than_the_request_is_no_second_person(ada: Any, now: datetime, toy: Toy, make_user: Any) -> None:
    toy(needs_two=True)
    cy = make_user("cy@acme.example")
    waits = _asked(ada, now)
    dan = make_user("dan@acme.example")
    dan.created_at = now + timedelta(minutes=1)
    audit.record("user.password_reset", now=now + timedelta(minutes=1), actor=ada, target=cy)

    for newer in (dan, cy):
        with pytest.raises(services.SamePerson):
            services.approve(waits, now=now + timedelta(minutes=2), actor=newer)
    assert services.get(KEY) == 10


def test_why_somebody_is_no_second_person_is_known_before_they_try(
    ada: Any, bo: Any, now: datetime, toy: Toy, make_user: Any
) -> None:
    toy(needs_two=True)
    waits = _asked(ada, now)
    dan = make_user("dan@acme.example")
    dan.created_at = now + timedelta(minutes=1)

    assert services.why_not_agree(waits, bo) is None
    assert "Somebody else" in str(services.why_not_agree(waits, ada))
    assert "newer than the request" in str(services.why_not_agree(waits, dan))


@pytest.mark.parametrize("needs_two", [True, False])
def test_what_is_to_hold_from_a_moment_that_is_over_is_refused(
    ada: Any, now: datetime, toy: Toy, needs_two: bool
) -> None:
    toy(needs_two=needs_two)

    for late in (LATE + timedelta(seconds=1), timedelta(days=365)):
        with pytest.raises(Invalid) as told:
            services.change(KEY, 5, now=now, actor=ada, manner=services.Manner(starts_at=now - late))
        assert told.value.errors[0].pointer == "/starts_at"

    assert (services.get(KEY), services.planned_changes().count()) == (10, 0)


def test_a_clock_that_is_a_little_behind_has_it_hold_at_once(ada: Any, now: datetime, toy: Toy) -> None:
    toy()

    assert services.change(KEY, 5, now=now, actor=ada, manner=services.Manner(starts_at=now - LATE)) is None

    assert services.get(KEY) == 5


def test_so_many_changes_of_a_key_wait_and_no_more(ada: Any, now: datetime, toy: Toy) -> None:
    toy(needs_two=True)
    toy("toy.other", needs_two=True)
    for value in range(MOST_WAITING):
        _asked(ada, now, value)

    with pytest.raises(TooManyWaiting):
        _asked(ada, now)
    assert services.change("toy.other", 1, now=now, actor=ada) is not None
