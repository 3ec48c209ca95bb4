import os
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.contrib.auth.hashers import identify_hasher
from django.test import Client
from django_tenants.utils import tenant_context

from apps.accounts import services, throttle
from apps.accounts.backends import EmailBackend
from apps.accounts.hashers import Argon2idHasher
from apps.accounts.models import User
from apps.accounts.tests.conftest import PASSWORD
from apps.audit.models import AuditEntry

ACME = {"host": "acme.localhost"}
BETA = {"host": "beta.localhost"}


def _sign_in(client: Client, email: str, password: str = PASSWORD, host: dict[str, str] = ACME, **more: str) -> Any:
    return client.post("/sign-in/", {"email": email, "password": password, **more}, headers=host)


@pytest.mark.requirement("SEC-AUTH-002", "AUTH-002")
def test_an_address_in_any_case_and_the_password_start_a_session(admin: User, client: Client) -> None:
    answer = _sign_in(client, "ADMIN@Acme.Example", next="/account/")

    assert (answer.status_code, answer["Location"]) == (302, "/account/")
    assert client.get("/account/", headers=ACME).status_code == 200
    assert AuditEntry.objects.filter(action="session.started", actor=str(admin.pk)).count() == 1


def test_passwords_are_kept_as_argon2id_with_the_documented_parameters(
    acme: Any, make_user: Any, settings: Any
) -> None:
    settings.PASSWORD_HASHERS = import_module(os.environ["DJANGO_SETTINGS_MODULE"]).PASSWORD_HASHERS
    admin = make_user("admin@acme.example", "tenant_admin")

    assert identify_hasher(admin.password).algorithm == "argon2"
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in f"${admin.password}"


def test_it_says_the_same_about_an_unknown_address_a_wrong_password_and_a_closed_account(
    admin: User, analyst: User, client: Client, now: datetime
) -> None:
    services.deactivate_user(analyst, acting_user=admin, now=now)

    answers = [
        _sign_in(client, "nobody@acme.example"),
        _sign_in(client, admin.email, "not the password"),
        _sign_in(client, analyst.email),
    ]

    assert [answer.status_code for answer in answers] == [422, 422, 422]
    pages = {_without_input(answer) for answer in answers}
    assert len(pages) == 1
    assert "is incorrect" in pages.pop()
    assert AuditEntry.objects.filter(action="session.refused", outcome="failure").count() == 3


def _without_input(answer: Any) -> str:
    """The page without what the person typed and without the one-time tokens of its forms."""
    page = answer.content.decode().replace(answer.wsgi_request.POST["email"], "…")
    return re.sub(r'"\w{64}"', "", page)  # masked anew wherever it stands (django.middleware.csrf)


def test_it_remembers_the_address_and_never_the_password(admin: User, client: Client) -> None:
    page = _sign_in(client, admin.email, "a wrong password").content.decode()

    assert f'value="{admin.email}"' in page
    assert "a wrong password" not in page


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "evil",
        "http://beta.localhost/",
    ],
)
def test_it_never_leads_to_another_host(admin: User, client: Client, target: str) -> None:
    assert _sign_in(client, admin.email, next=target)["Location"] == "/"


def test_the_session_id_changes_when_somebody_signs_in(admin: User, client: Client) -> None:
    client.get("/sign-in/", headers=ACME)
    session = client.session
    session["before"] = 1
    session.save()
    before = session.session_key

    _sign_in(client, admin.email)

    assert client.session.session_key != before


@pytest.mark.requirement("DB-002", "SEC-AUTH-002")
def test_a_cookie_of_one_tenant_signs_nobody_in_at_another_even_with_equal_rows(
    admin: User, beta: Any, client: Client
) -> None:
    email = admin.email
    with tenant_context(beta):
        User(id=admin.id, email=email, password=admin.password, created_at=admin.created_at).save(force_insert=True)
    _sign_in(client, admin.email)
    row = client.session
    key, data = row.session_key, dict(row.items())
    assert client.get("/account/", headers=ACME).status_code == 200

    with tenant_context(beta):
        copied = type(row)(key)
        copied.update(data)
        copied.save(must_create=True)
    answer = client.get("/account/", headers=BETA)

    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/")


