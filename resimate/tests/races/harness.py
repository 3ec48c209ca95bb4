"""Two or more real transactions that meet: no sleeps, PostgreSQL itself says when the second waits for the first.

``race(first, second)`` holds the first just before its commit, starts the second, waits until that one is blocked by a
lock or has ended, and only then lets the first commit. Without the lock the second decides on what it saw too early.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import connection, connections, transaction
from django_tenants.utils import schema_context

from resimate.tests.database import SERVERS

#: Seconds after which a race that does not go on is called stuck.
PATIENCE = 20.0
Work = Callable[[], Any]


@dataclass
class Outcome:
    """What one of them came to; ``waited`` is whether it had to wait for another's lock."""

    result: Any = None
    error: Exception | None = None
    waited: bool = False

    @property
    def code(self) -> str:
        """The code of a refusal; empty when there was none."""
        return "" if self.error is None else str(getattr(self.error, "code", type(self.error).__name__))


@dataclass
class _Runner:
    """A thread with a database session of its own, in acme."""

    work: Work
    hold: threading.Event | None = None
    outcome: Outcome = field(default_factory=Outcome)
    pid: int = 0
    ready: threading.Event = field(default_factory=threading.Event)
    reached: threading.Event = field(default_factory=threading.Event)

    def start(self) -> "_Runner":
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        assert self.ready.wait(PATIENCE), "no session for one of the racers"
        return self

    def _run(self) -> None:
        try:
            with schema_context("acme"):
                connection.ensure_connection()
                self.pid = connection.connection.info.backend_pid
                self.ready.set()
                self.outcome.result = self._work()
        except Exception as error:  # noqa: BLE001  the test looks at it
            self.outcome.error = error
        finally:
            self.ready.set()
            self.reached.set()
            connections.close_all()

    def _work(self) -> Any:
        if self.hold is None:
            return self.work()
        with transaction.atomic():
            result = self.work()
            self.reached.set()
            assert self.hold.wait(PATIENCE), "nobody let the first one commit"
            return result

    def join(self) -> Outcome:
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive(), "one of the racers is stuck"
        return self.outcome


def race(first: Work, *others: Work) -> list[Outcome]:
    """Let the others run into the first before it commits; return what each came to, in the order given.

    They start one after the other: each when the one before it waits or has ended.
    """
    let_go = threading.Event()
    ahead = _Runner(first, let_go).start()
    assert ahead.reached.wait(PATIENCE), "the first one is stuck"
    behind: list[_Runner] = []
    try:
        with psycopg.connect(SERVERS.superuser_url, autocommit=True) as observer:
            for work in others:
                behind.append(_Runner(work).start())
                behind[-1].outcome.waited = _is_blocked(observer, behind[-1])
    finally:
        let_go.set()
    return [one.join() for one in (ahead, *behind)]


def _is_blocked(observer: Any, runner: _Runner) -> bool:
    """Whether it waits for a lock; False when it has ended without."""
    deadline = time.monotonic() + PATIENCE
    while runner.thread.is_alive():
        if observer.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [runner.pid]).fetchone()[0]:
            return True
        assert time.monotonic() < deadline, "the second one neither waits nor ends"
        runner.thread.join(0.002)
    return False
