"""Answers of passkeys that must not open anything (identity: origin, challenge, count, verification, owner, tenant)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from apps.accounts import second_steps
from apps.accounts.models import User
from apps.accounts.tests.conftest import PASSWORD
from apps.audit.models import AuditEntry
from apps.factors import ceremonies, services
from apps.factors.models import Factor, Passkey
from apps.factors.tests.authenticator import SoftAuthenticator
from apps.factors.tests.conftest import Clock
from apps.factors.tests.passkey_story import (
    ACME,
    ADD,
    ALONE,
    ANYBODY,
    BETA,
    HALF,
    NEW,
    STEP,
    add,
    alone,
    browser,
    half_signed_in,
    is_inside,
    key,
    new_key,
    refusals,
)
from apps.factors.tests.phone import enrol
from apps.tenants.hosts import address

__all__ = ["browser", "key"]  # fixtures

pytestmark = pytest.mark.requirement("SEC-AUTH-001")


LIES: Any = (
    {"origin": "https://acme.localhost.evil.example"},
    {"origin": address("acme.localhost") + "."},
    {"origin": address("beta.localhost")},
    {"host": "localhost"},
    {"type": "webauthn.create"},
    {"challenge": "AAAA"},
    {"handle": None},
    {"handle": "AAAA"},
)


def test_what_was_answered_elsewhere_or_to_something_else(key: SoftAuthenticator) -> None:
    assert [lie for lie in LIES if is_inside(alone(key, **lie))] == []
    assert refusals() == ["passkey"]  # once a minute
    assert is_inside(alone(key))


def test_an_answer_of_who_was_not_verified_is_good_after_a_password_alone(key: SoftAuthenticator) -> None:
    key.verifies = False

    assert not is_inside(alone(key))
    assert refusals() == ["passkey"]


def test_a_copy_is_noticed_by_its_count_and_that_is_on_record(admin: User, key: SoftAuthenticator) -> None:
    alone(key)
    key.count -= 1

    assert not is_inside(alone(key))
    assert refusals() == ["sign_count"]
    assert AuditEntry.objects.get(action="factor.refused").actor == str(admin.pk)
    assert Passkey.objects.get().sign_count == 1


def test_one_that_does_not_count_is_good_again_and_again(browser: Client) -> None:
    synced = new_key(counts=False)
    add(browser, synced)

    assert [is_inside(alone(synced)) for _ in range(2)] == [True, True]


def test_an_answer_opens_once_even_where_two_bring_it_at_the_same_moment(browser: Client, clock: Clock) -> None:
    synced = new_key(counts=False)
    add(browser, synced)
    client = Client(headers=ACME)
    answer = {"passkey": synced.show(client.post(ANYBODY).json())}
    at_once = dict(client.session.items())
    client.post(ALONE, answer)
    inside = is_inside(client)
    again = client.post(ALONE, answer, follow=True).content.decode()

    assert (inside, "shown too late" in again) == (True, True)
    assert ceremonies.take(at_once, ceremonies.SIGN_IN, clock.moment) is None


def test_a_question_is_forgotten_after_minutes_and_after_a_wrong_answer(key: SoftAuthenticator, clock: Clock) -> None:
    client = Client(headers=ACME)
    question = client.post(ANYBODY).json()
    client.post(ALONE, {"passkey": key.show(question, challenge="AAAA")})
    client.post(ALONE, {"passkey": key.show(question)})
    assert not is_inside(client)
    question = client.post(ANYBODY).json()
    clock.moment += ceremonies.LIFE
    client.post(ALONE, {"passkey": key.show(question)})

    assert not is_inside(client)


def test_an_answer_is_good_in_the_session_and_for_what_was_asked(admin: User, key: SoftAuthenticator) -> None:
    asked, other, half = Client(headers=ACME), Client(headers=ACME), half_signed_in(admin.email)
    other.post(ANYBODY)
    other.post(ALONE, {"passkey": key.show(asked.post(ANYBODY).json())})
    half.post(STEP, {"passkey": key.show(half.post(ANYBODY).json())})
    crossed = half_signed_in(admin.email)
    crossed.post(ALONE, {"passkey": key.show(crossed.post(HALF).json())})

    assert [is_inside(one) for one in (other, half, crossed)] == [False] * 3


def test_passkeys_of_others_open_nothing_after_a_password(
    analyst: User, admin: User, key: SoftAuthenticator, clock: Clock
) -> None:
    enrol(analyst, clock.moment)
    client = half_signed_in(analyst.email)
    answer = client.post(STEP, {"passkey": key.show(client.post(HALF).json())})

    assert (answer.status_code, is_inside(client), refusals()) == (422, False, ["passkey"])
    assert AuditEntry.objects.get(action="factor.refused").object_id == str(analyst.pk)


def test_nobody_brings_the_id_of_somebody_else_under_a_key_of_their_own(analyst: User, key: SoftAuthenticator) -> None:
    client = Client(headers=ACME)
    client.post("/sign-in/", {"email": analyst.email, "password": PASSWORD})
    answer = add(client, new_key(id=key.id))

    assert (answer.status_code, "has been added already" in answer.content.decode()) == (422, True)
    assert not services.has_factor(analyst)


def test_one_made_elsewhere_is_not_added(browser: Client) -> None:
    lies: Any = ({"origin": "https://evil.example"}, {"challenge": "AAAA"}, {"type": "webauthn.get"})

    assert [add(browser, new_key(), **lie).status_code for lie in lies] == [422] * 3
    assert not Factor.objects.exists()


def test_rubbish_is_answered_in_words(admin: User, browser: Client, key: SoftAuthenticator) -> None:
    stranger, half = Client(headers=ACME), half_signed_in(admin.email)

    def answered(rubbish: str) -> list[int]:
        stranger.post(ANYBODY)
        half.post(HALF)
        browser.post(NEW)
        asked = ((stranger, ALONE), (half, STEP), (browser, ADD))
        return [client.post(path, {"passkey": rubbish}).status_code for client, path in asked]

    for rubbish in ("", "{", "[]", '{"id":1}', "[" * 9000, "x" * 30_000, '{"id":"\\u0000"}'):
        assert answered(rubbish) == [302, 422, 422], rubbish[:20]
    assert not is_inside(stranger)


def test_a_closed_account_is_refused_as_one_that_there_never_was(admin: User, key: SoftAuthenticator) -> None:
    User.objects.filter(pk=admin.pk).update(is_active=False)
    closed, unknown = alone(key), alone(new_key())

    said = [client.get("/sign-in/").content.decode() for client in (closed, unknown)]
    assert [is_inside(closed), is_inside(unknown)] == [False, False]
    assert ["does not open anything here" in one for one in said] == [True, True]
    assert refusals("session.refused") == ["passkey"]  # once a minute


def test_half_a_sign_in_that_is_over_takes_no_passkey(admin: User, key: SoftAuthenticator, clock: Clock) -> None:
    client = half_signed_in(admin.email)
    question = client.post(HALF).json()
    clock.moment += second_steps.LIFE
    answers = [client.post(STEP, {"passkey": key.show(question)}), client.post(HALF)]

    assert [(one.status_code, one["Location"].split("?")[0]) for one in answers] == [(302, "/sign-in/")] * 2
    assert not is_inside(client)


@pytest.fixture
def twin(admin: User, acme: Any, beta: Any) -> Callable[[], None]:
    """The same account with the same passkey at the other tenant, row for row."""

    def copy() -> None:
        with tenant_context(acme):
            row = Passkey.objects.select_related("key").get()
            id, public, handle = row.credential_id, row.public_key, row.handle
        with tenant_context(beta):
            user = User(id=admin.id, email=admin.email, password=admin.password, created_at=admin.created_at)
            user.save(force_insert=True)
            factor = Factor.objects.create(user=user, kind="passkey", confirmed=True, created_at=admin.created_at)
            Passkey.objects.create(
                factor=factor, host="beta.localhost", credential_id=id, public_key=public, handle=handle
            )

    return copy


def test_an_answer_for_one_tenant_opens_nothing_at_another_even_with_equal_rows(
    key: SoftAuthenticator, twin: Callable[[], None], beta: Any
) -> None:
    assert not is_inside(alone(key, headers=BETA, host="acme.localhost"))
    twin()
    client = Client(headers=BETA)
    question = client.post(ANYBODY).json()
    for lie in ({"host": "acme.localhost"}, {"origin": address("acme.localhost")}, {}):
        assert not is_inside(alone(key, client, **lie))
    assert question["rpId"] == "beta.localhost"
    key.origin = address("beta.localhost")
    assert is_inside(alone(key, headers=BETA))  # as if it had been made there: so it was the host that was refused
