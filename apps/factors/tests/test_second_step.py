"""After the password comes a code: until then nobody is signed in, and each code opens once."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from apps.accounts import second_steps
from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.accounts.services import sign_in_links
from apps.accounts.services.forgotten import token_for
from apps.accounts.tests.conftest import PASSWORD
from apps.audit.models import AuditEntry
from apps.configuration import services as configuration
from apps.factors import services
from apps.factors.models import BackupCode, Factor
from apps.factors.services import verifying
from apps.factors.tests.conftest import Clock
from apps.factors.tests.phone import code_of, enrol
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("SEC-AUTH-001")

ACME, BETA = {"host": "acme.localhost"}, {"host": "beta.localhost"}
STEP = "/sign-in/factor/"


@pytest.fixture
def phone(admin: User, clock: Clock) -> Factor:
    return enrol(admin, clock.moment)[0]


@pytest.fixture
def codes(phone: Factor) -> list[str]:
    return [*services.renew_codes(phone.user, now=timezone.now()).codes]


def _half(client: Client, email: str, password: str = PASSWORD, host: dict[str, str] = ACME) -> Any:
    """Show the password alone."""
    return client.post("/sign-in/", {"email": email, "password": password, "next": "/account/"}, headers=host)


def _try(client: Client, code: str, host: dict[str, str] = ACME) -> int:
    return int(client.post(STEP, {"code": code, "next": "/account/"}, headers=host).status_code)


def _is_inside(client: Client, host: dict[str, str] = ACME) -> bool:
    return client.get("/account/", headers=host).status_code == 200


def test_an_app_that_was_only_begun_is_no_second_step(admin: User, phone: Factor, clock: Clock, client: Client) -> None:
    begun = services.begin_app(admin, name="", now=clock.moment)
    _half(client, admin.email)

    assert _try(client, code_of(begun.seed, clock.moment)) == 422
    assert not _is_inside(client)


def test_a_password_alone_reaches_nothing(admin: User, phone: Factor, client: Client) -> None:
    answer = _half(client, admin.email)

    assert (answer.status_code, answer["Location"]) == (302, f"{STEP}?next=%2Faccount%2F")
    assert SESSION_KEY not in client.session
    assert [client.get(path, headers=ACME).status_code for path in ("/", "/account/", "/admin/")] == [302] * 3
    assert client.get("/api/v1/users/", headers=ACME).status_code == 401
    assert client.get("/account/security/factors/", headers=ACME)["Location"].startswith("/sign-in/?next=")
    assert not AuditEntry.objects.filter(action="session.started").exists()


def test_the_code_of_now_starts_a_session_that_says_how(
    admin: User, phone: Factor, client: Client, clock: Clock
) -> None:
    _half(client, admin.email)
    before = client.session.session_key
    answer = client.post(STEP, {"code": code_of(phone.seed, clock.moment), "next": "/account/"}, headers=ACME)

    session, moment = client.session, int(clock.moment.timestamp())
    assert (answer.status_code, answer["Location"], _is_inside(client)) == (302, "/account/", True)
    assert session.session_key != before
    assert second_steps.NOTE not in session
    assert (session["amr"], session["acr"]) == (["mfa", "otp", "pwd"], "aal2")
    assert session["auth_time"] == session["factor_at"] == moment
    assert AuditEntry.objects.get(action="session.started").details["amr"] == ["pwd", "otp", "mfa"]


def test_the_session_before_the_password_is_not_the_one_after_it(admin: User, phone: Factor, client: Client) -> None:
    client.get("/sign-in/", headers=ACME)
    session = client.session
    session["planted"] = 1
    session.save()

    _half(client, admin.email)

    assert client.session.session_key != session.session_key
    assert "planted" not in client.session


def test_a_code_is_used_once_and_may_be_one_step_off(admin: User, phone: Factor, clock: Clock) -> None:
    def tried(offset: int) -> int:
        client = Client()
        _half(client, admin.email)
        return _try(client, code_of(phone.seed, clock.moment + timedelta(seconds=offset)))

    assert (tried(60), tried(-60)) == (422, 422)
    assert (tried(0), tried(0), tried(-30)) == (302, 422, 422)
    assert (tried(30), tried(30)) == (302, 422)


def test_a_backup_code_is_used_once_and_its_owner_is_told(admin: User, codes: list[str], clock: Clock) -> None:
    def tried(code: str) -> int:
        client = Client()
        _half(client, admin.email)
        return _try(client, code)

    assert (tried(codes[3]), tried(codes[3]), tried(codes[4].upper().replace("-", " "))) == (302, 422, 302)
    assert BackupCode.objects.filter(used_at=None).count() == 8
    assert Message.objects.filter(kind="backup_code_used", recipient_id=admin.pk).count() == 2
    assert AuditEntry.objects.filter(action="factor.backup_code_used", actor=str(admin.pk)).count() == 2
    assert not any(code.replace("-", "") in str(list(BackupCode.objects.values())) for code in codes)


def test_codes_of_others_open_nothing(admin: User, analyst: User, phone: Factor, clock: Clock) -> None:
    theirs, codes = enrol(analyst, clock.moment)
    client = Client()
    _half(client, admin.email)

    assert [_try(client, one) for one in (code_of(theirs.seed, clock.moment), codes[0])] == [422, 422]
    assert not _is_inside(client)


@pytest.mark.parametrize("what", ["time", "password", "sessions", "closed", "erased"])
def test_a_note_ends_with_what_it_rests_on(
    admin: User, analyst: User, phone: Factor, client: Client, clock: Clock, what: str
) -> None:
    second = accounts.create_user("other@acme.example", password=PASSWORD, now=clock.moment)
    theirs, _ = enrol(second, clock.moment)
    _half(client, second.email)
    second = User.objects.get(pk=second.pk)
    if what == "time":
        clock.moment += second_steps.LIFE
    elif what == "password":
        accounts.reset_password(second, acting_user=None, now=clock.moment)
    elif what == "sessions":
        accounts.end_sessions(second)
    elif what == "closed":
        accounts.deactivate_user(second, acting_user=None, now=clock.moment)
    else:
        accounts.erase_user(second, acting_user=None, now=clock.moment)

    answer = client.post(STEP, {"code": code_of(theirs.seed, clock.moment)}, headers=ACME)

    assert answer["Location"].startswith("/sign-in/")
    assert not _is_inside(client)


def test_a_note_of_one_tenant_is_none_at_another(
    admin: User, phone: Factor, beta: Any, client: Client, clock: Clock
) -> None:
    _half(client, admin.email)
    row, seed, email, epoch = client.session, phone.seed, admin.email, phone.user.session_epoch + 1
    with tenant_context(beta):
        twin = User(id=admin.id, email=email, password=admin.password, created_at=admin.created_at)
        twin.session_epoch = epoch
        twin.save(force_insert=True)
        Factor.objects.create(id=phone.id, user=twin, kind="totp", seed=seed, confirmed=True, created_at=clock.moment)
        copied = type(row)(row.session_key)
        copied.update(dict(row.items()))
        copied.save(must_create=True)

    assert _try(client, code_of(seed, clock.moment), BETA) == 302
    assert not _is_inside(client, BETA)


def test_nobody_is_at_the_second_step_without_the_first(phone: Factor, client: Client) -> None:
    answers = [client.get(f"{STEP}?next=/models/", headers=ACME), client.post(STEP, {"code": "123456"}, headers=ACME)]

    assert [(one.status_code, one["Location"][:10]) for one in answers] == [(302, "/sign-in/?")] * 2
    assert answers[0]["Location"] == "/sign-in/?next=%2Fmodels%2F"


def test_it_never_leads_to_another_host(admin: User, phone: Factor, client: Client, clock: Clock) -> None:
    _half(client, admin.email)
    code = code_of(phone.seed, clock.moment)

    assert client.post(STEP, {"code": code, "next": "//evil.example"}, headers=ACME)["Location"] == "/"


def test_guessing_gets_slower_over_all_factors_together(admin: User, codes: list[str], clock: Clock) -> None:
    client = Client()
    _half(client, admin.email)
    guesses = ["000000", "aaaa-aaaa-aaaa"] * 3

    assert [_try(client, one) for one in guesses] == [422] * len(guesses)
    other = Client()
    _half(other, admin.email)
    assert other.post(STEP, {"code": codes[0]}, headers=ACME)["Retry-After"]
    assert AuditEntry.objects.filter(action="factor.refused").count() == 2  # of each reason, once a minute


def test_who_knows_the_password_shuts_no_device_out_that_was_inside(
    admin: User, phone: Factor, codes: list[str], clock: Clock
) -> None:
    known, stranger = Client(), Client()
    _half(known, admin.email)
    assert _try(known, codes[0]) == 302
    known.post("/sign-out/", headers=ACME)
    _half(stranger, admin.email)
    for _ in range(verifying.GUESSES.free + 2):
        last = _try(stranger, "000000")

    _half(known, admin.email)
    assert (last, _try(known, codes[1])) == (429, 302)


def test_a_new_password_by_a_link_is_no_way_around(admin: User, phone: Factor, client: Client) -> None:
    accounts.choose_password(
        token_for(User.objects.get(pk=admin.pk)), password="nine slow green rivers", now=timezone.now()
    )
    answer = _half(client, admin.email, "nine slow green rivers")

    assert answer["Location"].startswith(STEP)
    assert not _is_inside(client)


def test_nor_is_a_first_password(admin: User, phone: Factor, client: Client) -> None:
    _, password = accounts.reset_password(admin, acting_user=None, now=timezone.now())

    assert _half(client, admin.email, password)["Location"].startswith(STEP)
    assert not _is_inside(client)


def test_keys_of_programs_open_what_they_opened(admin: User, phone: Factor, client: Client) -> None:
    _, secret = accounts.create_api_key(admin, name="k", now=timezone.now())
    answer = client.get("/api/v1/users/", headers={**ACME, "Authorization": f"Bearer {secret}"})

    assert answer.status_code == 200


def test_the_owner_is_told_once_when_codes_are_guessed(admin: User, phone: Factor, client: Client) -> None:
    _half(client, admin.email)
    before = Message.objects.filter(kind="codes_guessed").count()

    assert [_try(client, "000000") for _ in range(4)] == [422] * 4
    assert Message.objects.filter(kind="codes_guessed").count() == before == 0
    assert [_try(client, "000000") for _ in range(3)].count(422) >= 1
    assert Message.objects.filter(kind="codes_guessed").count() == 1


def test_an_odd_sign_in_takes_no_backup_code_and_does_not_use_it_up(
    admin: User, phone: Factor, codes: list[str], client: Client, clock: Clock
) -> None:
    _half(client, admin.email)
    session = client.session
    session["second_step"] |= {"risk": {"score": 80, "inputs": ["failures"], "outcome": "stronger"}}
    session.save()

    assert _try(client, codes[0]) == 422
    assert BackupCode.objects.filter(used_at=None).count() == len(codes)
    assert _try(client, code_of(phone.seed, clock.moment)) == 302
    assert AuditEntry.objects.get(action="session.started").details["risk"]["score"] == 80


def test_nor_is_a_link_to_sign_in_which_is_used_up_by_the_first_step(
    acme: Any, make_user: Any, client: Client, clock: Clock
) -> None:
    configuration.change("sign_in.links", True, now=clock.moment)
    bo = make_user("bo@acme.example", "stakeholder")
    phone = enrol(bo, clock.moment)[0]
    link = sign_in_links.LINKS.path_for(User.objects.get(pk=bo.pk))

    first = client.post(link, {"next": "/account/"}, headers=ACME)
    again = Client().post(link, headers=ACME)
    is_in = _is_inside(client)
    entered = _try(client, code_of(phone.seed, clock.moment))

    assert (first["Location"], is_in, again.status_code) == (f"{STEP}?next=%2Faccount%2F", False, 410)
    assert (entered, client.session["amr"], client.session["acr"]) == (302, ["email", "mfa", "otp"], "aal2")


def test_whom_the_policy_wants_to_have_a_factor_sets_one_up_after_a_link_too(
    acme: Any, make_user: Any, client: Client, clock: Clock
) -> None:
    configuration.change("sign_in.links", True, now=clock.moment)
    configuration.change("factors.required", "everybody", now=clock.moment)

    client.post(sign_in_links.LINKS.path_for(make_user("bo@acme.example", "stakeholder")), headers=ACME)

    assert client.get("/account/", headers=ACME)["Location"] == "/account/security/factors/"
