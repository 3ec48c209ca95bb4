"""Colleagues are invited by e-mail with their roles, and make their accounts by a link that works once."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from apps.accounts import authz, services
from apps.accounts.models import Grant, Invitation, Role, User
from apps.accounts.services.invitations import LINKS, InvitationClosed
from apps.accounts.tests.conftest import PASSWORD
from apps.audit.models import AuditEntry
from apps.core import events
from apps.core.api.serializers import NOBODYS
from apps.keys import services as keys
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("AUTH-001", "UC-001")

ACME, BETA, JSON = {"host": "acme.localhost"}, {"host": "beta.localhost"}, "application/json"
URL = "/api/v1/invitations/"
FORM = {"name": "Bo Quill", "password": PASSWORD, "repeated": PASSWORD}


@pytest.fixture
def api(admin: User) -> Client:
    client = Client(headers=ACME)
    client.force_login(admin)
    return client


def _letters() -> list[Message]:
    events.deliver_due(timezone.now())
    return list(Message.objects.filter(kind="colleague_invited").select_related("key").order_by("pk"))


def _link() -> str:
    found = re.search(r"http://acme\.localhost(?::\d+)?(/invitations/[^\s]+/)", _letters()[-1].body)
    assert found
    return found[1]


def accept(link: str, host: dict[str, str] = ACME, **form: str) -> Any:
    return Client(headers=host).post(link, {**FORM, **form})


def path_of(invitation: Invitation) -> str:
    return f"/invitations/{LINKS.token_for(Invitation.objects.get(pk=invitation.pk))}/"


def test_who_is_invited_makes_an_account_with_the_roles_and_signs_in(api: Client, admin: User) -> None:
    role = Role.objects.get(code="model_analyst")
    body = {"email": "Bo@acme.example", "roles": [str(role.pk)], "language": "de", "message": "Welcome aboard"}

    made = api.post(URL, body, JSON)
    link = _link()
    page = Client(headers=ACME).get(link).content.decode()
    accepted = accept(link)

    assert (made.status_code, made.json()["state"], made.json()["invited_by"]) == (201, "open", str(admin.pk))
    assert "Bo@acme.example" in page
    assert "At least 12 characters" in page
    assert (accepted.status_code, accepted["Location"]) == (302, "/sign-in/")
    bo = User.objects.at("bo@acme.example").get()
    assert (bo.name, bo.language, bo.password_is_first) == ("Bo Quill", "de", False)
    assert list(Grant.objects.filter(user=bo).values_list("role__code", "granted_by")) == [("model_analyst", admin.pk)]
    signed_in = Client(headers=ACME).post("/sign-in/", {"email": "bo@acme.example", "password": PASSWORD})
    assert signed_in.status_code == 302
    shown = api.get(f"{URL}{made.json()['id']}/").json()
    assert (shown["state"], shown["accepted_by"]) == ("accepted", str(bo.pk))
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"invitation.created", "invitation.accepted", "user.created", "grant.created"} <= actions


def test_the_letter_says_who_invites_and_what_they_write(invite: Any, admin: User, now: Any) -> None:
    services.change_user(admin, name="Ada Boss", acting_user=admin, now=now)
    invite(message="Welcome aboard", by=User.objects.get(pk=admin.pk))

    (letter,) = _letters()
    assert letter.address == "bo@acme.example"
    assert "Ada Boss invites you" in letter.body
    assert "Welcome aboard" in letter.body


def test_looking_at_the_link_changes_nothing(invite: Any) -> None:
    invite()
    link = _link()

    looked = [Client(headers=ACME).generic(method, link) for method in ("GET", "HEAD", "GET")]

    assert {one.status_code for one in looked} == {200}
    assert (looked[0]["Referrer-Policy"], "no-store" in looked[0]["Cache-Control"]) == ("no-referrer", True)
    assert not User.objects.at("bo@acme.example").exists()
    assert accept(link).status_code == 302


def test_what_is_no_password_is_refused_and_the_link_stays_good(invite: Any) -> None:
    path = path_of(invite())

    weak, unlike, nameless = (
        accept(path, password="short", repeated="short"),
        accept(path, repeated="x"),
        accept(path, name=""),
    )

    assert {weak.status_code, unlike.status_code, nameless.status_code} == {422}
    assert b"Bo Quill" in weak.content
    assert accept(path).status_code == 302


@pytest.mark.requirement("DB-002")
def test_the_link_opens_nothing_at_another_tenant(invite: Any, admin: User, stranger: User, beta: Any) -> None:
    invitation = invite()
    path = path_of(invitation)
    with tenant_context(beta):
        Invitation.objects.create(
            pk=invitation.pk,
            email=invitation.email,
            invited_by=stranger,
            created_at=invitation.created_at,
            sent_at=invitation.sent_at,
            expires_at=invitation.expires_at,
        )

    assert accept(path, host=BETA).status_code == 410
    assert accept(path).status_code == 302


@pytest.mark.requirement("DB-002")
def test_another_tenants_invitations_are_not_there(api: Client, stranger: User, beta: Any) -> None:
    with tenant_context(beta):
        role = services.create_role("theirs", name="T", permissions=[], acting_user=None, now=timezone.now())
        theirs = services.invite("x@beta.example", roles=[role], acting_user=stranger, now=timezone.now())

    assert api.get(URL).json()["results"] == []
    verbs = ("resend", "revoke", "erase")
    assert {api.post(f"{URL}{theirs.pk}/{one}/", None, JSON).status_code for one in verbs} == {404}
    assert api.post(URL, {"email": "y@acme.example", "roles": [str(role.pk)]}, JSON).status_code == 422


@pytest.mark.requirement("SEC-DATA-002")
def test_the_link_survives_a_rotation_of_the_key_that_signs_it(invite: Any) -> None:
    path, now = path_of(invite()), timezone.now()
    with schema_context("public"):
        keys.rotate("acme", purpose="signing", now=now - timedelta(hours=2))
        with pytest.raises(keys.KeyInUse):
            keys.destroy("acme", 1, purpose="signing", now=now + timedelta(days=6))

    assert accept(path).status_code == 302


def test_an_address_that_has_an_account_is_refused_at_the_field(api: Client, analyst: User) -> None:
    role = Role.objects.get(code="model_analyst")

    answer = api.post(URL, {"email": "ADA@acme.example", "roles": [str(role.pk)]}, JSON)

    assert (answer.status_code, [one["pointer"] for one in answer.json()["errors"]]) == (409, ["/email"])


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"email": "x"}, "/email"),
        ({"email": "a@b.example\r\nBcc: c@d.example"}, "/email"),
        ({"roles": []}, "/roles"),
        ({"roles": ["x"]}, "/roles"),
        ({"language": "xx"}, "/language"),
        ({"message": "x" * 1001}, "/message"),
        ({"state": "accepted"}, "/state"),
        ({"invited_by": "x"}, "/invited_by"),
    ],
)
def test_what_cannot_be_done_is_told_at_its_place(api: Client, change: dict[str, Any], pointer: str) -> None:
    body = {"email": "bo@acme.example", "roles": [str(Role.objects.get(code="model_analyst").pk)], **change}

    answer = api.post(URL, body, JSON)

    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
    assert not Invitation.objects.exists()


def test_a_newer_invitation_of_an_address_takes_the_place_of_the_one_before(invite: Any, admin: User) -> None:
    first = invite("bo@acme.example")
    path = path_of(first)
    second = invite("BO@acme.example", "tenant_admin")

    assert [one.body.count("/invitations/") for one in _letters()] == [1]
    assert accept(path).status_code == 410
    assert accept(path_of(second)).status_code == 302
    states = {one.pk: one.state_at(timezone.now()) for one in Invitation.objects.all()}
    assert states == {first.pk: "revoked", second.pk: "accepted"}


def test_sent_again_it_is_good_for_as_long_as_the_first_was_and_somebody_else_stands_for_it(
    invite: Any, admin: User, make_user: Any
) -> None:
    invitation = invite()
    other = make_user("second@acme.example", "tenant_admin")
    Grant.objects.filter(user=admin).delete()
    Invitation.objects.update(expires_at=timezone.now())

    services.resend_invitation(invitation, acting_user=other, now=timezone.now())

    assert accept(_link()).status_code == 302
    assert Grant.objects.get(user=User.objects.at("bo@acme.example").get()).granted_by == other
    with pytest.raises(InvitationClosed):
        services.resend_invitation(invitation, acting_user=other, now=timezone.now())


def test_what_was_withdrawn_is_neither_sent_again_nor_withdrawn_again(invite: Any, admin: User) -> None:
    invitation = invite()
    services.revoke_invitation(invitation, acting_user=admin, now=timezone.now())

    for verb in (services.resend_invitation, services.revoke_invitation):
        with pytest.raises(InvitationClosed):
            verb(invitation, acting_user=admin, now=timezone.now())


def test_a_letter_that_has_not_left_does_not_leave(invite: Any, admin: User) -> None:
    invitation = invite()
    services.revoke_invitation(invitation, acting_user=admin, now=timezone.now())
    assert _letters() == []
    other = invite("cy@acme.example")
    assert len(_letters()) == 1
    services.revoke_invitation(other, acting_user=admin, now=timezone.now())

    events.deliver_due(timezone.now())
    assert Message.objects.get().state in ("cancelled", "sent")


def test_letters_to_one_address_get_rarer(invite: Any, stopped_clock: None) -> None:
    for _ in range(6):
        invite()

    with pytest.raises(services.TooManyAttempts):
        invite()
    assert invite("cy@acme.example").pk


@pytest.mark.requirement("SEC-DATA-001")
def test_who_was_invited_is_unreadable_in_the_table_and_can_be_forgotten(api: Client, invite: Any, admin: User) -> None:
    invitation = invite(message="Welcome aboard")
    letters = _letters()
    with connection.cursor() as cursor:
        cursor.execute("SELECT email, message FROM accounts_invitation")
        stored = b"".join(bytes(one) for one in cursor.fetchone())
    assert (b"bo@" in stored, b"Welcome" in stored, len(letters)) == (False, False, 1)

    answer = api.post(f"{URL}{invitation.pk}/erase/", None, JSON)

    shown = answer.json()
    assert (answer.status_code, shown["email"], shown["message"], shown["state"]) == (200, NOBODYS, "", "revoked")
    assert [(one.address, one.body) for one in _letters()] == [("", "")]
    assert keys.verify("acme").problems == []


@pytest.mark.requirement("COMP-001")
def test_with_the_account_its_invitations_are_forgotten(invite: Any, admin: User) -> None:
    before = invite()
    made = invite()
    services.accept_invitation(LINKS.token_for(made), name="Bo", password=PASSWORD, now=timezone.now())
    other = invite("cy@acme.example")

    services.erase_user(User.objects.at("bo@acme.example").get(), acting_user=admin, now=timezone.now())

    erased = {one.pk for one in Invitation.objects.all() if one.is_erased}
    assert erased == {before.pk, made.pk}
    assert Invitation.objects.get(pk=other.pk).email == "cy@acme.example"


def test_a_role_that_is_deleted_meanwhile_is_not_given(invite: Any, admin: User) -> None:
    role = services.create_role("spare", name="S", permissions=[], acting_user=None, now=timezone.now())
    path = path_of(invite("bo@acme.example", "spare", "model_analyst"))

    services.delete_role(role, acting_user=admin, now=timezone.now())

    assert accept(path).status_code == 302
    assert [one.role.code for one in Grant.objects.filter(user__name__isnull=False).exclude(user=admin)] == [
        "model_analyst"
    ]


def test_open_ones_are_read_in_pages_and_found_by_address_and_state(
    api: Client, admin: User, django_assert_num_queries: Any
) -> None:
    moment = timezone.now()
    letter: dict[str, Any] = {"invited_by": admin, "created_at": moment, "sent_at": moment}
    Invitation.objects.bulk_create(
        Invitation(email=f"n{number}@acme.example", expires_at=moment + timedelta(days=1), **letter)
        for number in range(60)
    )
    api.get(URL)

    first = api.get(f"{URL}?page_size=50&state=open").json()
    assert len(first["results"]) == 50
    with CaptureQueriesContext(connection) as few:
        api.get(f"{URL}?page_size=5")
    with django_assert_num_queries(len(few)):
        api.get(f"{URL}?page_size=50")
    assert [one["email"] for one in api.get(f"{URL}?email=N7@acme.example").json()["results"]] == ["n7@acme.example"]
    assert api.get(f"{URL}?state=expired").json()["results"] == []


def test_the_administration_invites_and_withdraws_and_sends_again(api: Client, admin: User, analyst: User) -> None:
    role = Role.objects.get(code="model_analyst")
    add = "/admin/accounts/invitation/add/"
    form = {"email": "bo@acme.example", "roles": [str(role.pk)], "language": "en", "message": ""}
    offered = api.get(add).content.decode()
    known = api.post(add, {**form, "email": analyst.email}).content.decode()

    said = api.post(add, form, follow=True)
    (invitation,) = Invitation.objects.all()
    listed = api.get("/admin/accounts/invitation/?state=open").content.decode()

    assert [str(one) for one in said.context["messages"]] == [
        "The letter is on its way. Its link can be used until the invitation expires."
    ]
    assert [Role.objects.get(code=code).name in offered for code in ("model_analyst", "key_custodian")] == [True, False]
    assert ('value="Send invitation"' in offered, 'value="Save"' in offered) == (True, False)
    assert "already has an account" in known
    assert ("bo@acme.example" in listed, role.name in listed) == (True, True)
    assert api.get(f"/admin/accounts/invitation/{invitation.pk}/change/").status_code == 200
    for action in ("resend", "revoke"):
        api.post("/admin/accounts/invitation/", {"action": action, "_selected_action": [str(invitation.pk)]})
    invitation.refresh_from_db()
    assert (invitation.link_version, invitation.state_at(timezone.now())) == (2, "revoked")
    assert len(_letters()) == 0


def test_who_is_invited_has_a_name_and_the_address_that_was_typed(api: Client, admin: User) -> None:
    """Browsers put a domain into ASCII before they send it."""
    role = Role.objects.get(code="model_analyst")
    sent = {"email": "ayse@xn--bcher-kva.example", "name": "Ayşe Öz", "roles": [str(role.pk)], "language": "en"}
    add = "/admin/accounts/invitation/add/"
    assert api.post(add, sent).status_code == 302
    (invitation,) = Invitation.objects.all()

    listed = api.get("/admin/accounts/invitation/").content.decode()
    assert ("ayse@bücher.example" in listed, "Ayşe Öz" in listed) == (True, True)
    assert "Ayşe Öz" in api.get(f"/admin/accounts/invitation/{invitation.pk}/change/").content.decode()
    assert "What these roles may do" in api.get(add).content.decode()


def test_the_platform_invites_its_staff_by_a_letter_of_its_own(db: None, make_user: Any) -> None:
    with schema_context("public"):
        boss = make_user("ops@platform.example", "platform_admin")
        role = Role.objects.get(code="platform_admin")
        services.invite("new@platform.example", roles=[role], acting_user=boss, now=timezone.now())
        events.deliver_due(timezone.now())
    found = re.search(r"http://localhost(?::\d+)?(/invitations/[^\s]+/)", str(mail.outbox[-1].body))
    assert found

    answer = accept(found[1], host={"host": "localhost"})

    assert answer.status_code == 302
    with schema_context("public"):
        assert authz.everywhere(User.objects.at("new@platform.example").get(), "tenant:manage")
