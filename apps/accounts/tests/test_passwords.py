"""What a password may be, how it is spelt, and how many are hashed at once."""

from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from django_tenants.utils import tenant_context

from apps.accounts import breached, hashers, passwords
from apps.accounts.backends import EmailBackend
from apps.accounts.models import User
from apps.accounts.tests.conftest import PASSWORD
from apps.configuration import services as configuration
from apps.core.errors import Invalid

pytestmark = pytest.mark.requirement("SEC-AUTH-001")

HOST = {"host": "acme.localhost"}
LIGATURE, PLAIN = "ﬁve quiet rivers Ⅳ", "five quiet rivers IV"


@pytest.mark.parametrize(
    "password",
    [
        "acme-acme-2026",
        "AcmeResimate1!",
        "ResimateResimate",
        "Zwetschge.2026",
        "lovelace99lovelace",
        "ﬀacme2026resimate",
    ],
)
def test_names_nearby_make_no_password(acme: Any, password: str) -> None:
    user = User(email="lovelace@harbour.example", name="Ada Zwetschge")

    with pytest.raises(Invalid, match="your name, your organisation's or ours"):
        passwords.check(password, user)


@pytest.mark.parametrize(
    "password",
    [
        "acme sells nine green rivers",
        "correct horse battery",
        "пять зелёных рек",
        "七条绿色的河流在山谷里流淌",
        "aaaa bbbb cccc q",
    ],
)
def test_no_kind_of_sign_is_asked_for_or_refused(acme: Any, password: str) -> None:
    passwords.check(password, User(email="lovelace@harbour.example", name="Ada Zwetschge"))


def test_another_tenants_name_is_none_nearby(acme: Any, beta: Any) -> None:
    for tenant, other in ((acme, beta), (beta, acme)):
        with tenant_context(tenant):
            assert {tenant.slug, other.slug} & passwords.words_nearby(None) == {tenant.slug}


@pytest.mark.parametrize(
    "password", ["1qaz2wsx3edc4rfv", "Qwertyuiop[]", "Football1234!", "«Mississippi 2026»", "unbelievable"]
)
def test_what_was_stolen_elsewhere_is_refused_with_a_sentence(acme: Any, password: str) -> None:
    with pytest.raises(Invalid, match="stolen and published elsewhere"):
        passwords.check(password, None)


@pytest.mark.parametrize(
    "password", ["mississippi 48 93018 475", "football beside green rivers", "qx7-vellum-obsidian"]
)
def test_what_only_begins_like_one_is_none(acme: Any, password: str) -> None:
    passwords.check(password, None)


def test_the_filter_has_a_hundred_thousand_and_takes_hardly_another_for_one() -> None:
    known = breached.known()
    mistaken = sum(known.has(f"nobody has published {number}") for number in range(20_000))

    assert known.about["entries"] >= 100_000
    assert mistaken <= 10


@pytest.mark.parametrize(("chosen", "typed"), [(LIGATURE, PLAIN), (PLAIN, LIGATURE)])
def test_a_password_is_the_same_on_every_keyboard(admin: User, chosen: str, typed: str) -> None:
    admin.set_password(chosen)
    admin.save()

    assert EmailBackend().authenticate(None, admin.email, typed) == admin
    assert EmailBackend().authenticate(None, admin.email, PLAIN.lower()) is None


def test_one_of_before_that_was_not_normalised_goes_on(admin: User) -> None:
    admin.password = make_password(LIGATURE)

    assert admin.check_password(LIGATURE)
    assert not admin.check_password(PLAIN)


@pytest.mark.parametrize("password", [PASSWORD, LIGATURE])
def test_an_unknown_address_costs_as_many_hashes_as_a_known_one(
    admin: User, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[int] = []
    turn = hashers.turn

    def counted() -> Any:
        hashed.append(1)
        return turn()

    monkeypatch.setattr(hashers, "turn", counted)

    EmailBackend().authenticate(None, admin.email, f"{password} wrong")
    known = len(hashed)
    EmailBackend().authenticate(None, "nobody@acme.example", f"{password} wrong")

    assert len(hashed) == 2 * known


def test_beyond_a_few_at_once_a_sign_in_is_told_to_come_again(admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashers, "PATIENCE", 0.01)
    for _ in range(hashers.AT_ONCE):
        hashers._turns.acquire()
    try:
        answer = Client(headers=HOST).post("/sign-in/", {"email": admin.email, "password": PASSWORD})
    finally:
        for _ in range(hashers.AT_ONCE):
            hashers._turns.release()

    assert (answer.status_code, int(answer["Retry-After"]) > 0) == (503, True)
    assert Client(headers=HOST).post("/sign-in/", {"email": admin.email, "password": PASSWORD}).status_code == 302


def test_a_hash_that_fails_gives_its_turn_back(acme: Any) -> None:
    for _ in range(hashers.AT_ONCE + 1):
        with pytest.raises(RuntimeError), hashers.turn():
            raise RuntimeError


@pytest.mark.parametrize(
    ("target", "leads_to"),
    [
        ("https://app.example.org/page?x=1", "https://app.example.org/page?x=1"),
        ("/account/", "/account/"),
        ("http://app.example.org/", "/"),
        ("https://app.example.org.evil.example/", "/"),
        ("https://app.example.org@evil.example/", "/"),
        ("https://evil.example/app.example.org", "/"),
        ("https://sub.app.example.org/", "/"),
        ("https:///app.example.org/", "/"),
        ("https:app.example.org", "/"),
        ("//app.example.org/", "/"),
        ("HTTPS://app.example.org/", "/"),
    ],
)
def test_a_return_leads_to_a_host_that_the_tenant_allows_and_to_no_other(
    admin: User, now: Any, target: str, leads_to: str
) -> None:
    configuration.change("sign_in.return_hosts", ["app.example.org"], now=now)
    client = Client(headers=HOST)

    page = client.get("/sign-in/", {"next": target})
    answer = client.post("/sign-in/", {"email": admin.email, "password": PASSWORD, "next": target})

    assert answer["Location"] == leads_to
    allowed = "https://app.example.org" in page["Content-Security-Policy"]
    assert allowed == leads_to.startswith("https")


@pytest.mark.parametrize(
    "host", ["https://app.example.org", "app.example.org/x", "*.example.org", "localhost", "a b.org"]
)
def test_what_is_no_host_cannot_be_allowed(acme: Any, now: Any, host: str) -> None:
    with pytest.raises(Invalid):
        configuration.change("sign_in.return_hosts", [host], now=now)
