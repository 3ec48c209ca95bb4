"""The part that runs in pytest, in the copy: ``pytest -p resimate.guards.trying`` with a plan in ``RESIMATE_GUARDS``.

First it runs tests and writes down which guards each has reached, then, for each guard, it forks a process in which
that guard is left out and runs the tests that reached it, until one fails. Django and the tests are loaded once.
"""

import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from resimate.guards import switches

#: Seconds that a test may take beyond five times what it took with all guards.
PATIENCE = 20.0
PULSE = 0.02
#: Fixtures of tests that start the product, or look at it from outside: there all guards are as they should be.
OUTSIDE = frozenset({"product", "playwright", "door"})
PLAN: dict[str, Any] = json.loads(Path(os.environ["RESIMATE_GUARDS"]).read_text())
_during: dict[str, set[int]] = {}


def _write(line: Mapping[str, Any]) -> None:
    with Path(PLAN["out"]).open("a") as file:
        file.write(f"{json.dumps(line)}\n")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = [one for one in items if not OUTSIDE & set(getattr(one, "fixturenames", ()))]


def pytest_sessionstart() -> None:
    switches.install()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # not before the child has ended, too


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    if "guards" not in PLAN:
        return None
    _servers().make_template()  # a child that had to would be over its time: "noticed", by no test
    items = {item.nodeid: item for item in session.items}
    noticed: Counter[str] = Counter(PLAN["noticed"])
    for wanted in PLAN["guards"]:
        rank = partial(_rank, wanted["path"], noticed)
        order = sorted(wanted["tests"], key=rank)
        tests = [(items[name], took) for name, took, _ in order if name in items]
        began = time.monotonic()
        verdict, test = _try(session, wanted["number"], tests)
        noticed.update([test, f"{wanted['path']} {test}"])
        digest = wanted["digests"].get(test.partition("::")[0], wanted["digest"])
        _write({"key": wanted["key"], "path": wanted["path"], "digest": digest, "verdict": verdict, "test": test})
        print(f"{verdict:9} {time.monotonic() - began:6.1f} s {wanted['key']}", flush=True)  # noqa: T201  its progress
    return True


def _rank(path: str, noticed: Counter[str], timed: tuple[str, float, float]) -> float:
    """The fastest first; sooner what is near to the guard, and what has noticed others, there above all."""
    test, took, near = timed
    return (0.2 + took) / (0.1 + near) ** 2 / (1 + noticed[test] + 9 * noticed[f"{path} {test}"])


# -- which guards a test reaches


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    switches.reached.clear()
    yield
    _during["setup"] = set(switches.reached)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    report = yield
    if "guards" not in PLAN and report.when == "call":
        line = {"test": item.nodeid, "took": report.duration, "passed": report.passed}
        _write({**line, "setup": sorted(_during["setup"]), "call": sorted(switches.reached - _during["setup"])})
    return report


# -- one guard less


def _try(session: Any, number: int, tests: Sequence[tuple[Any, float]]) -> tuple[str, str]:
    """What the tests say without that guard, and the test that noticed; each has its time."""
    if not tests:
        return "unreached", ""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        _be_without(session, number, [item for item, _ in tests], writer)
    os.close(writer)
    try:
        return _watch(child, reader, tests)
    finally:
        os.close(reader)
        _end(child)


def _be_without(session: Any, number: int, items: list[Any], writer: int) -> None:
    """The child: it says a byte before each test, and ends with 1 when one has failed."""
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    switches.left_out = number
    code = 0
    try:
        for at, item in enumerate(items):
            os.write(writer, b".")
            after = items[at + 1] if at + 1 < len(items) else None
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            if session.testsfailed:
                code = 1
                break
    except BaseException:  # noqa: BLE001  whatever it is, all was well with the guard
        code = 1
    os._exit(code)


def _watch(child: int, reader: int, tests: Sequence[tuple[Any, float]]) -> tuple[str, str]:
    os.set_blocking(reader, False)
    at, end, over = 0, time.monotonic() + PATIENCE * 2, time.monotonic() + PLAN["limit"]
    while True:
        gone, status = os.waitpid(child, os.WNOHANG)
        moment = time.monotonic()
        for _ in _said(reader):
            at, end = at + 1, moment + PATIENCE + 5 * tests[at][1]
        name = tests[max(0, at - 1)][0].nodeid
        if gone:
            return ("noticed", name) if os.waitstatus_to_exitcode(status) else ("survived", "")
        if moment > end or moment > over:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return ("timeout", name) if moment > end else ("unsettled", "")
        time.sleep(PULSE)


def _said(reader: int) -> bytes:
    try:
        return os.read(reader, 4096)
    except BlockingIOError:
        return b""


def _servers() -> Any:
    """The module of the suite that has the databases: imported by it, never by us, because it starts servers."""
    return sys.modules["resimate.tests.database"]


def _end(child: int) -> None:
    """Take away what is left of the child: its processes, and its database."""
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    database = _servers()
    database.drop_database(f"test_{child}_{database.worker_number()}")
