"""What a real directory, OpenLDAP's, lets in and finds, and how it is known to be the one that was meant."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F
from django_tenants.utils import schema_context

from apps.outbound.breaker import LeftAlone
from apps.outbound.directories import Directory, DirectoryRefused, NotLetIn, TooManyFound, Visit, filter_of, visit
from apps.outbound.lines import Line
from apps.outbound.models import Destination
from apps.outbound.services import NotAnswered
from resimate_net import Limits
from resimate_net.tests.other_side import NEAR, OtherSide, other_side, saying
from resimate_servers.tests.authority import Authority
from resimate_servers.tests.slapd import BASE, READER, Slapd, slapd

pytestmark = [pytest.mark.thorough, pytest.mark.requirement("AUTH-002", "AR-002")]
NAME = "directory.example"
LINE = Line("test", Limits(seconds=60), failures=3, pause=3000, longest_pause=3000, a_minute=0)
ANN = f"uid=ann,{BASE}"
BY_LOGIN = "(&(objectClass=person)(uid={login}))"


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[OtherSide]:
    with other_side(saying(b"")) as server:
        yield server


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, elsewhere: OtherSide) -> Iterator[Slapd]:
    people = ("ann", "bo", "cy", "dé")
    with slapd(tmp_path_factory.mktemp("slapd"), NAME, people, elsewhere.port) as directory:
        yield directory


@pytest.fixture(autouse=True)
def _near(settings: Any, acme: Any) -> None:
    settings.OUTBOUND_ALLOW = NEAR.allowed


def here(*_: object) -> Sequence[str]:
    return ["127.0.0.1"]


def there(
    running: Slapd, now: datetime, *, scheme: str = "ldap", name: str = NAME, **how: Any
) -> AbstractContextManager[Visit]:
    port = running.tls_port if scheme == "ldaps" else running.port
    directory = Directory(f"{scheme}://{name}:{port}", **{"authority": running.authority.pem, **how})
    return visit(directory, now=now, line=LINE, resolve=here)


@pytest.mark.parametrize("scheme", ["ldap", "ldaps"])
def test_somebody_is_found_and_let_in_by_their_own_password(running: Slapd, now: datetime, scheme: str) -> None:
    with there(running, now, scheme=scheme) as directory:
        directory.bind(*READER)
        (found,) = directory.search(BASE, filter_of(BY_LOGIN, login="ann"), ["mail", "entryUUID"], 1)
        directory.bind(found.dn, "ann-secret")

    assert (found.dn, found.texts("mail")) == (ANN, ("ann@example.org",))
    assert len(found.texts("entryuuid")[0]) == 36
    assert set(found.values) == {"mail", "entryuuid"}


def test_a_name_of_other_letters_is_found(running: Slapd, now: datetime) -> None:
    with there(running, now) as directory:
        (found,) = directory.search(BASE, filter_of(BY_LOGIN, login="dé"), ["cn"], 1)

    assert found.texts("cn") == ("dé",)


@pytest.mark.parametrize(("dn", "password"), [(ANN, "another"), (f"uid=nobody,{BASE}", "ann-secret"), ("no name", "x")])
def test_who_is_not_known_with_that_password_is_not_let_in(
    running: Slapd, now: datetime, dn: str, password: str
) -> None:
    with there(running, now) as directory, pytest.raises((NotLetIn, DirectoryRefused)):
        directory.bind(dn, password)
    with there(running, now) as directory:
        directory.bind(ANN, "ann-secret")


@pytest.mark.parametrize("password", ["", "\u00ad", "\0", "\u200b"])
def test_a_password_that_comes_to_nothing_lets_nobody_in(running: Slapd, now: datetime, password: str) -> None:
    """This directory, like Active Directory, would call a name without a password a success."""
    with there(running, now) as directory, pytest.raises(NotLetIn):
        directory.bind(ANN, password)


@pytest.mark.parametrize("login", ["*", "a*", "ann)(uid=*", "*)(|(uid=*", "ann\0", "\\61nn", "ann)", "\ud800"])
def test_what_somebody_writes_as_a_name_finds_nobody_else(running: Slapd, now: datetime, login: str) -> None:
    with there(running, now) as directory:
        assert directory.search(BASE, filter_of(BY_LOGIN, login=login), ["uid"], 10) == []


def test_more_than_is_taken_is_refused(running: Slapd, now: datetime) -> None:
    with there(running, now) as directory:
        everybody = filter_of("(objectClass=person)")
        with pytest.raises(TooManyFound):
            directory.search(BASE, everybody, ["uid"], 3)
        assert len(directory.search(BASE, everybody, ["uid"], 4)) == 4


def test_what_it_refers_to_is_not_asked(running: Slapd, now: datetime, elsewhere: OtherSide) -> None:
    with there(running, now) as directory:
        with pytest.raises(DirectoryRefused, match="refers to another one"):
            directory.search(f"ou=elsewhere,{BASE}", filter_of(BY_LOGIN, login="ann"), ["uid"], 5)
        assert len(directory.search(BASE, filter_of(BY_LOGIN, login="ann"), ["uid"], 5)) == 1

    assert elsewhere.heads == []


@pytest.mark.parametrize("scheme", ["ldap", "ldaps"])
@pytest.mark.parametrize(
    ("how", "problem"),
    [({"name": "other.example"}, "(?i)hostname mismatch"), ({"authority": ""}, "certificate")],
    ids=["another name", "nobody who is believed"],
)
def test_who_does_not_show_to_be_that_directory_is_told_nothing(
    running: Slapd, now: datetime, scheme: str, how: dict[str, str], problem: str
) -> None:
    with pytest.raises(NotAnswered, match=problem) as told, there(running, now, scheme=scheme, **how):
        raise AssertionError

    assert told.value.reason == "unproven"


@pytest.mark.parametrize("scheme", ["ldap", "ldaps"])
def test_a_certificate_of_another_authority_is_not_believed(
    running: Slapd, now: datetime, tmp_path: Path, scheme: str
) -> None:
    other = Authority(tmp_path, "other").pem
    with pytest.raises(NotAnswered, match="certificate") as told, there(running, now, scheme=scheme, authority=other):
        raise AssertionError

    assert told.value.reason == "unproven"


def test_one_that_is_away_is_left_alone_and_asked_again_when_it_is_back(running: Slapd, now: datetime) -> None:
    def sign_in() -> None:
        with there(running, now) as directory:
            directory.bind(ANN, "ann-secret")

    running.stop()
    try:
        for _ in range(3):
            with pytest.raises(NotAnswered, match="takes no connection"):
                sign_in()
        with pytest.raises(LeftAlone):
            sign_in()
    finally:
        running.start()
    with pytest.raises(LeftAlone):
        sign_in()
    with schema_context("public"):
        Destination.objects.update(shut_until=F("shut_until") - timedelta(hours=2))

    sign_in()
    sign_in()
