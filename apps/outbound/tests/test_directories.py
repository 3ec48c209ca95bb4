"""What a directory may make of us: it is asked at the address that was checked, in time, and never without a password.

What a real one answers is in ``test_on_a_directory.py``.
"""

import socket
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest
from ldap3.utils.asn1 import DECODERS

from apps.outbound.breaker import LeftAlone
from apps.outbound.directories import (
    BadDirectory,
    Directory,
    DirectoryRefused,
    NotLetIn,
    TooManyFound,
    filter_of,
    visit,
)
from apps.outbound.lines import Line
from apps.outbound.services import AddressRefused, NotAnswered
from resimate_net import Limits
from resimate_net.tests.other_side import NEAR, Behaviour, OtherSide, other_side

pytestmark = pytest.mark.requirement("AUTH-002", "AR-002")
LINE = Line("test", Limits(seconds=20, body=4000), failures=2, pause=3000, longest_pause=3000)
QUICK = Line("test", Limits(seconds=0.15), failures=2, pause=3000, longest_pause=3000)
ANN = "uid=ann,dc=example,dc=org"
BIND, SEARCH, EXTENDED = 0x60, 0x63, 0x77
#: By the tag of what is asked, that of what answers.
ANSWERS = {BIND: 0x61, SEARCH: 0x65, EXTENDED: 0x78}
ANYBODY, SECRET = "(uid=*)", "secret"


def here(*_: object) -> Sequence[str]:
    return ["127.0.0.1"]


def ber(tag: int, *contents: bytes) -> bytes:
    inside = b"".join(contents)
    return bytes([tag, 0x82]) + len(inside).to_bytes(2) + inside


def result(code: int = 0, *more: bytes) -> bytes:
    return b"".join((ber(0x0A, bytes([code])), ber(4), ber(4), *more))


def entry(login: str = "ann") -> bytes:
    return ber(0x64, ber(4, f"uid={login}".encode()), ber(0x30))


def having(value: bytes) -> bytes:
    """An entry with one attribute, whose value is this: of a number, ldap3 makes so many bytes."""
    return ber(0x64, ber(4, ANN.encode()), ber(0x30, ber(0x30, ber(4, b"cn"), ber(0x31, value))))


def test_how_long_a_number_may_be_is_looked_at_before_it_is_read() -> None:
    assert DECODERS[0, 2](b"\2\1\7", 2, 3) == 7
    for kind in (2, 10):
        with pytest.raises(ValueError, match="no such numbers"):
            DECODERS[0, kind](b"\0" * 20, 0, 9)


def saying(code: int = 0, *more: bytes, before: Callable[[int], Sequence[bytes]] = lambda _: ()) -> Behaviour:
    """To everything the same result, after what is to come ``before`` it, by the tag of what is asked."""

    def behave(connected: socket.socket, asked: bytes) -> None:
        while asked:
            start = 2 + (asked[1] & 0x7F if asked[1] & 0x80 else 0)
            number, tag = asked[start + 2 : start + 3], asked[start + 3]
            told = [*before(tag), ber(ANSWERS[tag], result(code, *more))]
            connected.sendall(b"".join(ber(0x30, ber(2, number), one) for one in told))
            asked = connected.recv(64 * 1024)

    return behave


@pytest.fixture(autouse=True)
def _near(settings: Any) -> None:
    settings.OUTBOUND_ALLOW = NEAR.allowed


@pytest.fixture
def ask(acme: Any, now: datetime) -> Callable[..., Any]:
    """Visit a directory that behaves like that, and do there what is asked."""

    def asked(behaviour: Behaviour, question: Callable[[Any], Any], line: Line = LINE) -> Any:
        with other_side(behaviour) as server, visit(plain(server), now=now, line=line, resolve=here) as there:
            return question(there)

    return asked


def plain(server: OtherSide) -> Directory:
    return Directory(f"ldap://directory.example:{server.port}", is_plain=True)


def search(limit: int = 5) -> Callable[[Any], Any]:
    return lambda there: there.search("dc=example", filter_of(ANYBODY), ["uid"], limit)


def sign_in(dn: str = ANN, password: str = SECRET) -> Callable[[Any], Any]:
    return lambda there: there.bind(dn, password)


