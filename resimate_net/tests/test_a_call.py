"""A call goes to the address that was checked, ends in time, and takes no more than it said."""

import itertools
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from resimate_net import Answer, Limits, NotOutside, Rules, Unanswered, addresses_of, send, target_of
from resimate_net.resolving import FREE, LOOKS
from resimate_net.tests.other_side import NEAR, Behaviour, certificate, other_side, saying

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
BOUNDS = Limits(seconds=20, body=1000, head=4000, headers=20)
QUICK = replace(BOUNDS, seconds=0.15)


def here(*_: object) -> Sequence[str]:
    """A fake of the resolver: every name leads to this machine."""
    return ["127.0.0.1"]


def called(behaviour: Behaviour, path: str = "/", **more: Any) -> Answer:
    with other_side(behaviour) as server:
        target = target_of(f"http://hooks.example:{server.port}{path}", NEAR)
        return send(target, rules=NEAR, resolve=here, **{"limits": BOUNDS, **more})


def why(behaviour: Behaviour, **more: Any) -> str:
    with pytest.raises(Unanswered) as told:
        called(behaviour, **more)
    return told.value.reason


def test_the_name_is_said_and_the_address_is_called() -> None:
    with other_side(saying(OK)) as server:
        target = target_of(f"http://hooks.example:{server.port}/T0?x=1", NEAR)
        answer = send(target, "POST", headers={"X-Id": "7"}, body=b"{}", rules=NEAR, limits=BOUNDS, resolve=here)

    assert answer == Answer(200, {"content-type": "text/plain", "content-length": "2"}, b"ok")
    first, *lines = server.heads[0].split(b"\r\n\r\n")[0].decode().split("\r\n")
    assert first == "POST /T0?x=1 HTTP/1.1"
    said = dict(line.split(": ") for line in lines)
    assert said.pop("Host") == f"hooks.example:{server.port}"
    ours = {"Connection": "close", "Accept-Encoding": "identity", "User-Agent": "Resimate"}
    assert said == {**ours, "X-Id": "7", "Content-Length": "2"}


