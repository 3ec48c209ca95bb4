"""An account is erased while it signs in, or is given something: it is not inside, and has nothing."""

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.test import RequestFactory

from apps.accounts import services
from apps.accounts.models import ApiKey, Grant, Role, User
from apps.accounts.session_store import SessionStore
from apps.core.fields import new_id
from apps.keys.models import SubjectKey
from resimate.tests.races.harness import race

pytestmark = pytest.mark.requirement("COMP-001", "SEC-AUTH-002")
PASSWORD = "seven purple bicycles"


@pytest.fixture
def bea(ada: User, now: datetime) -> User:
    return services.create_user(f"bea-{new_id()}@acme.example", password=PASSWORD, name="Bea", now=now)


def erase(one: User, now: datetime) -> User:
    return services.erase_user(one, acting_user=None, now=now)


@pytest.mark.thorough
@pytest.mark.parametrize("first", ["erasing", "signing in"])
def test_who_is_erased_while_they_sign_in_is_not_inside(bea: User, now: datetime, first: str) -> None:
    request: Any = RequestFactory().post("/sign-in/")
    request.session, address = SessionStore(), bea.email
    both = {
        "erasing": lambda: erase(bea, now),
        "signing in": lambda: services.sign_in(request, email=address, password=PASSWORD, now=now),
    }

    ahead, behind = race(both.pop(first), *both.values())

    assert (ahead.code, behind.code, behind.waited) == ("", "", True)
    assert not get_user(request).is_authenticated
    assert User.objects.get(pk=bea.pk).is_erased


@pytest.mark.parametrize("what", ["a role", "a key"])
def test_an_account_that_is_being_erased_is_given_nothing(bea: User, now: datetime, what: str) -> None:
    role = Role.objects.get(code="tenant_admin")
    give = {
        "a role": lambda: services.grant_role(bea, role, acting_user=None, now=now),
        "a key": lambda: services.create_api_key(bea, name="k", now=now),
    }[what]

    erasing, giving = race(lambda: erase(bea, now), give)

    assert (erasing.code, giving.code, giving.waited) == ("", "account_erased", True)
    assert (Grant.objects.filter(user=bea).count(), ApiKey.objects.filter(user=bea).count()) == (0, 0)


def test_what_an_account_was_given_just_before_it_is_erased_ends(bea: User, now: datetime) -> None:
    role = Role.objects.get(code="tenant_admin")

    giving, erasing = race(
        lambda: services.grant_role(bea, role, acting_user=None, now=now),
        lambda: erase(bea, now),
    )

    assert (giving.code, erasing.code, erasing.waited) == ("", "", True)
    assert not Grant.objects.filter(user=bea).exists()


def test_two_who_erase_one_account_destroy_one_key(bea: User, now: datetime) -> None:
    before = SubjectKey.objects.filter(secret__isnull=True).count()

    first, second = race(*[lambda: erase(bea, now)] * 2)

    assert (first.code, second.code, second.waited) == ("", "", True)
    assert SubjectKey.objects.filter(secret__isnull=True).count() == before + 1
