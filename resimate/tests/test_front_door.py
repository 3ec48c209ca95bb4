"""What the front door takes in before a thread is asked: what it cannot tell apart, and for what there is room."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from types import SimpleNamespace
from unittest.mock import AsyncMock, Mock

import pytest

from apps.core import metrics
from resimate.front import intake
from resimate.front.door import _watch, unfit
from resimate.front.exchange import Exchange

KILOBYTE = 1024


class Headers(dict[str, str]):
    """As granian gives them, with one value each."""


def asked(**headers: str) -> SimpleNamespace:
    return SimpleNamespace(headers=Headers({name.replace("_", "-"): value for name, value in headers.items()}))


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 0),
        ("application/json; charset=utf-8", 0),
        ("Application/Merge-Patch+JSON", 0),
        ("application/x-www-form-urlencoded", 411),
        ("application/x-www-form-urlencoded; x=json", 411),
        ("multipart/form-data; boundary=json", 411),
        ("text/csv;/json", 411),
        ("", 411),
    ],
)
def test_only_json_may_come_in_chunks_whatever_stands_behind_its_type(kind: str, status: int) -> None:
    """A form in chunks that breaks off looks whole, so its length must be known."""
    assert unfit(asked(host="demo.localhost", transfer_encoding="chunked", content_type=kind)) == status


async def pieces(*sizes: int) -> AsyncIterator[bytes]:
    for size in sizes:
        yield b"x" * size


def received(room: intake.Room, *sizes: int) -> intake.Body:
    body = intake.Body(room, "192.0.2.1", "demo.localhost", most=1024 * KILOBYTE)
    asyncio.run(body.receive(pieces(*sizes), sum(sizes)))
    return body


def test_a_form_comes_in_while_long_bodies_take_all_the_room() -> None:
    room = intake.Room(most=600 * KILOBYTE, most_each=300 * KILOBYTE)
    long = received(room, 100 * KILOBYTE, 264 * KILOBYTE)  # all that its address may have
    with pytest.raises(intake.Refused) as refused:
        received(room, 65 * KILOBYTE)
    form = received(room, 200, 300)

    assert refused.value.status == 503
    assert form.file.read() == b"x" * 500

    long.close()
    form.close()
    assert not room.taken
    assert not room.by_address


def test_what_a_refused_body_took_is_given_back() -> None:
    room = intake.Room(most=100 * KILOBYTE, most_each=100 * KILOBYTE)
    body = intake.Body(room, "192.0.2.1", "demo.localhost", most=1024 * KILOBYTE)

    with pytest.raises(intake.Refused):
        asyncio.run(body.receive(pieces(128 * KILOBYTE, 64 * KILOBYTE), None))
    body.close()

    assert (room.taken, room.bodies, dict(room.by_address)) == (0, 0, {})


@pytest.mark.requirement("MON-001")
@pytest.mark.parametrize("is_answered", [True, False])
def test_a_client_that_leaves_with_its_answer_has_not_abandoned_it(
    is_answered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop puts away what was answered when it is awake anyway, which may be after the client has gone."""
    abandoned = Mock()
    monkeypatch.setattr(metrics, "ABANDONED", abandoned)

    async def leave() -> None:
        proto = Mock(client_disconnect=AsyncMock())
        exchange = Exchange(asked(host="demo.localhost"), proto, asyncio.get_running_loop(), deque())
        if is_answered:
            exchange.refuse(503)
            exchange.end()
        await _watch(exchange)

    asyncio.run(leave())

    assert abandoned.inc.called is not is_answered


def test_long_bodies_for_one_host_come_in_no_faster_than_others_bear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "time", SimpleNamespace(monotonic=lambda: 100.0))
    room = intake.Room(most=KILOBYTE, most_each=KILOBYTE)

    waits = [room.wait("demo.localhost", intake.MOST_RATE) for _ in range(3)]

    assert waits == [-1, 0, 1]
    assert room.wait("hdi.localhost", intake.MOST_RATE) == -1


def test_a_body_beyond_its_rate_waits_and_a_form_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake.Room, "wait", lambda room, host, size: 0.0 if size < 64 * KILOBYTE else 0.01)
    slept = AsyncMock()
    monkeypatch.setattr(asyncio, "sleep", slept)
    room = intake.Room(most=600 * KILOBYTE, most_each=600 * KILOBYTE)

    for sizes in ([60 * KILOBYTE], [64 * KILOBYTE, 64 * KILOBYTE]):
        received(room, *sizes).close()

    slept.assert_awaited_once_with(0.01)
