"""Applications of others that two change, and keys that two make, at the same moment: it is done once."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.factors.models import PushKey
from apps.factors.pushing import vapid
from apps.oauth import services, signing
from apps.oauth.models import Application, Authorization, SigningKey
from apps.oauth.tests.conftest import BACK, SCOPES, Program
from resimate.tests.races.harness import race

pytestmark = [pytest.mark.requirement("SEC-001"), pytest.mark.thorough]


@pytest.fixture
def program(ada: User, now: datetime) -> Program:
    kind = Application.Kind.CONFIDENTIAL
    return Program(
        *services.register_application(
            "Planner", redirect_uris=[BACK], scopes=SCOPES, kind=kind, acting_user=None, now=now
        )
    )


@pytest.fixture
def authorization(program: Program, ada: User) -> Authorization:
    browser = Client(headers=program.host)
    browser.force_login(ada)
    program.exchange(program.let_in(browser)["code"])
    return Authorization.objects.get(application=program.application)


def _recorded(action: str, row: Any) -> int:
    return AuditEntry.objects.filter(action=action, object_id=str(row.pk)).count()


def test_an_application_is_retired_once(program: Program, now: datetime) -> None:
    def retire() -> Any:
        return services.retire_application(program.application, acting_user=None, now=now)

    first, second = race(retire, retire)

    assert (first.code, second.code, second.waited) == ("", "", True)
    assert _recorded("application.retired", program.application) == 1


def test_what_is_being_retired_gets_no_other_secret(program: Program, now: datetime) -> None:
    retired, replaced = race(
        lambda: services.retire_application(program.application, acting_user=None, now=now),
        lambda: services.replace_secret(program.application, acting_user=None, now=now),
    )

    assert (retired.code, replaced.code, replaced.waited) == ("", "application_retired", True)


def test_an_authorization_ends_once(authorization: Authorization, ada: User, now: datetime) -> None:
    def end() -> Any:
        return services.end_authorization(authorization, why="revoked", acting_user=ada, now=now)

    first, second = race(end, end)

    assert (first.code, second.code, second.waited) == ("", "", True)
    assert _recorded("authorization.ended", authorization) == 1


def test_of_two_who_take_it_back_the_second_has_nothing_to_take(
    authorization: Authorization, ada: User, now: datetime
) -> None:
    def revoke() -> int:
        return services.revoke_own(ada, authorization.application, now=now)

    first, second = race(revoke, revoke)

    assert (first.result, second.result, second.waited) == (1, 0, True)


def test_one_key_signs_though_two_make_the_first(ada: User, now: datetime) -> None:
    SigningKey.objects.all().delete()

    first, second = race(lambda: signing.active(now), lambda: signing.active(now))

    assert (first.result, second.waited) == (second.result, True)
    assert SigningKey.objects.count() == 1


def test_one_key_signs_though_two_replace_it(ada: User, now: datetime) -> None:
    signing.active(now)

    first, second = race(*[lambda: signing.replace(now, at_once=False) for _ in range(2)])

    assert second.waited
    assert SigningKey.objects.get(verifies_until=None) == second.result != first.result


def test_one_key_of_notifications_is_made_though_two_make_it(ada: User, now: datetime) -> None:
    PushKey.objects.all().delete()

    first, second = race(lambda: vapid.active(now), lambda: vapid.active(now))

    assert (first.result, second.waited) == (second.result, True)
    assert PushKey.objects.count() == 1
