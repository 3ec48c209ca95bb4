"""Access in an emergency: two others approve it, it is used once, for an hour, and a third person looks at it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from apps.accounts import authz, bearer
from apps.accounts import services as accounts
from apps.accounts.lines import Permission
from apps.accounts.models import Grant, Role, User
from apps.audit.models import AuditEntry
from apps.core.fields import new_id
from apps.core.models import Event
from apps.emergency import services
from apps.emergency.models import APPROVERS, GOOD_FOR, LASTS, Approval, EmergencyAccess
from apps.emergency.panels import unreviewed
from apps.emergency.services.asking import A_DAY
from apps.emergency.services.reviewing import AGAIN
from apps.emergency.subscribers import end_with_its_grant
from apps.emergency.tests.story import WHY, People, refused
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("SEC-AUTH-001")

ACME = {"host": "acme.localhost"}
SAID = "You see what you usually do not"
REVIEWS = "emergency-access:tenant:review"
DONE = "She looked at two campaigns and changed nothing; the trail shows it."


def _sees(user: User) -> bool:
    return authz.everywhere(User.objects.get(pk=user.pk), "campaigns:read")


def _reminders(user: User) -> int:
    told = Message.objects.filter(kind="emergency_access", recipient_id=user.pk)
    return sum("waits to be reviewed" in one.subject for one in told)


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


def test_so_many_approve_it_for_so_long() -> None:
    assert (APPROVERS, A_DAY) == (2, 5)
    assert (timedelta(hours=4), timedelta(hours=1), timedelta(days=1)) == (GOOD_FOR, LASTS, AGAIN)


def test_who_has_asked_waits_and_who_is_not_on_call_asks_nothing(
    asked: EmergencyAccess, people: People, make_user: Callable[..., User]
) -> None:
    now, bo = asked.requested_at, make_user("bo@acme.example")

    assert refused("emergency_already_asked", services.ask_for_access, people.caller, reason=WHY, now=now)
    assert refused("permission_denied", services.ask_for_access, bo, reason=WHY, now=now)
    assert not asked.is_good_at(now + GOOD_FOR)
    services.ask_for_access(people.caller, reason=WHY, now=now + GOOD_FOR)


def test_of_two_requests_at_once_one_comes_too_late(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one is through before the account is held."""
    now, held = timezone.now(), accounts.held

    def overtaken(user: User) -> User:
        monkeypatch.setattr(accounts, "held", held)
        services.ask_for_access(people.caller, reason=WHY, now=now)
        return held(user)

    monkeypatch.setattr(accounts, "held", overtaken)

    with pytest.raises(services.AlreadyAsked):
        services.ask_for_access(people.caller, reason=WHY, now=now)


def test_it_is_used_once_and_soon(approved: EmergencyAccess, people: People) -> None:
    now = timezone.now()
    late = now + GOOD_FOR
    assert refused("emergency_not_usable", services.begin_access, approved, acting_user=people.caller, now=late)
    assert refused("emergency_not_usable", services.begin_access, approved, acting_user=people.first, now=now)

    services.begin_access(approved, acting_user=people.caller, now=now)
    for moment in (now, now + timedelta(minutes=30), now + LASTS):
        assert refused("emergency_not_usable", services.begin_access, approved, acting_user=people.caller, now=moment)
    assert refused("emergency_not_approvable", services.approve_access, approved, acting_user=people.third, now=now)


def test_it_takes_two_others_and_each_once(asked: EmergencyAccess, people: People) -> None:
    now = timezone.now()
    services.approve_access(asked, acting_user=people.first, now=now)

    assert refused("emergency_not_usable", services.begin_access, asked, acting_user=people.caller, now=now)
    again = (services.approve_access, asked)
    assert refused("emergency_not_yours_to_approve", *again, acting_user=people.first, now=now)
    assert refused("permission_denied", *again, acting_user=people.caller, now=now)
    assert refused("emergency_not_approvable", *again, acting_user=people.second, now=now + GOOD_FOR)


def test_nobody_approves_their_own_whatever_they_may(people: People) -> None:
    now = timezone.now()
    own = services.ask_for_access(people.first, reason=WHY, now=now)

    assert refused("emergency_not_yours_to_approve", services.approve_access, own, acting_user=people.first, now=now)


