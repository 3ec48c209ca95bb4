"""What is tried around second factors: old seeds, other keyboards, clocks that differ, and the API as a way around."""

from datetime import timedelta

import pytest
from django.test import Client

from apps.accounts import second_steps, sessions
from apps.accounts.models import Grant, Role, User
from apps.accounts.tests.conftest import PASSWORD
from apps.factors import services
from apps.factors.models import Factor
from apps.factors.services import enrolling
from apps.factors.tests.conftest import Clock
from apps.factors.tests.phone import code_of, enrol

pytestmark = pytest.mark.requirement("SEC-AUTH-001")

ACME, STEP = {"host": "acme.localhost"}, "/sign-in/factor/"


@pytest.fixture
def half(admin: User, clock: Clock) -> Client:
    """Somebody has shown the password of an administrator with a factor."""
    enrol(admin, clock.moment)
    client = Client(headers=ACME)
    client.post("/sign-in/", {"email": admin.email, "password": PASSWORD})
    return client


def test_a_seed_that_somebody_left_behind_is_good_no_more(admin: User, clock: Clock) -> None:
    begun = services.begin_app(admin, name="", now=clock.moment)
    clock.moment += enrolling.WAITS
    client = Client(headers=ACME)
    client.post("/sign-in/", {"email": admin.email, "password": PASSWORD})

    assert client.get("/account/security/factors/app/").status_code == 302
    with pytest.raises(services.NothingSetUp):
        services.confirm_app(admin, code_of(begun.seed, clock.moment), now=clock.moment)
    assert not services.has_factor(admin)


def test_digits_of_any_keyboard_are_digits(half: Client, clock: Clock) -> None:
    code = code_of(Factor.objects.get(kind="totp").seed, clock.moment)
    wide = "".join(chr(0xFF10 + int(digit)) for digit in code)

    assert half.post(STEP, {"code": wide}).status_code == 302
    assert half.get("/account/").status_code == 200


@pytest.mark.parametrize(("minutes", "is_awaited"), [(-5, True), (5, True), (-11, False), (11, False)])
def test_the_second_step_is_awaited_by_servers_whose_clocks_differ(
    half: Client, clock: Clock, minutes: int, is_awaited: bool
) -> None:
    moment = clock.moment + timedelta(minutes=minutes)

    assert (second_steps.pending(half.session, moment) is not None) is is_awaited


def test_the_api_takes_nobodys_factor_away_without_asking_again(admin: User, analyst: User, clock: Clock) -> None:
    lost, _ = enrol(analyst, clock.moment)
    client = Client(headers=ACME)
    client.force_login(admin)
    clock.moment += sessions.FRESH + timedelta(seconds=1)

    answer = client.delete(f"/api/v1/users/{analyst.pk}/factors/{lost.pk}/")

    assert (answer.status_code, answer.json()["code"]) == (403, "step_up_needed")
    assert services.has_factor(analyst)


def test_a_seed_that_waits_for_its_first_code_opens_nothing(admin: User, clock: Clock) -> None:
    enrol(admin, clock.moment)
    begun = services.begin_app(admin, name="", now=clock.moment)

    with pytest.raises(services.WrongCode):
        services.verify(admin, code_of(begun.seed, clock.moment), now=clock.moment)


@pytest.fixture
def known_by_password(admin: User, clock: Clock) -> Client:
    """A browser in which the owner of a factor has shown a password just now, and nothing else."""
    enrol(admin, clock.moment)
    client = Client(headers=ACME)
    client.force_login(User.objects.get(pk=admin.pk))
    return client


@pytest.mark.parametrize("field", ["confirm-code", "confirm-passkey"])
def test_a_blank_is_no_second_factor(known_by_password: Client, analyst: User, field: str) -> None:
    sent = {"user": str(analyst.pk), "role": str(Role.objects.get(code="tenant_admin").pk), "confirm-method": "POST"}

    answer = known_by_password.post("/admin/accounts/grant/add/", {**sent, "confirm-present": PASSWORD, field: " "})

    assert answer.status_code == 422
    assert not Grant.objects.filter(user=analyst, role__code="tenant_admin").exists()


def test_a_password_takes_no_factor_away_nor_adds_one_where_there_is_one(
    known_by_password: Client, admin: User, clock: Clock
) -> None:
    """Else whoever has the session and the password asks for less from then on."""
    factor, page = Factor.objects.get(kind="totp"), "/account/security/factors/"
    sent = {"confirm-method": "POST", "confirm-present": PASSWORD}

    for path in (f"{page}{factor.pk}/remove/", f"{page}codes/", f"{page}app/new/", f"{page}passkey/"):
        assert [known_by_password.post(path, given).status_code for given in ({}, sent)] == [403, 422], path
    assert Factor.objects.filter(user=admin).count() == 2
    code = code_of(factor.seed, clock.moment)
    assert known_by_password.post(f"{page}{factor.pk}/remove/", {**sent, "confirm-code": code}).status_code == 302


def test_nor_is_it_enough_to_see_the_product_as_somebody_else(known_by_password: Client, analyst: User) -> None:
    path = f"/admin/accounts/user/{analyst.pk}/view-as/"

    assert known_by_password.post(path, {"confirm-method": "POST", "confirm-present": PASSWORD}).status_code == 422