def test_what_a_name_holds_means_nothing_in_a_filter() -> None:
    pattern = "(&(objectClass=person)(|(uid={login})(mail={login})))"

    made = filter_of(pattern, login="*)(uid=*\0é\ud800").text

    escaped = r"\2a\29\28\75\69\64\3d\2a\00\c3\a9\ed\a0\80"
    assert made == f"(&(objectClass=person)(|(uid={escaped})(mail={escaped})))"


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("(uid={name})", "no value for name"),
        ("(uid={login}", "none that directories understand"),
        ("uid={login}", "none that directories understand"),
        ("(&(uid={login})(!)", "none that directories understand"),
        ("(uid={login}\ud800)", "none that directories understand"),
        ("(!" * 3000 + "(uid={login})" + ")" * 3000, "none that directories understand"),
    ],
)
def test_a_pattern_that_is_no_filter_is_refused(pattern: str, problem: str) -> None:
    with pytest.raises(BadDirectory, match=problem):
        filter_of(pattern, login="ann")


@pytest.mark.parametrize(
    ("dn", "password"), [(ANN, ""), ("", "secret"), ("", ""), (ANN, "\ud800"), ("uid=\ud800", "secret")]
)
def test_nobody_is_let_in_without_a_name_or_a_password(ask: Any, dn: str, password: str) -> None:
    """Some directories call that a success: this one does, of everything."""
    ask(saying(), sign_in())

    with pytest.raises(NotLetIn):
        ask(saying(), sign_in(dn, password))


def test_a_password_is_sent_as_it_is(ask: Any) -> None:
    """Prepared as a text, this one would come to nothing, and be let in."""
    seen: list[bytes] = []

    def behave(connected: socket.socket, asked: bytes) -> None:
        seen.append(asked)
        saying()(connected, asked)

    ask(behave, sign_in(password="\u00ad"))

    assert seen[0].endswith(b"\x80\x02" + "\u00ad".encode())


@pytest.mark.parametrize("code", [49, 48, 32, 53])
def test_whom_a_directory_does_not_know_it_lets_not_in(ask: Any, code: int) -> None:
    with pytest.raises(NotLetIn, match="does not know that name with that password"):
        ask(saying(code), sign_in())
    ask(saying(), sign_in())


@pytest.mark.parametrize(
    ("question", "refusal"),
    [
        (search(), DirectoryRefused),
        (sign_in(), NotAnswered),
    ],  # nobody is sent elsewhere to sign in: ldap3 knows of none
    ids=["search", "sign_in"],
)
def test_what_a_directory_refers_to_is_not_asked(ask: Any, question: Any, refusal: type[Exception]) -> None:
    with other_side(saying()) as elsewhere:
        url = f"ldap://127.0.0.1:{elsewhere.port}/dc=example".encode()
        with pytest.raises(refusal):
            ask(saying(10, ber(0xA3, ber(4, url))), question)

    assert elsewhere.heads == []


def test_what_is_elsewhere_is_not_among_what_was_found(ask: Any) -> None:
    """RFC 4511, 4.5.3: a reference stands where entries stand, and is none."""
    reference = ber(0x73, ber(4, b"ldap://elsewhere.example/dc=example"))

    found = ask(saying(before=lambda tag: [reference, entry()]), search())

    assert [one.dn for one in found] == ["uid=ann"]


@pytest.mark.parametrize(("code", "name"), [(51, "busy"), (52, "unavailable")])
def test_a_directory_that_is_ill_is_left_alone(acme: Any, now: datetime, code: int, name: str) -> None:
    with other_side(saying(code)) as server:
        for _ in range(2):
            with (
                pytest.raises(DirectoryRefused, match=name),
                visit(plain(server), now=now, line=LINE, resolve=here) as there,
            ):
                sign_in()(there)
        with pytest.raises(LeftAlone, match=name), visit(plain(server), now=now, line=LINE, resolve=here):
            pass

    assert len(server.heads) == 2


def test_a_directory_that_refuses_is_there(acme: Any, now: datetime) -> None:
    with other_side(saying(50)) as server:
        for _ in range(3):
            with (
                pytest.raises(DirectoryRefused, match="insufficientAccessRights"),
                visit(plain(server), now=now, line=LINE, resolve=here) as there,
            ):
                search()(there)


@pytest.mark.parametrize(
    ("code", "entries"), [(4, ["ann", "bo"]), (0, ["ann", "bo", "cy"])], ids=["it says so", "it gives them all"]
)
def test_more_than_is_taken_is_refused(ask: Any, code: int, entries: list[str]) -> None:
    def found(tag: int) -> Sequence[bytes]:
        return [entry(login) for login in entries]

    with pytest.raises(TooManyFound, match="more than 2"):
        ask(saying(code, before=found), search(2))
    assert len(ask(saying(before=found), search(3))) == len(entries)


