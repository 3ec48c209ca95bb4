"""Whoever does not answer is left alone by all processes, and one of them tries again; nobody is called too often."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context, tenant_context

from apps.core.parts import PARTS, look
from apps.outbound.breaker import LeftAlone, TooFast, admit
from apps.outbound.lines import Line
from apps.outbound.models import Destination
from apps.outbound.tasks import forget_destinations
from resimate_net import Limits

pytestmark = pytest.mark.requirement("AR-002", "EXT-002")
#: So long that a machine with much to do is fast beside it.
LINE = Line("test", Limits(seconds=1500), failures=3, pause=3000, longest_pause=10_000, a_minute=0)
SLACK = 60
ROOT = Path(__file__).parents[3]
HOOKS = "https://hooks.example"


def fail(times: int, now: datetime, line: Line = LINE, name: str = HOOKS) -> None:
    for _ in range(times):
        admit(line, name, now=now).failed("it sleeps")


def pass_time(seconds: float) -> None:
    """The time of the database goes on: seen from there, everything was earlier."""
    gone = timedelta(seconds=seconds)
    with schema_context("public"):
        Destination.objects.update(shut_until=F("shut_until") - gone, free_at=F("free_at") - gone)


def the_pause() -> float:
    """Seconds for which it is shut."""
    with schema_context("public"):
        found = Destination.objects.annotate(pause=F("shut_until") - Now()).get(name=HOOKS)
    return float(found.pause.total_seconds())


def known(name: str, failures: int = 0, **state: Any) -> None:
    """A destination of acme in that state; ``shut_for`` seconds from now."""
    for key in [key for key in state if key == "shut_for"]:
        state["shut_until"] = Now() + timedelta(seconds=state.pop(key))
    with schema_context("public"):
        Destination.objects.create(tenant="acme", name=name, failures=failures, free_at=Now(), **state)


def test_after_some_failures_in_a_row_nobody_calls_for_a_while(acme: Any, now: datetime) -> None:
    fail(2, now)
    admit(LINE, HOOKS, now=now).succeeded()
    fail(3, now)

    with pytest.raises(LeftAlone, match="left alone for a while: it sleeps") as told:
        admit(LINE, HOOKS, now=now)
    assert told.value.retry_after == pytest.approx(LINE.pause, abs=SLACK)
    admit(LINE, "https://other.example", now=now)


def test_when_the_pause_is_over_one_tries_and_the_others_wait(acme: Any, now: datetime) -> None:
    fail(3, now)
    pass_time(3100)

    attempt = admit(LINE, HOOKS, now=now)
    for _ in range(3):
        with pytest.raises(LeftAlone):
            admit(LINE, HOOKS, now=now)
    attempt.succeeded()

    fail(2, now)
    admit(LINE, HOOKS, now=now)


def test_who_tries_and_never_tells_keeps_the_others_waiting_for_the_length_of_a_call(acme: Any, now: datetime) -> None:
    fail(3, now)
    pass_time(3100)
    admit(LINE, HOOKS, now=now)

    assert the_pause() == pytest.approx(1505, abs=SLACK)
    pass_time(1600)
    admit(LINE, HOOKS, now=now)


def test_each_try_in_vain_doubles_the_pause_up_to_the_longest(acme: Any, now: datetime) -> None:
    pauses = []
    fail(3, now)
    for _ in range(4):
        pauses.append(the_pause())
        pass_time(10_100)
        fail(1, now)

    assert pauses == [pytest.approx(pause, abs=SLACK) for pause in (3000, 6000, 10_000, 10_000)]


def test_who_called_before_it_was_shut_and_is_late_changes_nothing(acme: Any, now: datetime) -> None:
    early = [admit(LINE, HOOKS, now=now) for _ in range(3)]
    fail(2, now)
    late = admit(LINE, HOOKS, now=now)
    fail(1, now)

    for attempt in early:
        attempt.failed("late")
    late.succeeded()

    assert the_pause() == pytest.approx(LINE.pause, abs=SLACK)
    with pytest.raises(LeftAlone, match="it sleeps"):
        admit(LINE, HOOKS, now=now)


def test_the_first_word_of_a_call_counts(acme: Any, now: datetime) -> None:
    attempt = admit(LINE, HOOKS, now=now)
    for _ in range(3):
        attempt.failed("once")

    with schema_context("public"):
        assert Destination.objects.get(name=HOOKS).failures == 1


def test_calls_come_at_the_pace_that_is_agreed(acme: Any, now: datetime) -> None:
    line = Line("test", a_minute=0.01, at_once=3)
    for _ in range(3):
        admit(line, HOOKS, now=now)

    with pytest.raises(TooFast) as told:
        admit(line, HOOKS, now=now)
    assert told.value.retry_after == pytest.approx(6000, abs=SLACK)
    pass_time(6010)
    admit(line, HOOKS, now=now)
    with pytest.raises(TooFast):
        admit(line, HOOKS, now=now)


def test_what_one_tenant_finds_out_is_not_anothers_but_for_servers_of_the_platform(
    acme: Any, beta: Any, now: datetime
) -> None:
    ours = Line("mail", failures=3, is_ours=True)
    fail(3, now)
    fail(3, now, ours, "smtp://mail.example")

    with tenant_context(beta):
        admit(LINE, HOOKS, now=now)
        with pytest.raises(LeftAlone):
            admit(ours, "smtp://mail.example", now=now)


def test_a_tenant_reads_nothing_of_whom_the_others_call(acme: Any, now: datetime) -> None:
    from django.db import ProgrammingError

    admit(LINE, HOOKS, now=now)

    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        list(Destination.objects.all())


def test_nobody_calls_inside_a_transaction(committed: None, now: datetime) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        admit(LINE, HOOKS, now=now)


def test_what_is_found_out_within_a_transaction_stands_whatever_becomes_of_it(committed: None, now: datetime) -> None:
    within = Line("test", failures=3, a_minute=0, within=True)
    for _ in range(3):
        with suppress(ZeroDivisionError), transaction.atomic():
            attempt = admit(within, HOOKS, now=now)
            attempt.failed("it sleeps")
            raise ZeroDivisionError

    with transaction.atomic(), pytest.raises(LeftAlone, match="it sleeps"):
        admit(within, HOOKS, now=now)


def test_a_call_that_goes_well_costs_one_statement_and_one_that_does_not_two(acme: Any, now: datetime) -> None:
    def statements(work: Callable[[], object]) -> int:
        with CaptureQueriesContext(connection) as queries:
            work()
        return sum("outbound_destination" in one["sql"] for one in queries)

    assert statements(lambda: admit(LINE, HOOKS, now=now).succeeded()) == 1
    assert statements(lambda: admit(LINE, HOOKS, now=now).failed("it sleeps")) == 2
    assert statements(lambda: admit(LINE, HOOKS, now=now).succeeded()) == 2


def test_the_trail_says_when_somebody_is_left_alone_and_when_no_more(acme: Any, now: datetime, trail: Any) -> None:
    fail(3, now)
    pass_time(3100)
    fail(1, now)
    pass_time(10_100)
    admit(LINE, HOOKS, now=now).succeeded()

    said = {"destination": HOOKS, "purpose": "test"}
    assert trail() == [("destination.shut", {**said, "error": "it sleeps"}), ("destination.opened", said)]


def test_the_doctor_says_whom_of_the_platform_nobody_calls(acme: Any, now: datetime) -> None:
    fail(3, now)
    assert look([PARTS["outbound"]])["outbound"].up

    fail(3, now, Line("mail", failures=3, is_ours=True), "smtp://mail.example")

    state = look([PARTS["outbound"]])["outbound"]
    told = "smtp://mail.example: it sleeps; of those that tenants have named, 1 do not answer"
    assert (state.up, state.detail) == (False, told)


def test_whom_nobody_has_called_for_long_is_forgotten(acme: Any, now: datetime) -> None:
    admit(LINE, HOOKS, now=now)
    pass_time(31 * 24 * 3600)
    admit(LINE, "https://other.example", now=now)

    with schema_context("public"):
        forget_destinations()
        assert [one.name for one in Destination.objects.filter(tenant="acme")] == ["https://other.example"]


def test_of_many_at_once_one_tries(committed: None, now: datetime) -> None:
    """Eight threads with connections of their own."""
    known(HOOKS, failures=3, shut_for=-1)
    together, admitted = threading.Barrier(8), []

    def ask() -> None:
        with schema_context("acme"):
            together.wait(120)
            with suppress(LeftAlone):
                admitted.append(admit(LINE, HOOKS, now=now))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)

    assert len(admitted) == 1


OTHER = """
import json, sys
import django
django.setup()
from django.db import connections
for alias in ("default", "owner"):
    connections[alias].settings_dict["NAME"] = sys.argv[1]
from django.utils import timezone
from django_tenants.utils import schema_context
from apps.core.errors import Refused
from apps.outbound.breaker import admit
from apps.outbound.lines import Line
line = Line("test", failures=3, a_minute=0.01, at_once=4)
with schema_context("acme"):
    said = []
    for name in ("https://hooks.example", "https://busy.example", "https://busy.example"):
        try:
            attempt = admit(line, name, now=timezone.now())
            attempt.failed("seen by the other")
            said.append("called")
        except Refused as refused:
            said.append(refused.code)
print(json.dumps(said))
"""


@pytest.mark.thorough
def test_what_one_process_finds_out_the_other_knows(committed: None, now: datetime) -> None:
    busy = Line("test", failures=9, a_minute=0.01, at_once=4)
    known(HOOKS, failures=3, shut_for=3600)
    for _ in range(3):
        admit(busy, "https://busy.example", now=now)

    name = connection.settings_dict["NAME"]
    done = subprocess.run(
        [sys.executable, "-c", OTHER, name], cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["destination_left_alone", "called", "destination_called_too_often"]
    with schema_context("public"):
        assert Destination.objects.get(name="https://busy.example").last_error == "seen by the other"