def test_a_redirect_is_an_answer_and_leads_nowhere() -> None:
    with other_side(saying(OK)) as inside:
        location = f"http://127.0.0.1:{inside.port}/secret".encode()
        answer = called(saying(b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"))

    assert (answer.status, answer.headers["location"]) == (302, location.decode())
    assert inside.heads == []


def test_a_name_that_leads_inside_at_the_next_look_is_not_called_again() -> None:
    looks = iter([["127.0.0.1"], ["10.0.0.1"]])

    def rebinding(*_: object) -> Sequence[str]:
        """A fake of the resolver: outside at the first look, inside at the second."""
        return next(looks)

    with other_side(saying(OK)) as server:
        target = target_of(f"http://hooks.example:{server.port}/", NEAR)
        assert send(target, rules=NEAR, limits=BOUNDS, resolve=rebinding).status == 200
        with pytest.raises(NotOutside):
            send(target, rules=NEAR, limits=BOUNDS, resolve=rebinding)

    assert len(server.heads) == 1


def test_one_call_looks_once_and_connects_to_what_it_saw(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system is asked for no name any more once the addresses are known."""
    asked: list[object] = []
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, *more: Any, **named: Any) -> Any:
        asked.append(host)
        return real(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    assert called(saying(OK)).status == 200
    assert asked == ["127.0.0.1"]


def test_what_the_environment_says_of_proxies_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with other_side(saying(OK)) as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert called(saying(OK)).status == 200

    assert proxy.heads == []


def test_the_first_address_that_takes_the_connection_answers() -> None:
    with socket.create_server(("127.0.0.2", 0)) as closed:
        port = closed.getsockname()[1]
    with other_side(saying(OK)) as server:
        assert port != server.port
        target = target_of(f"http://hooks.example:{server.port}/", NEAR)
        answer = send(target, rules=NEAR, limits=BOUNDS, resolve=lambda *_: ["127.0.0.3", "127.0.0.1"])

    assert answer.status == 200


def trickle(piece: bytes, start: bytes = b"") -> Behaviour:
    """A byte now and then, each in time for whoever waits for the next byte alone."""

    def behave(connected: socket.socket, _head: bytes) -> None:
        connected.sendall(start)
        for _ in range(100):
            connected.sendall(piece)
            time.sleep(0.05)

    return behave


def endless(piece: bytes, start: bytes) -> Behaviour:
    def behave(connected: socket.socket, _head: bytes) -> None:
        connected.sendall(start)
        for _ in itertools.repeat(None, 100_000):
            connected.sendall(piece)

    return behave


def silence(connected: socket.socket, _head: bytes) -> None:
    time.sleep(1)


STARTED = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (silence, "slow"),
        (trickle(b"H"), "slow"),
        (trickle(b"x", STARTED + b"Content-Length: 900\r\n\r\n"), "slow"),
        (trickle(b"x: y\r\n", STARTED), "slow"),
        (trickle(b"HTTP/1.1 100 Continue\r\n\r\n"), "slow"),
        (trickle(b"1\r\nx\r\n", STARTED + b"Transfer-Encoding: chunked\r\n\r\n"), "slow"),
        (endless(b"x" * 500, STARTED + b"\r\n"), "large"),
        (endless(b"1f4\r\n" + b"x" * 500 + b"\r\n", STARTED + b"Transfer-Encoding: chunked\r\n\r\n"), "large"),
        (endless(b"x: " + b"y" * 500 + b"\r\n", STARTED), "large"),
        (endless(b"y" * 500, STARTED + b"x: "), "large"),
        (endless(b"HTTP/1.1 103 Early Hints\r\n\r\n", b""), "large"),
        (saying(STARTED + b"".join(b"x%d: y\r\n" % number for number in range(21)) + b"\r\n"), "large"),
        (saying(STARTED + b"Content-Length: 900\r\n\r\nx"), "broken"),
        (saying(b"SSH-2.0-OpenSSH\r\n"), "broken"),
        (saying(b""), "broken"),
        (saying(STARTED + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"), "broken"),
        (saying(STARTED + b"Content-Length: " + b"9" * 1500 + b"\r\n\r\nhello"), "broken"),
        (saying(STARTED + b"X\x80: y\r\n\r\n"), "broken"),
        (saying(STARTED + b"Transfer-Encoding: gzip\r\n\r\n"), "broken"),
    ],
)
def test_whoever_answers_badly_is_left_in_time(behaviour: Behaviour, reason: str) -> None:
    """One who trickles would go on for five seconds, and end too early for a whole answer."""
    assert why(behaviour, limits=QUICK if reason == "slow" else BOUNDS) == reason


def test_whoever_takes_what_is_sent_slowly_is_left_too() -> None:
    """While it still takes some now and then: it would for ten seconds."""
    is_over, stayed = threading.Event(), []

    def sip(connected: socket.socket, _head: bytes) -> None:
        until = time.monotonic() + 10
        while time.monotonic() < until and not is_over.wait(0.02):
            connected.recv(50_000)
        stayed.append(not is_over.is_set())

    assert why(sip, method="POST", body=b"x" * 60_000_000, limits=QUICK) == "slow"
    is_over.set()
    assert stayed == []


def test_a_look_that_takes_long_is_left_too() -> None:
    """While it still looks: it would for ten seconds."""
    is_over, stayed = threading.Event(), []

    def sleepy(*_: object) -> Sequence[str]:
        stayed.extend([] if is_over.wait(10) else [True])
        return ["127.0.0.1"]

    target = target_of("http://hooks.example:8065/", NEAR)
    with pytest.raises(Unanswered) as told:
        send(target, rules=NEAR, limits=QUICK, resolve=sleepy)
    is_over.set()
    assert (told.value.reason, stayed) == ("slow", [])


def test_so_many_names_are_looked_up_at_a_time_and_no_more() -> None:
    """Looks that were left behind count until they end."""
    is_over = threading.Event()

    def sleepy(*_: object) -> Sequence[str]:
        is_over.wait(10)
        return ["127.0.0.1"]

    def reason() -> str:
        with pytest.raises(Unanswered) as told:
            addresses_of(target_of("http://hooks.example/", NEAR), NEAR, seconds=0.01, resolve=sleepy)
        return told.value.reason

    before = threading.active_count()
    reasons = [reason() for _ in range(LOOKS + 3)]
    during = threading.active_count()
    is_over.set()

    assert reasons == ["slow"] * LOOKS + ["busy"] * 3
    assert during - before <= LOOKS
    for _ in range(LOOKS):
        assert FREE.acquire(timeout=10)
    FREE.release(LOOKS)


def test_what_is_packed_is_not_unpacked() -> None:
    packed = b"\x1f\x8b" + b"x" * 50
    answer = called(saying(STARTED + b"Content-Encoding: gzip\r\nContent-Length: 52\r\n\r\n" + packed))

    assert answer.body == packed


def test_where_nobody_listens_there_is_no_connection() -> None:
    with other_side(saying(OK)) as server:
        target = target_of(f"http://hooks.example:{server.port}/", NEAR)
    with pytest.raises(Unanswered, match=r"hooks.example takes no connection\.") as told:
        send(target, rules=NEAR, limits=BOUNDS, resolve=here)
    assert told.value.reason == "unreachable"


@pytest.mark.parametrize("name", ["Host", "content-length", "Transfer-Encoding", "CONNECTION"])
def test_who_calls_does_not_say_where_it_goes(name: str) -> None:
    with pytest.raises(ValueError, match=name.lower()):
        called(saying(OK), headers={name: "x"})


def test_no_header_holds_another() -> None:
    with other_side(saying(OK)) as server:
        target = target_of(f"http://hooks.example:{server.port}/", NEAR)
        with pytest.raises(Unanswered) as told:
            send(target, rules=NEAR, limits=BOUNDS, resolve=here, headers={"X-Id": "7\r\nX-Admin: yes"})

    assert (told.value.reason, b"".join(server.heads)) == ("broken", b"")


@pytest.mark.parametrize(("name", "is_believed"), [("hooks.example", True), ("other.example", False)])
def test_the_certificate_has_to_be_of_the_name_not_of_the_address(tmp_path: Path, name: str, is_believed: bool) -> None:
    names: list[str | None] = []
    server_side, client_side = certificate(tmp_path, name)
    server_side.sni_callback = lambda _connection, asked, _context: names.append(asked)
    with other_side(saying(OK), server_side) as server:
        target = target_of(f"https://hooks.example:{server.port}/", NEAR)
        if is_believed:
            assert send(target, rules=NEAR, limits=BOUNDS, resolve=here, tls=client_side).body == b"ok"
        else:
            with pytest.raises(Unanswered) as told:
                send(target, rules=NEAR, limits=BOUNDS, resolve=here, tls=client_side)
            assert told.value.reason == "unproven"

    assert names == ["hooks.example"]


def test_a_certificate_that_nobody_vouches_for_is_not_believed(tmp_path: Path) -> None:
    server_side, _ = certificate(tmp_path, "hooks.example")
    with other_side(saying(OK), server_side) as server:
        target = target_of(f"https://hooks.example:{server.port}/", NEAR)
        with pytest.raises(Unanswered, match="certificate") as told:
            send(target, rules=NEAR, limits=BOUNDS, resolve=here)
    assert told.value.reason == "unproven"


def test_a_handshake_that_is_drawn_out_is_left_too(tmp_path: Path) -> None:
    with other_side(trickle(b"\x16")) as server:
        target = target_of(f"https://hooks.example:{server.port}/", NEAR)
        with pytest.raises(Unanswered) as told:
            send(target, rules=NEAR, limits=QUICK, resolve=here, tls=ssl.create_default_context())
    assert told.value.reason in ("slow", "unproven")


def test_outside_development_nothing_here_is_called() -> None:
    with other_side(saying(OK)) as server:
        target = target_of(f"http://hooks.example:{server.port}/", NEAR)
        with pytest.raises(NotOutside):
            send(target, rules=Rules(), limits=BOUNDS, resolve=here)
    assert server.heads == []