@pytest.mark.parametrize("how", ["taken", "denied"])
def test_an_approval_counts_only_while_its_giver_may_approve(
    approved: EmergencyAccess, people: People, how: str
) -> None:
    now = timezone.now()
    if how == "taken":
        Grant.objects.filter(user=people.second).delete()
    else:
        role = Role.objects.get(code="tenant_admin")
        accounts.grant_role(people.second, role, acting_user=None, now=now, denies=True)

    assert refused("emergency_not_usable", services.begin_access, approved, acting_user=people.caller, now=now)


def test_it_stays_open_until_a_third_person_closes_it_with_a_text(approved: EmergencyAccess, people: People) -> None:
    now = timezone.now()
    services.begin_access(approved, acting_user=people.caller, now=now)
    over = now + LASTS
    review = (services.review_access, approved)

    assert refused("emergency_not_reviewable", *review, acting_user=people.third, review=DONE, now=now)
    assert [*EmergencyAccess.objects.unreviewed(over)] == [approved]
    assert refused("emergency_not_yours_to_review", *review, acting_user=people.first, review=DONE, now=over)
    assert refused("permission_denied", *review, acting_user=people.caller, review=DONE, now=over)
    assert refused("invalid", *review, acting_user=people.third, review="fine", now=over)

    services.review_access(approved, acting_user=people.third, review=DONE, now=over)
    assert not EmergencyAccess.objects.unreviewed(over).exists()
    assert refused("emergency_not_reviewable", *review, acting_user=people.third, review=DONE, now=over)
    said = AuditEntry.objects.filter(action__startswith="emergency.").order_by("pk").values_list("action", flat=True)
    assert [*said] == [f"emergency.{one}" for one in ("requested", "approved", "approved", "begun", "reviewed")]


def test_every_administrator_is_told_at_once(
    approved: EmergencyAccess, people: People, make_user: Callable[..., User]
) -> None:
    User.objects.filter(pk=make_user("left@acme.example", "tenant_admin").pk).update(is_active=False)
    over = make_user("over@acme.example", "tenant_admin")
    Grant.objects.filter(user=over).update(valid_until=timezone.now() - timedelta(days=1))
    services.begin_access(approved, acting_user=people.caller, now=timezone.now())

    told = Message.objects.filter(kind="emergency_access")
    assert sorted(one.address for one in told) == sorted([one.email for one in people[1:]] * 2)
    assert all("oda@acme.example" in one.body for one in told)


def test_whoever_may_review_is_told_each_day_until_it_is_done(
    approved: EmergencyAccess, people: People, make_user: Callable[..., User]
) -> None:
    role = accounts.create_role("looks", name="L", permissions=[REVIEWS], acting_user=None, now=timezone.now())
    own = make_user("rita@acme.example", role.code)
    began = timezone.now()
    access, over = services.begin_access(approved, acting_user=people.caller, now=began), began + LASTS

    for moment in (began, over, over + timedelta(hours=1), over + timedelta(days=1)):
        services.ask_for_review(access.pk, now=moment)
    assert _reminders(own) == 2
    assert Event.objects.filter(name="emergency.review_due", deliveries__due_at=over).count() == 1

    due = Event.objects.filter(name="emergency.review_due", deliveries__due_at=over + timedelta(days=1))
    assert due.count() == 1

    services.review_access(access, acting_user=own, review=DONE, now=over)
    services.ask_for_review(access.pk, now=over + timedelta(days=2))
    assert _reminders(own) == 2


def test_it_is_for_who_is_there_in_person_and_gives_nobody_else_anything(
    approved: EmergencyAccess, people: People, make_user: Callable[..., User]
) -> None:
    now = timezone.now()
    accounts.create_role("gives", name="G", permissions=["grants:tenant:create"], acting_user=None, now=now)
    reads = accounts.create_role("reads", name="R", permissions=["campaigns:tenant:read"], acting_user=None, now=now)
    accounts.grant_role(people.caller, Role.objects.get(code="gives"), acting_user=None, now=now)
    key, _text = accounts.create_api_key(people.caller, name="old", now=now)
    services.begin_access(approved, acting_user=people.caller, now=now)

    by_key, in_person = bearer.find(key.prefix), User.objects.get(pk=people.caller.pk)
    assert by_key is not None
    authz.narrow(by_key.key.user, by_key.key)
    assert not authz.everywhere(by_key.key.user, "campaigns:read")
    assert not authz.has(by_key.key.user, Permission.parse("campaigns:tenant:read"))
    assert authz.everywhere(in_person, "campaigns:read")
    other = make_user("bo@acme.example")
    for give in (accounts.grant_role, accounts.delegate_role):
        assert refused("not_yours_to_give", give, other, reads, acting_user=in_person, now=now)


