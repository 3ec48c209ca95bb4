"""What somebody tries who has access in an emergency, or wants it, and knows the code: to be unseen, or to be two."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts import services as accounts
from apps.accounts.models import Role, User
from apps.accounts.services import forgotten
from apps.audit.models import AuditEntry
from apps.core.errors import Invalid
from apps.emergency import services
from apps.emergency.models import LASTS, EmergencyAccess
from apps.emergency.services.asking import A_DAY
from apps.emergency.tests.story import WHY, People, refused
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("SEC-AUTH-001")

ACME = {"host": "acme.localhost"}
DONE = "She looked at two campaigns and changed nothing; the trail shows it."


@pytest.fixture
def inside(approved: EmergencyAccess, people: People) -> Client:
    """Who was on call, in the hour."""
    browser = Client(headers=ACME)
    browser.force_login(people.caller)
    assert browser.post(f"/emergency/{approved.pk}/begin/").status_code == 302
    return browser


def _used(access: EmergencyAccess) -> list[tuple[str, int]]:
    entries = AuditEntry.objects.filter(action="emergency.used", object_id=str(access.pk)).order_by("pk")
    return [(one.details["page"], one.details["status"]) for one in entries]


def _straw_man(people: People, make_user: Callable[..., User]) -> User:
    """Whom an administrator has handed on to what they may themselves."""
    straw = make_user("straw@acme.example")
    role = accounts.create_role(
        "deputy",
        name="D",
        permissions=[f"emergency-access:tenant:{one}" for one in ("read", "approve", "review")],
        acting_user=None,
        now=timezone.now(),
    )
    accounts.delegate_role(straw, role, acting_user=people.first, now=timezone.now())
    return User.objects.get(pk=straw.pk)


@pytest.mark.parametrize("head", [{"HX-Request": "true"}, {"Sec-Purpose": "prefetch"}], ids=["fragment", "prefetch"])
def test_nobody_reads_unseen_by_a_header_that_pages_send_of_themselves(
    inside: Client, approved: EmergencyAccess, head: dict[str, str]
) -> None:
    for path in ("/campaigns/", "/campaigns/", "/campaigns/?page=1", "/models/"):
        assert inside.get(path, headers=head).status_code == 200

    assert _used(approved) == [("campaigns:list", 200), ("campaigns:list", 200), ("models:list", 200)]


def test_what_is_refused_is_on_record_as_well(inside: Client, approved: EmergencyAccess) -> None:
    assert inside.post("/emergency/", {"reason": "short"}).status_code == 422
    assert inside.get("/account/keys/nowhere/").status_code == 404
    assert inside.get("/admin/").status_code == 403
    assert inside.patch("/api/v1/users/me/", "{", "application/json").status_code == 400

    assert [status for _page, status in _used(approved)] == [422, 403, 400]
    assert {one.outcome for one in AuditEntry.objects.filter(action="emergency.used")} == {"failure"}


def test_one_administrator_is_not_two_by_a_straw_man(
    asked: EmergencyAccess, people: People, make_user: Callable[..., User]
) -> None:
    straw, now = _straw_man(people, make_user), timezone.now()
    told = Message.objects.filter(kind="emergency_access", recipient_id=straw.pk)
    services.approve_access(asked, acting_user=people.first, now=now)

    approve = (services.approve_access, asked)
    assert refused("emergency_not_yours_to_approve", *approve, acting_user=straw, now=now)
    browser = Client(headers=ACME)
    browser.force_login(straw)
    assert "/approve/" not in browser.get("/emergency/").content.decode()

    asked.approvals.create(approver=straw, approved_at=now)  # as one of before may be
    begin = (services.begin_access, asked)
    assert refused("emergency_not_usable", *begin, acting_user=people.caller, now=now)
    services.ask_for_access(people.third, reason=WHY, now=now)
    assert not told.exists()


def test_nobody_has_their_own_part_reviewed_by_a_straw_man(
    inside: Client, approved: EmergencyAccess, people: People, make_user: Callable[..., User]
) -> None:
    straw, over = _straw_man(people, make_user), timezone.now() + LASTS
    review = (services.review_access, approved)

    assert refused("emergency_not_yours_to_review", *review, acting_user=straw, review=DONE, now=over)
    accounts.grant_role(people.caller, Role.objects.get(code="tenant_admin"), acting_user=None, now=timezone.now())
    caller = User.objects.get(pk=people.caller.pk)
    for one in (caller, people.first, people.second):
        assert refused("emergency_not_yours_to_review", *review, acting_user=one, review=DONE, now=over)
    services.review_access(approved, acting_user=people.third, review=DONE, now=over)


def test_who_has_the_cookie_of_a_reviewer_alone_closes_no_review(
    inside: Client, approved: EmergencyAccess, people: People
) -> None:
    services.end_access(approved, acting_user=people.third, now=timezone.now())
    thief = Client(headers=ACME)
    thief.force_login(people.third)
    session = thief.session
    session["signed_in_at"] = (timezone.now() - timedelta(minutes=11)).timestamp()
    session.save()

    asked = thief.post(f"/emergency/{approved.pk}/review/", {"review": DONE})
    assert (asked.status_code, DONE in asked.content.decode()) == (403, True)  # what was written comes along
    assert EmergencyAccess.objects.unreviewed(timezone.now()).exists()


def test_letters_without_end_do_not_hide_the_one_that_matters(people: People) -> None:
    now = timezone.now()
    for _ in range(A_DAY):
        services.end_access(
            services.ask_for_access(people.caller, reason=WHY, now=now), acting_user=people.caller, now=now
        )
    letters = Message.objects.count()

    ask = (services.ask_for_access, people.caller)
    assert refused("emergency_asked_too_often", *ask, reason=WHY, now=now)
    assert Message.objects.count() == letters
    services.ask_for_access(people.caller, reason=WHY, now=now + timedelta(days=1))


def test_a_session_that_was_ended_meanwhile_begins_nothing(
    approved: EmergencyAccess, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the hour would run with sessions of before, in which nothing is on record."""
    browser = Client(headers=ACME, raise_request_exception=False)
    browser.force_login(people.caller)

    def ended(user: User, **more: Any) -> User:
        accounts.sign_out_everywhere(user, acting_user=None, now=timezone.now())
        return user

    with monkeypatch.context() as patched:
        patched.setattr("apps.emergency.views.access.accounts.end_sessions", ended)
        browser.post(f"/emergency/{approved.pk}/begin/")

    approved.refresh_from_db()
    assert approved.begun_at is None


