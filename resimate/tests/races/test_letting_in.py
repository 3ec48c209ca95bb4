"""Invitations, codes and tokens that two bring, or take away, at the same moment: one of them comes too late."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from apps.accounts import services as accounts
from apps.accounts.models import Grant, Invitation, Role, User
from apps.accounts.services.invitations import LINKS
from apps.core.fields import new_id
from apps.oauth import services as applications
from apps.oauth.models import Authorization, RefreshToken
from apps.oauth.tests.conftest import BACK, SCOPES, Program
from resimate.tests.races.harness import race

pytestmark = [pytest.mark.requirement("SEC-001", "SEC-AUTH-001"), pytest.mark.thorough]
PASSWORD = "nine yellow umbrellas"


@pytest.fixture
def invitation(ada: User, now: datetime) -> Invitation:
    roles = [*Role.objects.filter(code="model_analyst")]
    return accounts.invite(f"bo-{new_id()}@acme.example", roles=roles, acting_user=ada, now=now)


@pytest.fixture
def accept(invitation: Invitation, now: datetime) -> Callable[[], User]:
    token = LINKS.token_for(invitation)
    return lambda: accounts.accept_invitation(token, name="Bo", password=PASSWORD, now=now)


@pytest.fixture
def end(ada: User, invitation: Invitation, now: datetime) -> dict[str, Callable[[], Any]]:
    return {
        "withdrawn": lambda: accounts.revoke_invitation(invitation, acting_user=ada, now=now),
        "sent again": lambda: accounts.resend_invitation(invitation, acting_user=ada, now=now),
        "forgotten": lambda: accounts.erase_invitation(invitation, acting_user=ada, now=now),
    }


@pytest.mark.parametrize("what", ["withdrawn", "sent again", "forgotten"])
def test_who_accepts_what_is_being_taken_away_comes_too_late(
    invitation: Invitation, accept: Any, end: Any, what: str
) -> None:
    ended, accepted = race(end[what], accept)

    assert (ended.code, accepted.code, accepted.waited) == ("", "invitation_over", True)
    assert not User.objects.at(str(invitation.email)).exists()


@pytest.mark.parametrize(
    ("what", "code"), [("withdrawn", "invitation_closed"), ("sent again", "invitation_closed"), ("forgotten", "")]
)
def test_who_takes_away_what_is_being_accepted_comes_too_late(
    invitation: Invitation, accept: Any, end: Any, what: str, code: str
) -> None:
    """Whoever withdraws it learns that there is an account now; to be forgotten it may still be."""
    accepted, ended = race(accept, end[what])

    assert (accepted.code, ended.code, ended.waited) == ("", code, True)
    found = Invitation.objects.get(pk=invitation.pk)
    assert (found.accepted_by, found.revoked_at) == (accepted.result, None)
    assert Grant.objects.filter(user=accepted.result, role__code="model_analyst").count() == 1


def test_of_two_who_accept_one_invitation_one_has_an_account(invitation: Invitation, accept: Any) -> None:
    first, second = race(accept, accept)

    assert (first.code, second.code, second.waited) == ("", "invitation_over", True)
    assert User.objects.at(str(invitation.email)).get() == first.result


# Applications: what two bring is brought by one too many, so all that came of it ends.


@pytest.fixture
def program(ada: User, now: datetime) -> Program:
    application, _ = applications.register_application(
        "Planner", redirect_uris=[BACK], scopes=SCOPES, acting_user=None, now=now
    )
    return Program(application)


@pytest.fixture
def code(program: Program, ada: User) -> str:
    browser = Client(headers=program.host)
    browser.force_login(ada)
    return program.let_in(browser)["code"]


def _live(program: Program) -> int:
    return Authorization.objects.filter(application=program.application, ended_at=None).count()


def test_a_code_that_two_bring_at_once_ends_what_it_gave(program: Program, code: str) -> None:
    first, second = race(lambda: program.exchange(code), lambda: program.exchange(code))

    assert [one.result.status_code for one in (first, second)] == [200, 400]
    assert second.waited
    assert _live(program) == 0


def test_so_does_a_refresh_token(program: Program, code: str) -> None:
    token = program.exchange(code).json()["refresh_token"]
    first, second = race(lambda: program.refresh(token), lambda: program.refresh(token))

    assert [one.result.status_code for one in (first, second)] == [200, 400]
    assert second.waited
    assert _live(program) == 0


def test_a_code_is_not_exchanged_while_it_is_being_taken_back(program: Program, code: str, ada: User, now: Any) -> None:
    taken, exchanged = race(
        lambda: applications.revoke_own(ada, program.application, now=now), lambda: program.exchange(code)
    )

    assert (taken.result, exchanged.result.status_code, exchanged.waited) == (1, 400, True)
    assert not RefreshToken.objects.filter(authorization__application=program.application).exists()
