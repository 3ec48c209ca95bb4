"""Operators see whom the platform and its tenants call, stop calls, and let them go on."""

import json
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import F
from django_tenants.utils import schema_context

from apps.core.parts import PARTS, look
from apps.outbound.breaker import LeftAlone, Stopped, admit
from apps.outbound.lines import Line
from apps.outbound.models import Destination
from apps.outbound.tasks import forget_destinations

pytestmark = pytest.mark.requirement("AR-002", "EXT-002")
LINE = Line("test", failures=2, pause=3000, longest_pause=3000, a_minute=0)
MAIL = Line("mail", failures=2, pause=3000, longest_pause=3000, a_minute=0, is_ours=True)
HOOKS = "https://hooks.example"


@pytest.fixture(autouse=True)
def _nobody_yet(db: None) -> None:
    """What is known of servers of the platform stays beside transactions, whatever test has called them."""
    with schema_context("public"):
        Destination.objects.all().delete()


def fail(now: datetime, line: Line = LINE, name: str = HOOKS) -> None:
    for _ in range(2):
        admit(line, name, now=now).failed("it sleeps")


def command(*arguments: str) -> list[dict[str, Any]]:
    written = StringIO()
    with schema_context("public"):
        call_command("outbound", *arguments, "--json", stdout=written)
    destinations: list[dict[str, Any]] = json.loads(written.getvalue())["destinations"]
    return destinations


def test_the_list_says_who_is_left_alone_since_when_and_when_somebody_tries_again(acme: Any, now: datetime) -> None:
    fail(now)
    admit(LINE, "https://well.example", now=now)

    shut, well = command("list")

    assert (shut["name"], shut["tenant"], shut["state"], shut["failures"]) == (HOOKS, "acme", "shut", 2)
    assert shut["last_error"] == "it sleeps"
    assert datetime.fromisoformat(shut["failing_since"]) < datetime.fromisoformat(shut["shut_until"])
    assert (well["state"], well["failing_since"], well["shut_until"]) == ("open", None, None)
    assert command("list", "--tenant", "public") == []


def test_who_answers_again_is_failing_no_more(acme: Any, now: datetime) -> None:
    admit(LINE, HOOKS, now=now).failed("it sleeps")
    admit(LINE, HOOKS, now=now).succeeded()

    assert command("list")[0]["failing_since"] is None


def test_whom_an_operator_opens_one_tries_at_once_and_the_others_wait(acme: Any, now: datetime, trail: Any) -> None:
    fail(now)
    with pytest.raises(LeftAlone):
        admit(LINE, HOOKS, now=now)

    [opened] = command("open", HOOKS)

    assert opened["state"] == "tried"
    admit(LINE, HOOKS, now=now)
    with pytest.raises(LeftAlone):
        admit(LINE, HOOKS, now=now)
    assert trail()[-1] == ("destination.released", {"destination": HOOKS})


def test_whom_an_operator_closes_nobody_calls_until_it_is_opened(acme: Any, now: datetime, trail: Any) -> None:
    under_way = admit(LINE, HOOKS, now=now)
    [closed] = command("close", HOOKS)
    under_way.succeeded()

    assert closed["state"] == "stopped"
    with pytest.raises(Stopped, match=f"Calls to {HOOKS} are stopped") as told:
        admit(LINE, HOOKS, now=now)
    assert (told.value.code, told.value.retry_after) == ("destination_stopped", 3000)
    command("open", HOOKS)
    admit(LINE, HOOKS, now=now)
    assert [action for action, _ in trail()] == ["destination.stopped", "destination.released"]


def test_a_pause_that_ends_opens_nothing_that_was_closed_by_hand(acme: Any, now: datetime) -> None:
    fail(now)
    command("close", HOOKS)
    with schema_context("public"):
        Destination.objects.update(
            shut_until=F("shut_until") - timedelta(days=400), free_at=F("free_at") - timedelta(400)
        )
        forget_destinations()

    with pytest.raises(Stopped):
        admit(LINE, HOOKS, now=now)


def test_what_is_closed_for_one_tenant_is_not_for_the_other(acme: Any, beta: Any, now: datetime) -> None:
    from django_tenants.utils import tenant_context

    admit(LINE, HOOKS, now=now)
    with tenant_context(beta):
        admit(LINE, HOOKS, now=now)

    assert [one["tenant"] for one in command("close", HOOKS, "--tenant", "acme")] == ["acme"]
    with pytest.raises(Stopped):
        admit(LINE, HOOKS, now=now)
    with tenant_context(beta):
        admit(LINE, HOOKS, now=now)
    assert len(command("open", HOOKS)) == 2


def test_whom_nobody_has_called_is_refused(acme: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit), schema_context("public"):
        call_command("outbound", "open", "https://nobody.example")
    assert "Nobody has called https://nobody.example here." in capsys.readouterr().err


def test_the_doctor_says_what_of_the_platform_is_stopped_by_hand(acme: Any, now: datetime) -> None:
    admit(MAIL, "smtp://mail.example", now=now)
    command("close", "smtp://mail.example")

    state = look([PARTS["outbound"]])["outbound"]
    assert (state.up, state.detail.startswith("smtp://mail.example: stopped by hand")) == (False, True)
