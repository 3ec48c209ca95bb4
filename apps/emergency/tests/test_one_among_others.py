"""An access in an emergency is one person's and one grant's, whatever else is open beside it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts import services as accounts
from apps.accounts.models import Grant, Role, User
from apps.audit.models import AuditEntry
from apps.emergency import services
from apps.emergency.models import GOOD_FOR, LASTS, Approval, EmergencyAccess
from apps.emergency.services.asking import LONGEST, SHORTEST
from apps.emergency.tests.story import WHY, People, refused
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("SEC-AUTH-001")

ACME = {"host": "acme.localhost"}
DONE = "She looked at two campaigns and changed nothing; the trail shows it."


def _begun_by(caller: User, people: People) -> EmergencyAccess:
    now = timezone.now()
    access = services.ask_for_access(caller, reason=WHY, now=now)
    for one in (people.first, people.second):
        services.approve_access(access, acting_user=one, now=now)
    return services.begin_access(access, acting_user=caller, now=now)


def test_beside_one_others_sign_in_as_ever_and_end_with_their_own_grants(
    people: People, make_user: Callable[..., User]
) -> None:
    mine = _begun_by(people.caller, people)
    ole = make_user("ole@acme.example", "on_call")
    browser = Client(headers=ACME)
    browser.force_login(ole)
    assert "You see what you usually do not" not in browser.get("/emergency/").content.decode()
    assert not AuditEntry.objects.filter(action="emergency.used").exists()

    theirs = _begun_by(ole, people)
    accounts.revoke_grant(Grant.objects.get(pk=str(theirs.grant_id)), acting_user=None, now=timezone.now())
    services.note_revoked(theirs.grant_id or "", now=timezone.now())
    assert [*EmergencyAccess.objects.running_at(timezone.now())] == [mine]


def test_the_page_asks_the_rights_of_all_approvers_at_once(
    people: People, make_user: Callable[..., User], django_assert_num_queries: Any
) -> None:
    browser, now = Client(headers=ACME), timezone.now()
    browser.force_login(people.third)
    approvers = [make_user(f"a{number}@acme.example", "tenant_admin") for number in range(6)]

    def ask(*two: User) -> None:
        access = EmergencyAccess.objects.create(user=people.caller, reason=WHY, requested_at=now)
        Approval.objects.bulk_create(Approval(access=access, approver=one, approved_at=now) for one in two)

    ask(*approvers[:2])
    browser.get("/emergency/")
    with CaptureQueriesContext(connection) as one_open:
        browser.get("/emergency/")
    ask(*approvers[2:4])
    ask(*approvers[4:])
    with django_assert_num_queries(len(one_open)):
        page = browser.get("/emergency/")

    assert [row["state"].value for row in page.context["rows"]] == ["approved"] * 3


def test_what_has_never_begun_is_not_reviewed(approved: EmergencyAccess, people: People) -> None:
    review = (services.review_access, approved)

    for later in (timezone.now(), timezone.now() + GOOD_FOR + LASTS):
        assert refused("emergency_not_reviewable", *review, acting_user=people.third, review=DONE, now=later)


def test_who_is_denied_it_and_has_it_from_nobody_is_told_nothing(
    people: People, make_user: Callable[..., User]
) -> None:
    denied = make_user("dot@acme.example")
    role = Role.objects.get(code="tenant_admin")
    accounts.grant_role(denied, role, acting_user=None, now=timezone.now(), denies=True)

    services.ask_for_access(people.caller, reason=WHY, now=timezone.now())

    told = Message.objects.filter(kind="emergency_access").values_list("recipient_id", flat=True)
    assert {*told} == {people.first.pk, people.second.pk, people.third.pk}


def test_who_may_look_alone_is_not_told_what_is_wrong_with_a_request(
    people: People, make_user: Callable[..., User]
) -> None:
    role = accounts.create_role(
        "looks", name="L", permissions=["emergency-access:tenant:read"], acting_user=None, now=timezone.now()
    )
    browser = Client(headers=ACME)
    browser.force_login(make_user("lu@acme.example", role.code))

    assert browser.get("/emergency/").status_code == 200
    assert [browser.post("/emergency/", {"reason": text}).status_code for text in ("short", WHY)] == [403, 403]


def test_a_reason_has_an_end(people: People) -> None:
    ask, now = (services.ask_for_access, people.caller), timezone.now()

    assert refused("invalid", *ask, reason="x" * (LONGEST + 1), now=now)
    assert refused("invalid", *ask, reason=f" {'x' * (SHORTEST - 1)} ", now=now)
    assert services.ask_for_access(people.caller, reason="x" * LONGEST, now=now).reason == "x" * LONGEST