@pytest.mark.parametrize("give", [accounts.grant_role, accounts.delegate_role])
def test_nobody_gives_the_role_by_hand(give: Callable[..., Any], people: People) -> None:
    role = Role.objects.get(code="emergency")

    assert refused("not_yours_to_give", give, people.caller, role, acting_user=people.first, now=timezone.now())
    invited = {"roles": [role], "acting_user": people.first, "now": timezone.now()}
    assert refused("not_yours_to_give", accounts.invite, "x@acme.example", **invited)


def test_it_is_over_at_once_when_somebody_ends_it_or_takes_the_role_back(
    approved: EmergencyAccess, people: People, make_user: Callable[..., User]
) -> None:
    now, bo = timezone.now(), make_user("bo@acme.example")
    access = services.begin_access(approved, acting_user=people.caller, now=now)
    assert refused("permission_denied", services.end_access, access, acting_user=bo, now=now)

    grant = Grant.objects.get(user=people.caller, role__code="emergency")
    accounts.revoke_grant(grant, acting_user=people.third, now=now)
    assert not _sees(people.caller)
    services.note_revoked(grant.pk, now=now)
    access.refresh_from_db()
    services.note_revoked(grant.pk, now=now + timedelta(minutes=1))
    access.refresh_from_db()
    assert (access.ended_at, access.state_at(now)) == (now, EmergencyAccess.State.TO_REVIEW)
    assert refused("emergency_not_usable", services.end_access, access, acting_user=people.third, now=now)


def test_what_is_called_off_is_neither_approved_nor_begun(approved: EmergencyAccess, people: People) -> None:
    now = timezone.now()
    services.end_access(approved, acting_user=people.third, now=now)

    assert refused("emergency_not_usable", services.begin_access, approved, acting_user=people.caller, now=now)
    assert refused("emergency_not_approvable", services.approve_access, approved, acting_user=people.third, now=now)
    assert not EmergencyAccess.objects.unreviewed(now + LASTS).exists()
    services.ask_for_access(people.caller, reason=WHY, now=now)


def test_who_is_on_call_no_more_begins_nothing(approved: EmergencyAccess, people: People) -> None:
    Grant.objects.filter(user=people.caller).delete()

    caller = User.objects.get(pk=people.caller.pk)
    assert refused("permission_denied", services.begin_access, approved, acting_user=caller, now=timezone.now())


def test_each_use_is_on_record_in_every_session_of_the_hour(
    approved: EmergencyAccess, people: People, client: Client
) -> None:
    other = Client(headers=ACME)
    for one in (client, other):
        one.force_login(people.caller)
    client.post(f"/emergency/{approved.pk}/begin/", headers=ACME)
    assert other.get("/campaigns/").status_code == 302  # it was signed out

    other.force_login(User.objects.get(pk=people.caller.pk))
    assert SAID in other.get("/campaigns/").content.decode()
    assert other.get("/api/v1/campaigns/").status_code == 200
    used = AuditEntry.objects.filter(action="emergency.used", object_id=str(approved.pk)).order_by("pk")
    assert [one.details["page"] for one in used] == ["campaigns:list", "campaigns-list"]
    assert {one.details["emergency"] for one in used} == {str(approved.pk)}

    services.end_access(approved, acting_user=people.third, now=timezone.now())
    assert SAID not in other.get("/emergency/").content.decode()
    assert other.get("/campaigns/").status_code == 403
    assert used.all().count() == 2


