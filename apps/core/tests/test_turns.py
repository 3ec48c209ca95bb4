"""Turns at heavy work: some threads are always left for what is light."""

from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO
from threading import Event, Thread

import openpyxl
import pytest

from apps.core.turns import TURNS, CalculationsBusy, TooManyAtOnce, Turns, of_group, request
from resimate_text.tables.workbook import sheets


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as held:
        yield held


def test_one_owner_has_its_share_and_no_more(stack: ExitStack) -> None:
    turns = Turns(together=3, of_one=1, waiting=0, patience=0)
    stack.enter_context(turns.take("acme"))

    with pytest.raises(TooManyAtOnce), turns.take("acme"):
        pass
    stack.enter_context(turns.take("globex"))


@pytest.mark.parametrize(
    ("group", "too_many", "busy"),
    [
        ("calculations", "too_many_calculations", "calculations_busy"),
        ("files", "too_many_files_at_once", "others_busy"),
        ("models", "too_many_large_requests", "others_busy"),
    ],
)
def test_each_is_told_of_what_it_asked_for(stack: ExitStack, group: str, too_many: str, busy: str) -> None:
    turns = Turns(together=1, of_one=1, waiting=0, patience=0)
    stack.enter_context(turns.take("acme"))

    with pytest.raises(TooManyAtOnce) as own, turns.take("acme", of_group(group)):
        pass
    with pytest.raises(CalculationsBusy) as all_, turns.take("globex", of_group(group)):
        pass

    assert (own.value.code, own.value.status, all_.value.code, all_.value.status) == (too_many, 429, busy, 503)


def test_all_owners_together_leave_threads_for_others(stack: ExitStack) -> None:
    turns = Turns(together=2, of_one=1, waiting=0, patience=0)
    for owner in ("acme", "globex"):
        stack.enter_context(turns.take(owner))

    with pytest.raises(CalculationsBusy), turns.take("initech"):
        pass


def test_a_turn_is_free_again_whatever_happened_in_it() -> None:
    turns = Turns(together=1, of_one=1, waiting=0, patience=0)
    with pytest.raises(ZeroDivisionError), turns.take("acme"):
        raise ZeroDivisionError

    with turns.take("acme"):
        pass


def test_who_waits_a_moment_gets_the_turn_that_becomes_free() -> None:
    turns, begun, go, done = Turns(1, 1, waiting=1, patience=10), Event(), Event(), Event()

    def first() -> None:
        with turns.take("acme"):
            begun.set()
            go.wait(10)

    def second() -> None:
        with turns.take("acme"):
            done.set()

    threads = [Thread(target=first), Thread(target=second)]
    threads[0].start()
    assert begun.wait(10)
    threads[1].start()
    assert not done.wait(0.05)
    go.set()

    assert done.wait(10)
    for thread in threads:
        thread.join()


def test_few_may_wait() -> None:
    turns, begun, go = Turns(1, 1, waiting=1, patience=10), Event(), Event()

    def hold() -> None:
        with turns.take("acme"):
            begun.set()
            go.wait(10)

    holder, waiter = Thread(target=hold), Thread(target=lambda: turns.take("acme").__enter__())
    holder.start()
    assert begun.wait(10)
    waiter.start()
    while not turns._queue.total():
        pass

    with pytest.raises(TooManyAtOnce), turns.take("acme"):
        pass
    go.set()
    for thread in (holder, waiter):
        thread.join()


def test_a_request_that_reads_a_workbook_keeps_its_turn_until_it_is_answered() -> None:
    content = BytesIO()
    openpyxl.Workbook().save(content)
    workbook = content.getvalue()

    with request():
        sheets(workbook)
        assert TURNS._taken.total() == 1
        sheets(workbook)
    assert not TURNS._taken.total()

    sheets(workbook)  # a job waits for nobody here
    assert not TURNS._taken.total()