def test_the_hash_of_a_session_fits_one_schema_only(admin: User, beta: Any) -> None:
    here = admin.get_session_auth_hash()

    with tenant_context(beta):
        assert admin.get_session_auth_hash() != here


@pytest.mark.requirement("SEC-001")
def test_half_an_hour_without_use_ends_the_session_and_polling_is_no_use(
    admin: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = datetime.now(UTC)
    _sign_in(client, admin.email)

    def at(minutes: int, **headers: str) -> int:
        monkeypatch.setattr("apps.accounts.middleware.timezone.now", lambda: start + timedelta(minutes=minutes))
        return int(client.get("/account/", headers={**ACME, **headers}).status_code)

    assert at(20) == 200
    assert at(40, **{"HX-Request": "true"}) == 200
    assert at(51, **{"HX-Request": "true"}) == 302


def test_twelve_hours_are_the_longest_session(admin: User, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    start = datetime.now(UTC)
    _sign_in(client, admin.email)

    def at(minutes: int) -> int:
        monkeypatch.setattr("apps.accounts.middleware.timezone.now", lambda: start + timedelta(minutes=minutes))
        return int(client.get("/", headers=ACME).status_code)

    assert {at(minutes) for minutes in range(20, 12 * 60, 20)} == {200}
    assert at(12 * 60 + 1) == 302


def test_signing_out_ends_the_session(admin: User, client: Client) -> None:
    _sign_in(client, admin.email)

    assert client.get("/sign-out/", headers=ACME).status_code == 405
    assert client.post("/sign-out/", headers=ACME).status_code == 302
    assert client.get("/account/", headers=ACME).status_code == 302
    assert AuditEntry.objects.filter(action="session.ended").count() == 1


def test_a_changed_password_ends_the_other_sessions_and_keeps_this_one(admin: User, client: Client) -> None:
    other = Client()
    _sign_in(client, admin.email)
    _sign_in(other, admin.email)

    new = "nine slow green rivers"
    form = {"change": "password", "present": PASSWORD, "password": new, "repeated": new}
    assert client.post("/account/", form, headers=ACME).status_code == 302

    assert client.get("/account/", headers=ACME).status_code == 200
    assert other.get("/account/", headers=ACME).status_code == 302


@pytest.mark.parametrize("new", ["short", "password1234", "x" * 257])
def test_a_password_against_the_policy_is_refused_at_its_field(admin: User, client: Client, new: str) -> None:
    _sign_in(client, admin.email)

    answer = client.post(
        "/account/", {"change": "password", "present": PASSWORD, "password": new, "repeated": new}, headers=ACME
    )

    assert answer.status_code == 422
    assert "password" in answer.context["form"].errors
    assert User.objects.get(pk=admin.pk).check_password(PASSWORD)


@pytest.mark.usefixtures("stopped_clock")
@pytest.mark.requirement("SEC-AUTH-002")
def test_guessing_gets_slower_even_for_the_right_password(admin: User, client: Client) -> None:
    for _ in range(throttle.ACCOUNT.free + 1):
        assert _sign_in(client, admin.email, "a wrong guess").status_code == 422

    answer = _sign_in(client, admin.email)

    assert answer.status_code == 429
    assert int(answer["Retry-After"]) >= 1


def test_the_delay_doubles_up_to_a_minute_and_one_attempt_gets_through_each_time(acme: Any, now: datetime) -> None:
    moment, waits = now, []
    for _ in range(throttle.ACCOUNT.free):
        assert throttle.attempt("a@acme.example", "", moment) == 0
    for _ in range(8):
        assert throttle.attempt("a@acme.example", "", moment) == 0
        waits.append(throttle.attempt("a@acme.example", "", moment) - 1)
        moment += timedelta(seconds=waits[-1])

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_success_forgets_the_failures_of_the_account(acme: Any, now: datetime) -> None:
    for _ in range(throttle.ACCOUNT.free + 1):
        throttle.attempt("a@acme.example", "", now)
    throttle.succeeded("a@acme.example", "")

    assert [throttle.attempt("a@acme.example", "", now) for _ in range(throttle.ACCOUNT.free)] == [0] * 5


def test_an_address_that_tries_many_accounts_is_slowed_down_as_well(acme: Any, now: datetime) -> None:
    waits = [throttle.attempt(f"{n}@acme.example", "192.0.2.7", now) for n in range(throttle.ADDRESS.free + 2)]

    assert waits[:-1] == [0] * (throttle.ADDRESS.free + 1)
    assert waits[-1] > 0
    assert throttle.attempt("else@acme.example", "192.0.2.8", now) == 0


def test_another_tenants_failures_do_not_count(acme: Any, beta: Any, now: datetime) -> None:
    for n in range(throttle.ADDRESS.free + 2):
        throttle.attempt("a@acme.example", "", now)
        throttle.attempt(f"{n}@acme.example", "192.0.2.7", now)

    with tenant_context(beta):
        assert throttle.attempt("a@acme.example", "", now) == 0
        assert throttle.attempt("b@beta.example", "192.0.2.7", now) == 0


@pytest.fixture
def without_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    from redis.exceptions import ConnectionError as Away

    class Absent:
        def get(self, *_: Any) -> None:
            raise Away

        add = get

    monkeypatch.setattr(throttle, "cache", Absent())
    throttle._here.clear()


@pytest.mark.usefixtures("without_redis")
def test_nor_do_they_in_a_process_without_redis(acme: Any, beta: Any, now: datetime) -> None:
    for n in range(throttle.ADDRESS.free + 2):
        throttle.attempt(f"{n}@acme.example", "192.0.2.7", now)

    with tenant_context(beta):
        assert throttle.attempt("b@beta.example", "192.0.2.7", now) == 0


@pytest.mark.usefixtures("without_redis")
def test_guessing_is_slowed_down_without_redis(acme: Any, now: datetime) -> None:
    waits = [throttle.attempt("a@acme.example", "", now) for _ in range(throttle.ACCOUNT.free + 2)]

    assert waits[-1] > 0


def test_a_refusal_costs_one_hash_whether_the_account_exists_or_not(
    admin: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    for name in ("encode", "verify"):
        monkeypatch.setattr(Argon2idHasher, name, _counted(getattr(Argon2idHasher, name), hashed))

    _sign_in(client, admin.email, "not the password")
    known, hashed[:] = list(hashed), []
    _sign_in(client, "nobody@acme.example", "not the password")

    assert (len(known), len(hashed)) == (1, 1)


def _counted(method: Callable[..., Any], calls: list[str]) -> Callable[..., Any]:
    def counted(*given: Any) -> Any:
        calls.append(method.__name__)
        return method(*given)

    return counted


def test_a_password_of_a_megabyte_is_not_hashed(admin: User, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Argon2idHasher, "verify", lambda *_: pytest.fail("it was hashed"))

    assert _sign_in(client, admin.email, "x" * 2**20).status_code == 422


def test_letters_that_look_alike_are_not_the_same_account(admin: User) -> None:
    backend = EmailBackend()

    assert backend.authenticate(None, "ADMIN@acme.example", PASSWORD) == admin
    assert backend.authenticate(None, "adm\u0131n@acme.example", PASSWORD) is None


@pytest.mark.usefixtures("stopped_clock")
def test_attempts_that_come_too_early_fill_no_trail(admin: User, client: Client) -> None:
    for number in range(20):
        _sign_in(client, admin.email, f"guess number {number}")

    refused = AuditEntry.objects.filter(action="session.refused")
    assert refused.filter(details__reason="throttled").count() == 1
    assert 5 <= refused.filter(details__reason="credentials").count() < 19