def test_a_review_shows_what_was_done_and_leads_to_its_entries(
    inside: Client, approved: EmergencyAccess, people: People
) -> None:
    for path in ("/campaigns/", "/campaigns/?page=1", "/models/"):
        inside.get(path)
    AuditEntry.objects.create(  # of another hour
        tenant="acme", occurred_at=timezone.now(), action="model.read", details={"emergency": str(people.first.pk)}
    )
    services.end_access(approved, acting_user=people.third, now=timezone.now())
    reviewer = Client(headers=ACME)
    reviewer.force_login(people.third)

    page = reviewer.get("/emergency/")
    [row] = page.context["rows"]
    assert ("Access in an emergency: used", "campaigns:list", 2) in row["done"]
    assert ("Access in an emergency: used", "models:list", 1) in row["done"]
    assert "<li>Access in an emergency: used campaigns:list" in page.content.decode()
    trail = reviewer.get(row["trail"])
    assert (trail.status_code, urlsplit(row["trail"]).path) == (200, "/admin/audit/auditentry/")
    listed = trail.context["cl"].queryset
    assert {one.action for one in listed} >= {"emergency.begun", "emergency.used", "emergency.ended"}
    assert {str(approved.pk)} == {one.details.get("emergency") or one.object_id for one in listed}

    approver = Client(headers=ACME)
    approver.force_login(people.first)
    [shown] = approver.get("/emergency/").context["rows"]
    assert (shown["done"], bool(shown["trail"])) == ([], True)
    [own] = inside.get("/emergency/").context["rows"]
    assert (own["done"], own["trail"]) == ([], "")