def test_pages_say_it_until_it_ends_and_the_first_page_that_a_review_is_due(
    approved: EmergencyAccess, people: People, client: Client
) -> None:
    client.force_login(people.caller)
    assert client.post(f"/emergency/{approved.pk}/begin/", headers=ACME).status_code == 302
    assert SAID in client.get("/account/", headers=ACME).content.decode()

    assert client.post(f"/emergency/{approved.pk}/end/", headers=ACME).status_code == 302
    assert "Somebody else has to review it." in client.get("/emergency/", headers=ACME).content.decode()
    assert SAID not in client.get("/account/", headers=ACME).content.decode()
    assert not _sees(people.caller)

    reviewer = Client(headers=ACME)
    reviewer.force_login(people.third)
    short = reviewer.post(f"/emergency/{approved.pk}/review/", {"review": "<Fine.>"})
    assert (short.status_code, "&lt;Fine.&gt;</textarea>" in short.content.decode()) == (422, True)
    assert "1 access in an emergency waits to be reviewed" in reviewer.get("/").content.decode()
    assert reviewer.post(f"/emergency/{approved.pk}/review/", {"review": DONE}).status_code == 302
    assert "waits to be reviewed" not in reviewer.get("/").content.decode()


def test_who_is_on_call_sees_their_own_and_reviews_nothing(
    asked: EmergencyAccess, people: People, make_user: Callable[..., User]
) -> None:
    other = services.ask_for_access(make_user("ole@acme.example", "on_call"), reason=WHY, now=timezone.now())
    EmergencyAccess.objects.update(begun_at=asked.requested_at, ends_at=asked.requested_at, ended_at=asked.requested_at)
    browser = Client(headers=ACME)
    browser.force_login(people.caller)

    assert [row["access"] for row in browser.get("/emergency/").context["rows"]] == [asked]
    reviews = [browser.post(f"/emergency/{one.pk}/review/", {"review": "short"}).status_code for one in (asked, other)]
    assert reviews == [403, 404]
    assert unreviewed(RequestFactory().get("/"), people.caller) is None
    assert unreviewed(RequestFactory().get("/"), people.third) is not None


def test_it_ends_with_the_grant_that_is_taken_back(approved: EmergencyAccess, people: People) -> None:
    now = timezone.now()
    begun = services.begin_access(approved, acting_user=people.caller, now=now)

    accounts.revoke_grant(Grant.objects.get(pk=str(begun.grant_id)), acting_user=None, now=now)
    end_with_its_grant(Event(payload={"grant_id": str(begun.grant_id)}))

    assert EmergencyAccess.objects.get(pk=begun.pk).ended_at is not None
    assert services.running_access(people.caller, now=now) is None


def test_a_grant_of_the_platform_that_is_taken_back_is_none_of_an_emergency(acme: Any) -> None:
    with schema_context("public"):
        end_with_its_grant(Event(payload={"grant_id": str(new_id())}))


def test_of_another_tenant_it_is_nothing(approved: EmergencyAccess, stranger: User, acme: Any, beta: Any) -> None:
    browser = Client(headers={"host": "beta.localhost"})
    with tenant_context(beta):
        browser.force_login(stranger)

    assert browser.post(f"/emergency/{approved.pk}/approve/").status_code == 404
    with tenant_context(acme):
        assert Approval.objects.count() == 2


def test_who_has_asked_is_not_offered_to_ask_again_until_it_is_over(people: People) -> None:
    browser = Client(headers=ACME)
    browser.force_login(people.caller)
    offered = [browser.get("/emergency/").context["may_ask"]]
    asked = services.ask_for_access(people.caller, reason=WHY, now=timezone.now())
    offered.append(browser.get("/emergency/").context["may_ask"])
    again = browser.post("/emergency/", {"reason": WHY})
    services.end_access(asked, acting_user=people.caller, now=timezone.now())
    offered.append(browser.get("/emergency/").context["may_ask"])

    assert offered == [True, False, True]
    assert (again.status_code, "You have asked already" in again.content.decode()) == (422, True)


def test_who_asks_is_told_when_there_are_too_few_to_approve_and_review_it(people: People) -> None:
    browser = Client(headers=ACME)
    browser.force_login(people.caller)
    said = "One of them is missing: invite another administrator."
    assert said not in browser.get("/emergency/").content.decode()

    accounts.deactivate_user(people.third, acting_user=None, now=timezone.now())

    assert said in browser.get("/emergency/").content.decode()
    browser.force_login(people.first)  # who would be one of them does not count
    assert "2 of them are missing" in browser.get("/emergency/").content.decode()
