"""A worker in a process of its own that stops at a step of its delivery, to be killed there with ``kill -9``.

A step is a statement that writes, or either side of a commit. ``python -m resimate.tests.races.killed`` reads lines of
JSON, each a moment and where to stop; for each it forks a worker that delivers what is due at that moment. It says
``at <process> <session> <step>`` when one has stopped, and ``ended <code>`` at its end.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

WRITES = ("INSERT", "UPDATE", "DELETE", "WITH")
SESSIONS = "killable"
GO_ON = signal.SIGUSR1
PATIENCE = 30.0
NEVER = 10**6


class Stopped(NamedTuple):
    """Where a worker waits for its end: its process, the session of its database, and what it is about to do."""

    process: int
    session: int
    step: str


class Workers:
    """Starts workers on a database one after the other; ready to fork, so that each takes a moment."""

    def __init__(self, app_url: str, owner_url: str) -> None:
        marked = f"?application_name={SESSIONS}"
        urls = {"DATABASE_URL": app_url + marked, "DATABASE_OWNER_URL": owner_url + marked}
        self.process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            env=os.environ | urls,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.watchdog = threading.Timer(10 * PATIENCE, self.process.kill)
        self.watchdog.start()

    def start(self, moment: datetime, step: int = 1, *, word: str = "", every: bool = False) -> Stopped | None:
        """Let a worker deliver up to that step of those with the word; None where it came to its end before.

        With ``every`` each statement is a step, whether it writes or not.
        """
        assert self.process.stdin is not None
        stop = {"moment": moment.isoformat(), "step": step, "word": word, "every": every}
        self.process.stdin.write(f"{json.dumps(stop)}\n")
        self.process.stdin.flush()
        kind, *said = self._line().split(maxsplit=3)
        if kind == "ended":
            assert said == ["0"], "the worker failed"
            return None
        return Stopped(int(said[0]), int(said[1]), said[2])

    def work(self, moment: datetime) -> None:
        """Let a worker deliver everything that is due."""
        assert self.start(moment, NEVER) is None

    def end(self, stopped: Stopped, with_signal: signal.Signals = signal.SIGKILL) -> int:
        """Kill it, or let it go on; returns its exit code once it is gone."""
        os.kill(stopped.process, with_signal)
        return int(self._line().split()[1])

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the workers are gone"
        return line.strip()

    def close(self) -> None:
        self.watchdog.cancel()
        self.process.kill()
        self.process.communicate()


def wait_until_gone(observer: Any) -> None:
    """Until PostgreSQL has noticed that the workers are gone, and undone what they had not committed."""
    deadline = time.monotonic() + PATIENCE
    asked = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
    while observer.execute(asked, [SESSIONS]).fetchone()[0]:
        assert time.monotonic() < deadline, "a dead worker's session is still there"
        time.sleep(0.005)


class _Steps:
    """Counts steps, and waits for its end at one of them."""

    def __init__(self, *, step: int, word: str, every: bool) -> None:
        self.stop_at, self.word, self.every, self.count = step, word, every, 0
        signal.pthread_sigmask(signal.SIG_BLOCK, {GO_ON})

    def statement(self, execute: Callable[..., Any], sql: Any, *rest: Any) -> Any:
        if self.every or str(sql).lstrip().startswith(WRITES):
            self.step(" ".join(str(sql).split()))
        return execute(sql, *rest)

    def step(self, what: str) -> None:
        from django.db import connection

        self.count += self.word in what
        if self.word in what and self.count == self.stop_at:
            session = connection.connection.info.backend_pid if connection.connection else 0
            os.write(1, f"at {os.getpid()} {session} {what[:200]}\n".encode())
            signal.sigwait({GO_ON})


def _work(moment: datetime, steps: _Steps) -> None:
    from django.db import connection
    from django.db.backends.base.base import BaseDatabaseWrapper

    from apps.core import events, presence

    commit = BaseDatabaseWrapper._commit  # type: ignore[attr-defined]

    def watched(wrapper: Any) -> None:
        steps.step("before a commit")
        commit(wrapper)
        steps.step("after a commit")

    BaseDatabaseWrapper._commit = watched  # type: ignore[attr-defined]
    presence.HERE = presence.Presence()  # type: ignore[misc]  # a worker of its own
    presence.HERE.show()
    with connection.execute_wrapper(steps.statement):
        while events.deliver_due(moment):
            pass


def _fork(moment: datetime, stop: Mapping[str, Any]) -> int:
    """Work in a fork; returns its exit code."""
    process = os.fork()
    if process:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    code = 1
    try:
        _work(moment, _Steps(**stop))
        code = 0
    except BaseException:  # noqa: BLE001  it ends here, and nobody's handlers are to run
        traceback.print_exc()
    finally:
        os._exit(code)


def main() -> None:
    import django

    django.setup()
    for line in sys.stdin:
        stop = json.loads(line)
        code = _fork(datetime.fromisoformat(stop.pop("moment")), stop)
        os.write(1, f"ended {code}\n".encode())


if __name__ == "__main__":
    main()