def test_the_trail_keeps_no_link_that_is_opened_in_the_hour(
    inside: Client, approved: EmergencyAccess, people: People
) -> None:
    """Who may read the trail would choose the password of who was on call."""
    path = forgotten.LINKS.path_for(User.objects.get(pk=people.caller.pk))
    assert inside.get(path).status_code == 200
    inside.get(f"/api/v1/users/{people.third.pk}/")

    used = AuditEntry.objects.filter(action="emergency.used").order_by("pk")
    assert [one.details["page"] for one in used] == ["accounts:choose-password", "user-detail"]
    assert path.split("/")[-2] not in str([one.details for one in used])
    assert used[1].details["pk"] == str(people.third.pk)


def test_requests_without_end_do_not_hide_what_waits(
    inside: Client, approved: EmergencyAccess, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.emergency.views.access.MOST", 3)
    services.end_access(approved, acting_user=people.third, now=timezone.now())
    waiting = services.ask_for_access(people.caller, reason=WHY, now=timezone.now())
    later = timezone.now() + timedelta(minutes=1)
    for _ in range(3):
        in_vain = services.ask_for_access(people.third, reason=WHY, now=later)
        services.end_access(in_vain, acting_user=people.third, now=later)
    reviewer = Client(headers=ACME)
    reviewer.force_login(people.third)

    rows = reviewer.get("/emergency/").context["rows"]
    assert [row["access"] for row in rows[:2]] == [waiting, approved]
    assert rows[1]["may_review"]


def test_when_an_approver_has_gone_another_approves_and_no_more_than_it_takes(
    approved: EmergencyAccess, people: People, make_user: Callable[..., User]
) -> None:
    now, fourth = timezone.now(), make_user("fourth@acme.example", "tenant_admin")
    approve = (services.approve_access, approved)
    browsers = [Client(headers=ACME) for _ in range(2)]
    for browser, one in zip(browsers, (people.third, people.caller), strict=True):
        browser.force_login(one)
    shown = [browser.get("/emergency/").context["rows"][0] for browser in browsers]
    assert [shown[0]["may_approve"], shown[1]["may_begin"]] == [False, True]
    assert refused("emergency_not_approvable", *approve, acting_user=people.third, now=now)  # who is left to review it

    User.objects.filter(pk=people.second.pk).update(is_active=False)
    shown = [browser.get("/emergency/").context["rows"][0] for browser in browsers]
    assert [shown[0]["may_approve"], shown[1]["may_begin"]] == [True, False]
    assert refused("emergency_not_usable", services.begin_access, approved, acting_user=people.caller, now=now)
    services.approve_access(approved, acting_user=people.third, now=now)
    assert refused("emergency_not_approvable", *approve, acting_user=fourth, now=now)
    services.begin_access(approved, acting_user=people.caller, now=now)


def test_the_role_is_neither_offered_nor_promised_where_colleagues_are_invited(people: People) -> None:
    browser = Client(headers=ACME)
    browser.force_login(people.first)
    offered = browser.get("/admin/accounts/invitation/add/").context["adminform"].form.fields["roles"].queryset
    listed, _notes = accounts.people_in("email,role\nbo@new.example,emergency\n", language="en")

    assert {"on_call", "emergency"} & {one.code for one in offered} == {"on_call"}
    with pytest.raises(Invalid) as refusal:
        accounts.import_users(listed, acting_user=people.first, now=timezone.now(), dry_run=True)
    assert [(one.pointer, one.code) for one in refusal.value.errors] == [("/csv/2/roles", "not_yours_to_give")]
