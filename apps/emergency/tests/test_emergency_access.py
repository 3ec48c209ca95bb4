"""Access in an emergency: two others approve it, it is used once, for an hour, and a third person looks at it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from apps.accounts import authz
from apps.accounts.models import Grant, User
from apps.audit.models import AuditEntry
from apps.core.errors import Refused
from apps.emergency import services
from apps.emergency.models import GOOD_FOR, LASTS, Approval, EmergencyAccess
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("SEC-AUTH-001")

ACME = {"host": "acme.localhost"}
WHY = "The harbour is flooded and nobody who runs the campaign can be reached."
DONE = "She looked at two campaigns and changed nothing; the trail shows it."


class People(NamedTuple):
    caller: User
    first: User
    second: User
    third: User


@pytest.fixture
def people(acme: Any, make_user: Callable[..., User]) -> People:
    admins = [make_user(f"admin{number}@acme.example", "tenant_admin") for number in range(3)]
    return People(make_user("oda@acme.example", "on_call"), *admins)


@pytest.fixture
def asked(people: People) -> EmergencyAccess:
    return services.ask_for_access(people.caller, reason=WHY, now=timezone.now())


@pytest.fixture
def approved(asked: EmergencyAccess, people: People) -> EmergencyAccess:
    for one in (people.first, people.second):
        services.approve_access(asked, acting_user=one, now=timezone.now())
    return asked


def _sees(user: User) -> bool:
    return authz.everywhere(User.objects.get(pk=user.pk), "campaigns:read")


def _refused(code: str, verb: Callable[..., Any], *args: Any, **more: Any) -> bool:
    """Whether it is refused by this code, and leaves nothing behind."""
    before = (Grant.objects.count(), Approval.objects.count())
    with pytest.raises(Refused) as refusal:
        verb(*args, **more)
    return refusal.value.code == code and before == (Grant.objects.count(), Approval.objects.count())


def test_it_opens_what_there_is_to_see_for_an_hour_and_nothing_to_change(
    approved: EmergencyAccess, people: People
) -> None:
    began = timezone.now()
    assert not _sees(people.caller)

    access = services.begin_access(approved, acting_user=people.caller, now=began)

    user = User.objects.get(pk=people.caller.pk)
    assert _sees(user)
    actions = {one.action for one in authz.permissions_of(user) if one.resource != "emergency-access"}
    assert actions == {"read"}
    assert access.ends_at == began + LASTS
    grant = Grant.objects.get(user=user, role__code="emergency")
    assert Grant.objects.filter(pk=grant.pk).valid_at(began + LASTS - timedelta(seconds=1)).exists()
    assert not Grant.objects.filter(pk=grant.pk).valid_at(began + LASTS).exists()


def test_it_is_used_once_and_soon(approved: EmergencyAccess, people: People) -> None:
    now = timezone.now()
    late = now + GOOD_FOR
    assert _refused("emergency_not_usable", services.begin_access, approved, acting_user=people.caller, now=late)
    assert _refused("emergency_not_usable", services.begin_access, approved, acting_user=people.first, now=now)

    services.begin_access(approved, acting_user=people.caller, now=now)
    for moment in (now, now + timedelta(minutes=30), now + LASTS):
        assert _refused("emergency_not_usable", services.begin_access, approved, acting_user=people.caller, now=moment)
    assert _refused("emergency_not_approvable", services.approve_access, approved, acting_user=people.third, now=now)


def test_it_takes_two_others_and_each_once(asked: EmergencyAccess, people: People) -> None:
    now = timezone.now()
    services.approve_access(asked, acting_user=people.first, now=now)

    assert _refused("emergency_not_usable", services.begin_access, asked, acting_user=people.caller, now=now)
    again = (services.approve_access, asked)
    assert _refused("emergency_not_yours_to_approve", *again, acting_user=people.first, now=now)
    assert _refused("permission_denied", *again, acting_user=people.caller, now=now)
    assert _refused("emergency_not_approvable", *again, acting_user=people.second, now=now + GOOD_FOR)


def test_nobody_approves_their_own_whatever_they_may(people: People) -> None:
    now = timezone.now()
    own = services.ask_for_access(people.first, reason=WHY, now=now)

    assert _refused("emergency_not_yours_to_approve", services.approve_access, own, acting_user=people.first, now=now)


def test_an_approval_counts_only_while_its_giver_may_approve(approved: EmergencyAccess, people: People) -> None:
    Grant.objects.filter(user=people.second).delete()

    now = timezone.now()
    assert _refused("emergency_not_usable", services.begin_access, approved, acting_user=people.caller, now=now)


def test_it_stays_open_until_a_third_person_closes_it_with_a_text(approved: EmergencyAccess, people: People) -> None:
    now = timezone.now()
    services.begin_access(approved, acting_user=people.caller, now=now)
    over = now + LASTS
    review = (services.review_access, approved)

    assert _refused("emergency_not_reviewable", *review, acting_user=people.third, review=DONE, now=now)
    assert [*EmergencyAccess.objects.unreviewed(over)] == [approved]
    assert _refused("emergency_not_yours_to_review", *review, acting_user=people.first, review=DONE, now=over)
    assert _refused("permission_denied", *review, acting_user=people.caller, review=DONE, now=over)
    assert _refused("invalid", *review, acting_user=people.third, review="fine", now=over)

    services.review_access(approved, acting_user=people.third, review=DONE, now=over)
    assert not EmergencyAccess.objects.unreviewed(over).exists()
    assert _refused("emergency_not_reviewable", *review, acting_user=people.third, review=DONE, now=over)
    said = AuditEntry.objects.filter(action__startswith="emergency.").order_by("pk").values_list("action", flat=True)
    assert [*said] == [f"emergency.{one}" for one in ("requested", "approved", "approved", "begun", "reviewed")]


def test_every_administrator_is_told_at_once(approved: EmergencyAccess, people: People) -> None:
    services.begin_access(approved, acting_user=people.caller, now=timezone.now())

    told = Message.objects.filter(kind="emergency_access")
    assert sorted(one.address for one in told) == sorted([one.email for one in people[1:]] * 2)
    assert all("oda@acme.example" in one.body for one in told)


def test_pages_say_it_until_it_ends_and_the_first_page_that_a_review_is_due(
    approved: EmergencyAccess, people: People, client: Client
) -> None:
    client.force_login(people.caller)
    assert client.post(f"/emergency/{approved.pk}/begin/", headers=ACME).status_code == 302
    assert "You see what you usually do not" in client.get("/account/", headers=ACME).content.decode()

    assert client.post(f"/emergency/{approved.pk}/end/", headers=ACME).status_code == 302
    assert "You see what you usually do not" not in client.get("/account/", headers=ACME).content.decode()
    assert not _sees(people.caller)

    reviewer = Client(headers=ACME)
    reviewer.force_login(people.third)
    assert "1 access in an emergency waits to be reviewed" in reviewer.get("/").content.decode()
    assert reviewer.post(f"/emergency/{approved.pk}/review/", {"review": DONE}).status_code == 302
    assert "waits to be reviewed" not in reviewer.get("/").content.decode()


def test_of_another_tenant_it_is_nothing(approved: EmergencyAccess, stranger: User, acme: Any, beta: Any) -> None:
    browser = Client(headers={"host": "beta.localhost"})
    with tenant_context(beta):
        browser.force_login(stranger)

    assert browser.post(f"/emergency/{approved.pk}/approve/").status_code == 404
    with tenant_context(acme):
        assert Approval.objects.count() == 2
