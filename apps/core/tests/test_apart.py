"""Heavy work in a process of its own: it comes back, and it ends when it must."""

import math
import time
from pathlib import Path

import pytest

from apps.core import apart
from apps.core.errors import Invalid, Problem
from resimate_text.sentences import Sentence


def unwatched() -> None: ...


def refuse() -> None:
    raise Invalid("No.", errors=[Problem("/n", Sentence("{n} is odd", n=1), "odd")])


def processes() -> set[str]:
    """The children of this process that have not ended."""
    return set(Path(f"/proc/self/task/{Path('/proc/thread-self').resolve().name}/children").read_text().split())


def test_it_gives_back_what_the_function_returns() -> None:
    assert apart.run(math.hypot, 3, 4, seconds=20, look=unwatched) == 5.0


def test_it_raises_what_the_function_raises() -> None:
    with pytest.raises(Invalid) as refused:
        apart.run(refuse, seconds=20, look=unwatched)

    assert (refused.value.detail, refused.value.errors[0].detail) == ("No.", "1 is odd")


def test_what_takes_too_long_is_ended() -> None:
    before, started = processes(), time.monotonic()

    with pytest.raises(apart.TookTooLong):
        apart.run(time.sleep, 60, seconds=0.6, look=unwatched)

    assert time.monotonic() - started < 20
    assert processes() <= before


def test_what_nobody_wants_any_more_is_ended() -> None:
    def cancelled() -> None:
        raise KeyboardInterrupt

    before = processes()
    with pytest.raises(KeyboardInterrupt):
        apart.run(time.sleep, 60, seconds=30, look=cancelled)

    assert processes() <= before


def test_what_needs_too_much_memory_is_ended() -> None:
    with pytest.raises(apart.NeededTooMuch):
        apart.run(bytes, 10**9, seconds=20, memory=512 * 1024**2, look=unwatched)


def test_it_inherits_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.setenv("SECRET_KEY", "swordfish")

    assert apart.run(os.getenv, "SECRET_KEY", seconds=20, look=unwatched) is None
