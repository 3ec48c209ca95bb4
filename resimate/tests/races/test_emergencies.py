"""Access in an emergency that two begin, end or review at the same moment: one of them comes too late."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from apps.accounts.models import Grant, User
from apps.audit.models import AuditEntry
from apps.campaigns.tests.story import make_user
from apps.core.fields import new_id
from apps.emergency import services
from apps.emergency.models import EmergencyAccess
from apps.emergency.services.using import note_revoked
from apps.emergency.tests.story import WHY, People
from resimate.tests.races.harness import race

pytestmark = [pytest.mark.requirement("SEC-AUTH-001"), pytest.mark.thorough]
REVIEW = "It was needed, and nothing else was done with it."


@pytest.fixture
def people(acme: None, now: datetime) -> People:
    def made(role: str) -> User:
        return make_user(f"{role}-{new_id()}@acme.example", now, role)

    return People(made("on_call"), *[made("tenant_admin") for _ in range(3)])


@pytest.fixture
def approved(people: People, now: datetime) -> EmergencyAccess:
    access = services.ask_for_access(people.caller, reason=WHY, now=now)
    for one in (people.first, people.second):
        services.approve_access(access, acting_user=one, now=now)
    return access


@pytest.fixture
def verbs(approved: EmergencyAccess, people: People, now: datetime) -> dict[str, Any]:
    by, later = people, now + timedelta(hours=2)
    return {
        "begin": lambda: services.begin_access(approved, acting_user=by.caller, now=now),
        "approve": lambda: services.approve_access(approved, acting_user=by.third, now=now),
        "end": lambda: services.end_access(approved, acting_user=by.caller, now=now),
        "review": lambda: services.review_access(approved, acting_user=by.third, review=REVIEW, now=later),
    }


@pytest.mark.parametrize(
    ("ahead", "behind", "code"),
    [
        ("begin", "begin", "emergency_not_usable"),
        ("end", "begin", "emergency_not_usable"),
        ("end", "approve", "emergency_not_approvable"),
        ("end", "end", "emergency_not_usable"),
    ],
)
def test_who_comes_second_finds_what_the_first_did(
    verbs: dict[str, Any], people: People, ahead: str, behind: str, code: str
) -> None:
    first, second = race(verbs[ahead], verbs[behind])

    assert (first.code, second.code, second.waited) == ("", code, True)
    assert Grant.objects.filter(user=people.caller, role__code="emergency").count() == (ahead == "begin")


def test_what_is_ended_while_it_begins_is_taken_back(verbs: dict[str, Any], people: People) -> None:
    first, second = race(verbs["begin"], verbs["end"])

    assert (first.code, second.code, second.waited) == ("", "", True)
    assert not Grant.objects.filter(user=people.caller, role__code="emergency").exists()


def test_of_two_reviews_the_second_is_refused(verbs: dict[str, Any]) -> None:
    verbs["begin"]()

    first, second = race(verbs["review"], verbs["review"])

    assert (first.code, second.code, second.waited) == ("", "emergency_not_reviewable", True)


def test_what_is_ended_by_hand_is_not_ended_again_with_its_grant(
    verbs: dict[str, Any], approved: EmergencyAccess, now: datetime
) -> None:
    begun = verbs["begin"]()

    first, second = race(verbs["end"], lambda: note_revoked(begun.grant_id, now=now))

    assert (first.code, second.code, second.waited) == ("", "", True)
    assert AuditEntry.objects.filter(action="emergency.ended", object_id=str(approved.pk)).count() == 1
