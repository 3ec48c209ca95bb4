"""One parent for all processes: starts them in order, restarts what crashes, stops them in reverse order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Protocol, Self, TextIO, TypeVar

from resimate_servers import processes
from resimate_servers.errors import EmbeddedError
from resimate_servers.installation import Installation
from resimate_servers.output import Output, Stream

LONGEST_PAUSE = 30.0
STEADY_AFTER = 60.0
DRAIN_SECONDS = 30.0
PULSE = 0.2
TITLE_WIDTH = 46

T = TypeVar("T")


class StopRequested(BaseException):
    """Ctrl-C or SIGTERM arrived; not an Exception, so that no step swallows it."""


class Resident(Protocol):
    """A server that runs inside the supervisor's own process."""

    name: str
    title: str
    port: int

    def start(self) -> None: ...
    def stop(self) -> None: ...


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class Child:
    """How one process is started, known to be ready, and stopped; all times are in seconds.

    ``settling`` is how long a child that cannot be asked has to run before it counts as started, ``patience`` how long
    it may take to be ready, ``grace`` how long it may finish its work after ``stop_signal``.
    """

    name: str
    title: str
    command: Sequence[str | Path]
    ready: Callable[[], bool] = lambda: True
    port: int | None = None
    prepare: Callable[[], None] = _nothing
    account: processes.Account | None = None
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGTERM
    grace: float = DRAIN_SECONDS
    settling: float = 0.0
    patience: float = 60.0
    shown: bool = True


@dataclass
class Running:
    """A started child, and how often it crashed in a row."""

    child: Child
    process: subprocess.Popen[bytes]
    stream: Stream
    started: float
    crashes: int = 0
    due: float | None = None


class Supervisor:
    """Use it as a context manager; leaving it stops everything, whatever the reason.

    with Supervisor(installation) as supervisor:
        supervisor.start(child)
        supervisor.step("Migrating", migrate)
        supervisor.run_forever()
    """

    def __init__(self, installation: Installation, out: TextIO = sys.stdout) -> None:
        self.installation = installation
        self.output = Output(installation.logs, out)
        self._started: list[Running | Resident] = []
        self._handlers: dict[int, Any] = {}
        self._stopping = False
        self._asked = False
        self._undisturbable = False

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup
                self._handlers[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        self._stopping = True
        try:
            self.stop()
        finally:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)
            self.output.close()
        return kind is StopRequested

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        """The first request interrupts whatever runs; while stopping, further ones change nothing."""
        self._asked = True
        if not self._undisturbable:
            self._heed()

    def _heed(self) -> None:
        if self._asked and not self._stopping:
            self._stopping = True
            raise StopRequested

    @contextmanager
    def _undisturbed(self) -> Iterator[None]:
        """Between starting a process and writing it down no signal may come in between."""
        self._undisturbable = True
        try:
            yield
        finally:
            self._undisturbable = False
        self._heed()

    def say(self, line: str) -> None:
        self.output.say(line)

    def step(self, title: str, work: Callable[[], T]) -> T:
        """Do one thing, and say what and how long it took."""
        began = time.monotonic()
        self.output.begin(f"{title:<{TITLE_WIDTH}}")
        result = work()
        self.output.finish(f"{time.monotonic() - began:6.1f} s")
        return result

    def start(self, *children: Child) -> None:
        """Start a child and wait until it is ready; several ones start side by side."""

        def launch_and_wait() -> None:
            for running in [self._launch(child) for child in children]:
                _wait_for(running)

        self.step(f"Starting {', '.join(child.title for child in children)}", launch_and_wait)

    def start_inside(self, resident: Resident) -> None:
        """Start a server that runs in this process."""
        self.step(f"Starting {resident.title}", resident.start)
        self._started.append(resident)
        self.installation.record(resident.name, port=resident.port)

    def _launch(self, child: Child) -> Running:
        child.prepare()
        with self._undisturbed():
            running = self._spawn(child)
            self._started.append(running)
        return running

    def _spawn(self, child: Child) -> Running:
        process = processes.spawn(
            child.command, account=child.account, death_signal=child.death_signal, env=child.env, cwd=child.cwd
        )
        if process.stdout is None:
            raise EmbeddedError(f"{child.title} has no output to follow.")
        stream = self.output.follow(child.name, process.stdout, shown=child.shown)
        self.installation.record(child.name, pid=process.pid, port=child.port, stop=child.stop_signal)
        return Running(child, process, stream, time.monotonic())

    def run_forever(self) -> None:
        """Watch the children until a signal asks to stop."""
        while True:
            self.watch()
            time.sleep(PULSE)

    def watch(self) -> None:
        """Look at every child once; start those again that ended by themselves."""
        with self._undisturbed():
            _reap_strangers(self._pids())
            for place, running in enumerate(self._started):
                if isinstance(running, Running) and running.process.poll() is not None:
                    self._started[place] = self._revived(running)

    def _revived(self, ended: Running) -> Running:
        now = time.monotonic()
        if ended.due is None:
            processes.end_session(ended.process.pid)
            crashes = 1 if now - ended.started > STEADY_AFTER else ended.crashes + 1
            pause = min(2.0 ** (crashes - 1), LONGEST_PAUSE)
            ended.crashes, ended.due = crashes, now + pause
            self.say(_why(ended, f"stopped (exit code {ended.process.returncode}); starting it again in {pause:.0f} s"))
        if now < ended.due:
            return ended
        ended.child.prepare()
        again = self._spawn(ended.child)
        again.crashes = ended.crashes
        return again

    def _pids(self) -> set[int]:
        return {running.process.pid for running in self._started if isinstance(running, Running)}

    def stop(self) -> None:
        """Stop in reverse order; each child may finish what it is doing for as long as its grace lasts."""
        self._stopping = True
        while self._started:
            running = self._started.pop()
            if isinstance(running, Running):
                self._stop_child(running)
            else:
                running.stop()
                self.installation.forget(running.name)

    def _stop_child(self, running: Running) -> None:
        child = running.child
        began = time.monotonic()
        gentle = processes.stop(running.process, child.stop_signal, child.grace)
        how = "Stopped" if gentle else "Killed"
        self.say(f"{how + ' ' + child.title:<{TITLE_WIDTH}}{time.monotonic() - began:6.1f} s")
        self.installation.forget(child.name)


def _wait_for(running: Running) -> None:
    child = running.child

    def settled() -> bool:
        return time.monotonic() - running.started >= child.settling and child.ready()

    ready = processes.wait_until(lambda: running.process.poll() is not None or settled(), child.patience)
    if running.process.poll() is not None:
        raise EmbeddedError(_why(running, f"stopped while starting (exit code {running.process.returncode})"))
    if not ready:
        raise EmbeddedError(_why(running, f"was not ready after {child.patience:.0f} s"))


def _why(running: Running, what: str) -> str:
    """A sentence about a child that failed, and the last lines it printed when they were not shown anyway."""
    time.sleep(PULSE)  # lets the reader of the pipe catch up
    lines = list(running.stream.last)
    if any("No space left on device" in line for line in lines):
        return f"{running.child.title} {what}: the disk is full; make room and start again."
    shown = [] if running.child.shown else lines[-8:]
    return "\n".join([f"{running.child.title} {what}.", *(f"    {line}" for line in shown)])


def _reap_strangers(ours: set[int]) -> None:
    """As pid 1 of a container, collect the orphans that the kernel hands to us; leave our children to Popen."""
    if os.getpid() != 1:
        return
    while True:
        try:
            waiting = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if waiting is None or waiting.si_pid in ours:
            return
        os.waitpid(waiting.si_pid, 0)
