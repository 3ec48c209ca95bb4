"""Calls over a line that a real Toxiproxy spoils end in time, and whoever is behind it is left alone for a while."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import F
from django_tenants.utils import schema_context

from apps.outbound import services
from apps.outbound.breaker import LeftAlone
from apps.outbound.lines import Line
from apps.outbound.models import Destination
from apps.outbound.services import NotAnswered
from resimate_net import Limits
from resimate_net.tests.other_side import NEAR, OtherSide, other_side, saying
from resimate_servers.tests import toxiproxy as peer

pytestmark = [pytest.mark.thorough, pytest.mark.requirement("AR-002", "EXT-002")]
BODY = b"x" * 400
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n" + BODY
LONG = Line("test", Limits(seconds=60), failures=3, pause=3000, longest_pause=3000, a_minute=0)
SHORT = Line("test", Limits(seconds=0.5), failures=3, pause=3000, longest_pause=3000, a_minute=0)
SPOILT = {
    "late": ("slow", SHORT, {"kind": "latency", "latency": 20_000}),
    "reset": ("broken", LONG, {"kind": "reset_peer", "timeout": 0}),
    "cut": ("broken", LONG, {"kind": "limit_data", "bytes": 200}),
    "hanging": ("slow", SHORT, {"kind": "timeout", "stream": "upstream", "timeout": 0}),
    "trickling": ("slow", SHORT, {"kind": "slicer", "average_size": 1, "size_variation": 0, "delay": 100_000}),
}


@pytest.fixture(scope="module")
def proxies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[peer.Toxiproxy]:
    with peer.toxiproxy(tmp_path_factory.mktemp("toxiproxy")) as running:
        yield running


@pytest.fixture
def server() -> Iterator[OtherSide]:
    with other_side(saying(OK)) as running:
        yield running


def here(*_: object) -> Sequence[str]:
    return ["127.0.0.1"]


@pytest.mark.parametrize(("reason", "line", "how"), list(SPOILT.values()), ids=list(SPOILT))
def test_a_call_ends_and_after_three_nobody_calls_until_one_tries(
    acme: Any,
    now: datetime,
    settings: Any,
    proxies: peer.Toxiproxy,
    server: OtherSide,
    reason: str,
    line: Line,
    how: dict[str, Any],
) -> None:
    settings.OUTBOUND_ALLOW = NEAR.allowed
    way = proxies.line_to(server.port)

    def call(patience: Line = line) -> int:
        return services.call(patience, f"http://hooks.example:{way.port}/", now=now, resolve=here).status

    def reason_of_a_call() -> str:
        with pytest.raises(NotAnswered) as told:
            call()
        return told.value.reason

    def pass_the_pause() -> None:
        with schema_context("public"):
            Destination.objects.update(shut_until=F("shut_until") - timedelta(hours=2))

    with way.spoilt(**how):
        assert [reason_of_a_call() for _ in range(3)] == [reason] * 3
        with pytest.raises(LeftAlone):
            call()
        pass_the_pause()
        assert reason_of_a_call() == reason
        with pytest.raises(LeftAlone):
            call()
    with pytest.raises(LeftAlone):
        call()
    pass_the_pause()

    assert [call(LONG) for _ in range(2)] == [200, 200]
