"""Roles, programs, links and sessions of accounts: two do at the same moment what only one of them can."""

from datetime import datetime
from typing import Any

import pytest
from django.contrib.sessions.exceptions import SessionInterrupted
from django.test import RequestFactory

from apps.accounts import services
from apps.accounts.models import Role, ServiceAccount, Session, User
from apps.accounts.services import roles, sign_in_links
from apps.accounts.session_store import SessionStore
from apps.configuration import services as configuration
from apps.core.fields import new_id
from apps.core.locking import locked
from resimate.tests.races.harness import race

pytestmark = [pytest.mark.requirement("SEC-AUTH-002"), pytest.mark.thorough]


@pytest.fixture
def bea(ada: User, now: datetime) -> User:
    return services.create_user(f"bea-{new_id()}@acme.example", password="seven purple bicycles", now=now)


def make_role(now: datetime, **more: Any) -> Role:
    code = f"r{new_id().hex}"
    return services.create_role(code, name=code, permissions=[], acting_user=None, now=now, **more)


def test_two_make_no_more_roles_than_there_may_be(ada: User, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roles, "MOST_ROLES", Role.objects.count() + 1)

    ahead, behind = race(lambda: make_role(now), lambda: make_role(now))

    assert (ahead.code, behind.code, behind.waited) == ("", "too_many_roles", True)


def test_nothing_is_built_on_a_role_that_is_being_deleted(ada: User, now: datetime) -> None:
    role, count = make_role(now), Role.objects.count()

    deleting, building = race(
        lambda: services.delete_role(role, acting_user=None, now=now), lambda: make_role(now, parents=[role])
    )

    assert (deleting.code, building.code, building.waited) == ("", "invalid", True)
    assert Role.objects.count() == count - 1


def test_a_role_on_which_another_is_being_built_stays(ada: User, now: datetime) -> None:
    role = make_role(now)

    building, deleting = race(
        lambda: make_role(now, parents=[role]), lambda: services.delete_role(role, acting_user=None, now=now)
    )

    assert (building.code, deleting.code, deleting.waited) == ("", "role_in_use", True)


def test_a_program_that_is_being_handed_on_does_not_stop_with_who_had_it(ada: User, bea: User, now: datetime) -> None:
    program = services.create_service_account("Feed", owner=bea, acting_user=None, now=now)

    handing_on, closing = race(
        lambda: services.change_service_account(program, name="Feed", owner=ada, acting_user=None, now=now),
        lambda: services.deactivate_user(bea, acting_user=None, now=now),
    )

    left = ServiceAccount.objects.get(pk=program.pk)
    assert (handing_on.code, closing.code, closing.waited) == ("", "", True)
    assert (left.owner_id, left.is_active) == (ada.pk, True)


def test_nobody_answers_for_a_program_whose_account_is_being_closed(bea: User, now: datetime) -> None:
    closing, making = race(
        lambda: services.deactivate_user(bea, acting_user=None, now=now),
        lambda: services.create_service_account("Feed", owner=bea, acting_user=None, now=now),
    )

    assert (closing.code, making.code, making.waited) == ("", "invalid", True)
    assert not ServiceAccount.objects.filter(owner=bea).exists()


def test_a_link_signs_one_in_of_two_who_open_it(bea: User, now: datetime) -> None:
    configuration.change("sign_in.links", True, now=now)
    services.grant_role(bea, Role.objects.get(code="stakeholder"), acting_user=None, now=now)
    token = sign_in_links.LINKS.token_for(User.objects.get(pk=bea.pk))

    def enter() -> None:
        request: Any = RequestFactory().post("/")
        request.session = SessionStore()
        sign_in_links.sign_in_by_link(request, token, now=now)

    ahead, behind = race(enter, enter)

    assert (ahead.code, behind.code, behind.waited) == ("", "sign_in_link_over", True)
    assert Session.objects.filter(user=bea).count() <= 1


def test_a_session_that_is_being_ended_goes_on_under_no_other_id(bea: User, now: datetime) -> None:
    store = SessionStore()
    store["_auth_user_id"] = str(bea.pk)
    store.create()
    session = Session.objects.get(user=bea)

    ending, going_on = race(lambda: locked(Session.objects.all(), session.pk).delete(), store.cycle_key)

    assert (ending.code, going_on.code, going_on.waited) == ("", SessionInterrupted.__name__, True)
    assert not Session.objects.filter(user=bea).exists()