@pytest.mark.parametrize(
    ("reason", "behaviour"),
    {
        "no LDAP": ("broken", lambda connected, _: connected.sendall(b"HTTP/1.1 400 Bad\r\n\r\n" * 20)),
        "hangs up": ("broken", lambda *_: None),
        "to nobody": (
            "broken",
            lambda connected, _: connected.sendall(ber(0x30, ber(2, b"\x63"), ber(0x61, result()))),
        ),
        "no such result": ("broken", saying(99)),
        "half of one": ("broken", lambda connected, _: connected.sendall(ber(0x30, ber(2, b"\1"))[:5])),
        "other types": ("broken", lambda connected, _: connected.sendall(ber(0x30, ber(4), ber(2)))),
        "endless": ("large", lambda connected, _: connected.sendall(b"\x30\x84\x7f\xff\xff\xff" + b"x" * 60_000)),
        "in small pieces": ("large", saying(before=lambda _: [entry()] * 500)),
        "a number for a text": ("broken", saying(before=lambda _: [having(b"\x02\x03\x10\0\0")])),
        "a long number": ("broken", lambda connected, _: connected.sendall(ber(0x30, ber(2, b"\0" * 9)))),
    }.values(),
    ids=[
        "no LDAP",
        "hangs up",
        "to nobody",
        "no such result",
        "half",
        "other types",
        "endless",
        "in small pieces",
        "a number for a text",
        "a long number",
    ],
)
def test_what_is_no_answer_is_told_with_the_reason(ask: Any, reason: str, behaviour: Behaviour) -> None:
    with pytest.raises(NotAnswered) as told:
        ask(behaviour, search(10_000))

    assert told.value.reason == reason


def test_who_says_nothing_is_waited_for_until_the_time_of_the_visit_is_over(ask: Any) -> None:
    with pytest.raises(NotAnswered) as told:
        ask(lambda connected, _: connected.recv(1), sign_in(), QUICK)

    assert told.value.reason == "slow"


def test_a_visit_that_is_over_calls_nobody(ask: Any) -> None:
    def question(there: Any) -> None:
        with pytest.raises(NotAnswered):
            sign_in()(there)
        with pytest.raises(NotAnswered, match="has ended"):
            sign_in()(there)

    ask(lambda *_: None, question)


def test_nothing_is_said_to_who_does_not_encrypt(acme: Any, now: datetime) -> None:
    with other_side(saying(2)) as server:
        directory = Directory(f"ldap://directory.example:{server.port}")
        going = visit(directory, now=now, line=LINE, resolve=here)
        with pytest.raises(NotAnswered, match="does not begin to encrypt: protocolError") as told, going:
            raise AssertionError

    assert told.value.reason == "unproven"


@pytest.mark.parametrize(
    ("directory", "problem"),
    [
        (Directory("ldaps://10.0.0.1"), "does not lead to a public address"),
        (Directory("ldaps://directory.example"), "does not lead to a public address"),
        (Directory("ldaps://user@directory.example"), "user name"),
        (Directory("ldaps://directory.example:22"), "names port 22"),
        (Directory("https://directory.example"), "begin with ldaps://"),
        (Directory("ldap://9.9.9.9", is_plain=True), "begin with ldaps://"),
    ],
)
def test_a_directory_inside_or_without_encryption_is_refused(
    acme: Any, now: datetime, trail: Any, settings: Any, directory: Directory, problem: str
) -> None:
    settings.OUTBOUND_ALLOW = ()

    with pytest.raises(AddressRefused, match=problem), visit(directory, now=now, line=LINE, resolve=here):
        raise AssertionError

    assert [action for action, _ in trail()] == ["address.refused"]


def test_production_asks_no_directory_inside_whatever_is_set(acme: Any, now: datetime, settings: Any) -> None:
    settings.DEVELOPMENT = False

    with pytest.raises(AddressRefused), visit(Directory("ldaps://127.0.0.1"), now=now, line=LINE):
        raise AssertionError


@pytest.mark.parametrize(
    "directory",
    [Directory("ldaps://directory.example/dc=example"), Directory("ldaps://directory.example", authority="none")],
    ids=["with a path", "with other certificates"],
)
def test_settings_that_cannot_be_used_are_refused(acme: Any, now: datetime, directory: Directory) -> None:
    with pytest.raises(BadDirectory), visit(directory, now=now, line=LINE, resolve=here):
        raise AssertionError


def test_a_caller_that_stumbles_says_nothing_of_the_directory(acme: Any, now: datetime) -> None:
    with other_side(saying()) as server:
        for _ in range(3):
            with pytest.raises(ZeroDivisionError), visit(plain(server), now=now, line=LINE, resolve=here):
                raise ZeroDivisionError
