"""Heavy work in a process of its own: it comes back, and it ends when it must."""

import math
import os
import signal
import socket
import time
from pathlib import Path

import pytest

from apps.core import apart
from apps.core.errors import Invalid, Problem
from resimate_servers.processes import wait_until
from resimate_text.sentences import Sentence


def unwatched() -> None: ...


def refuse() -> None:
    raise Invalid("No.", errors=[Problem("/n", Sentence("{n} is odd", n=1), "odd")])


class Holding(Exception):
    """It cannot be sent."""

    def __init__(self) -> None:
        super().__init__("the cause")
        self.held = iter(lambda: 0, 1)


class Wanting(Exception):
    """It can be sent, and not be made again."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(one + other)


def stumble(over: str) -> None:
    raise Holding if over == "holding" else Wanting("the ", "cause")


def asked(question: str) -> str:
    return f"{question}: {apart.ask(question)}"


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def nobody_is_left() -> bool:
    """Whether the zygote has no child any more."""
    assert apart.ZYGOTE.process is not None
    return not any(task.read_text() for task in Path(f"/proc/{apart.ZYGOTE.process.pid}/task").glob("*/children"))


def test_it_gives_back_what_the_function_returns() -> None:
    assert apart.run(math.hypot, 3, 4, seconds=20, look=unwatched) == 5.0


def test_it_raises_what_the_function_raises() -> None:
    with pytest.raises(Invalid) as refused:
        apart.run(refuse, seconds=20, look=unwatched)

    assert (refused.value.detail, refused.value.errors[0].detail) == ("No.", "1 is odd")


@pytest.mark.parametrize("over", ["holding", "wanting"])
def test_what_cannot_be_sent_is_said(over: str) -> None:
    with pytest.raises(RuntimeError, match="the cause"):
        apart.run(stumble, over, seconds=20, look=unwatched)


def test_what_it_asks_is_answered_where_it_was_asked_for() -> None:
    assert apart.run(asked, "x", seconds=20, look=unwatched, answer=str.upper) == "x: X"


def test_it_waits_for_its_child_whatever_sockets_do_by_default() -> None:
    """A worker of Celery gives every new socket a time-out while it ends, and its last work goes on meanwhile."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(5)
    try:
        for zygote in (apart.ZYGOTE.process, None):
            if zygote is not None:
                zygote.kill()
                zygote.wait()
            assert apart.run(asked, "x", seconds=20, look=unwatched, answer=late) == "x: X"
    finally:
        socket.setdefaulttimeout(before)


def late(question: str) -> str:
    """An answer for which the child has to wait."""
    time.sleep(0.3)  # so that the child reads before there is anything
    return question.upper()


def test_what_cannot_be_answered_ends_it() -> None:
    with pytest.raises(LookupError):
        apart.run(asked, "x", seconds=20, look=unwatched)

    assert wait_until(nobody_is_left, 20)


def test_two_at_a_time_do_not_wait_for_each_other() -> None:
    def meanwhile(question: str) -> float:
        return apart.run(math.hypot, 3, 4, seconds=20, look=unwatched)

    assert apart.run(asked, "x", seconds=20, look=unwatched, answer=meanwhile) == "x: 5.0"


def test_it_lets_those_go_first_who_answer_people() -> None:
    assert apart.run(os.nice, 0, seconds=20, look=unwatched) > os.nice(0)


def test_one_that_is_killed_has_no_result() -> None:
    with pytest.raises(apart.NeededTooMuch):
        apart.run(killed, seconds=20, look=unwatched)

    assert apart.run(math.hypot, 3, 4, seconds=20, look=unwatched) == 5.0


def test_when_the_process_that_forks_is_killed_the_next_work_has_another() -> None:
    apart.run(math.hypot, 3, 4, seconds=20, look=unwatched)
    assert apart.ZYGOTE.process is not None
    apart.ZYGOTE.process.kill()
    apart.ZYGOTE.process.wait()

    assert apart.run(math.hypot, 3, 4, seconds=20, look=unwatched) == 5.0


def test_what_takes_too_long_is_ended() -> None:
    started = time.monotonic()

    with pytest.raises(apart.TookTooLong):
        apart.run(time.sleep, 60, seconds=0.6, look=unwatched)

    assert time.monotonic() - started < 20
    assert wait_until(nobody_is_left, 20)


def test_what_nobody_wants_any_more_is_ended() -> None:
    def cancelled() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apart.run(time.sleep, 60, seconds=30, look=cancelled)

    assert wait_until(nobody_is_left, 20)


def test_what_needs_too_much_memory_is_ended() -> None:
    with pytest.raises(apart.NeededTooMuch):
        apart.run(bytes, 10**9, seconds=20, memory=512 * 1024**2, look=unwatched)


def test_it_inherits_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "ZYGOTE", apart.Zygote())  # which is started by what follows
    monkeypatch.setenv("SECRET_KEY", "swordfish")

    assert apart.run(os.getenv, "SECRET_KEY", seconds=20, look=unwatched) is None
