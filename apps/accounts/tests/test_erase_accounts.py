"""An account is erased by one verb: it opens nothing any more, and nobody can tell whose it was."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django_tenants.utils import schema_context, tenant_context

from apps.accounts import services
from apps.accounts.models import ApiKey, Grant, Role, User
from apps.accounts.services.forgotten import token_for
from apps.accounts.tests.conftest import PASSWORD
from apps.accounts.tests.test_keys_of_accounts import back_and_forth, told  # noqa: F401  a fixture
from apps.audit.models import AuditEntry
from apps.core.api.serializers import NOBODYS
from apps.keys import services as keys
from apps.keys.models import SubjectKey
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("COMP-001", "SEC-DATA-001")
ACME, JSON = {"host": "acme.localhost"}, "application/json"


@pytest.fixture
def erased(admin: User, told: User, now: Any) -> User:  # noqa: F811  the fixture
    return services.erase_user(told, acting_user=admin, now=now)


@pytest.fixture
def office(admin: User) -> Client:
    client = Client(headers=ACME)
    client.force_login(admin)
    return client


def test_nothing_is_left_of_whose_account_it_was_and_nothing_is_sent(erased: User) -> None:
    assert (str(erased), erased.name, erased.email, erased.is_active) == ("Erased account", "Erased", "", False)
    assert not erased.has_usable_password()
    assert SubjectKey.objects.get(secret__isnull=True).pk == erased.key_id
    letters = Message.objects.select_related("key")
    assert {(one.address, one.body, one.state) for one in letters} == {("", "", Message.State.CANCELLED)}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT octet_length(name) + octet_length(email), email_index, email_index_2 FROM accounts_user"
            " WHERE id = %s",
            [erased.pk],
        )
        assert cursor.fetchone() == (0, None, None)
    assert keys.verify("acme").problems == []


@pytest.mark.requirement("SEC-AUTH-002")
def test_all_that_the_account_opened_ends(admin: User, analyst: User, now: Any) -> None:
    inside = Client(headers=ACME)
    inside.force_login(analyst)
    token, (_, key) = token_for(analyst), services.create_api_key(analyst, name="k", now=now)
    assert inside.get("/account/").status_code == 200

    services.erase_user(analyst, acting_user=admin, now=now)

    assert inside.get("/account/").status_code == 302
    assert Client().get("/api/v1/models/", headers={**ACME, "Authorization": f"Bearer {key}"}).status_code == 401
    with pytest.raises(services.LinkUsedUp):
        services.choose_password(token, password="quite another lot of words", now=now)
    assert not ApiKey.objects.filter(user=analyst, revoked_at=None).exists()
    assert not Grant.objects.filter(user=analyst).exists()
    actions = AuditEntry.objects.filter(actor=str(admin.pk)).values_list("action", flat=True)
    assert sorted(actions) == ["api_key.revoked", "grant.revoked", "user.erased"]


def test_who_has_the_address_afterwards_is_somebody_else(erased: User, make_user: Any, client: Client) -> None:
    again = make_user("ADA@acme.example")

    assert again.pk != erased.pk
    answer = client.post("/sign-in/", {"email": "ada@acme.example", "password": PASSWORD}, headers=ACME)
    assert (answer.status_code, client.session["_auth_user_id"]) == (302, str(again.pk))


def test_nothing_more_can_be_done_with_it(erased: User, admin: User, now: Any) -> None:
    stakeholder = Role.objects.get(code="stakeholder")
    verbs: list[Callable[..., Any]] = [
        lambda user, **by: services.activate_user(user, **by),
        lambda user, **by: services.deactivate_user(user, **by),
        lambda user, **by: services.change_user(user, language="de", **by),
        lambda user, **by: services.reset_password(user, **by),
        lambda user, **by: services.send_link(user, **by),
        lambda user, **by: services.grant_role(user, stakeholder, **by),
        lambda user, **by: services.create_api_key(user, name="k", **by),
    ]
    for verb in verbs:
        with pytest.raises(services.AccountErased):
            verb(erased, acting_user=admin, now=now)


def _refused(user: User, acting_user: User | None, now: Any) -> str:
    try:
        services.erase_user(user, acting_user=acting_user, now=now)
    except Exception as error:  # noqa: BLE001  the test looks at it
        return str(getattr(error, "code", error))
    return ""


@pytest.mark.requirement("SEC-AUTH-002")
def test_who_may_not_erases_nobody(admin: User, analyst: User, make_user: Any, now: Any) -> None:
    helper, weak = make_user("helper@acme.example"), make_user("weak@acme.example")
    for one, permissions in (helper, ["users:tenant:manage"]), (weak, ["users:tenant:update", "users:tenant:delete"]):
        role = services.create_role(one.email[:4], name="R", permissions=permissions, acting_user=None, now=now)
        services.grant_role(one, role, acting_user=None, now=now)

    assert _refused(admin, admin, now) == "own_account"
    assert _refused(helper, User.objects.get(pk=weak.pk), now) == "permission_denied"
    assert _refused(analyst, User.objects.get(pk=helper.pk), now) == "not_yours_to_give"
    assert _refused(admin, None, now) == "last_administrator"
    assert not SubjectKey.objects.filter(secret__isnull=True).exists()
    assert (_refused(weak, User.objects.get(pk=helper.pk), now), _refused(analyst, None, now)) == ("", "")


def test_who_did_it_is_on_record_once(erased: User, admin: User, now: Any) -> None:
    services.erase_user(erased, acting_user=admin, now=now)

    (entry,) = AuditEntry.objects.filter(action="user.erased")
    assert (entry.actor, entry.object_id) == (str(admin.pk), str(erased.pk))


def test_an_account_of_before_there_were_keys_is_erased_as_well(admin: User, told: User, now: Any) -> None:  # noqa: F811  the fixture
    back_and_forth(forwards=False)

    erased = services.erase_user(told, acting_user=admin, now=now)

    assert (erased.is_erased, {one.body for one in Message.objects.select_related("key")}) == (True, {""})


def test_the_platform_erases_accounts_of_its_own(db: None, make_user: Any, now: Any) -> None:
    with schema_context("public"):
        make_user("platform@localhost.example", "platform_admin")
        gone = services.erase_user(make_user("second@localhost.example"), acting_user=None, now=now)

        assert (str(gone), User.objects.known().count()) == ("Erased account", 1)


@pytest.mark.requirement("DB-002")
def test_erasing_somebody_here_leaves_their_account_elsewhere(
    admin: User, analyst: User, beta: Any, make_user: Any, now: Any
) -> None:
    with tenant_context(beta):
        twin = make_user("ada@acme.example")
    services.erase_user(analyst, acting_user=admin, now=now)

    with tenant_context(beta):
        assert str(User.objects.get(pk=twin.pk)) == "ada@acme.example"


def test_programs_erase_accounts(office: Client, analyst: User) -> None:
    path = f"/api/v1/users/{analyst.pk}/"

    answer = office.post(f"{path}erase/", content_type=JSON)

    assert answer.status_code == 200, answer.content
    shown = {name: answer.json()[name] for name in ("email", "erased", "is_active")}
    assert shown == {"email": NOBODYS, "erased": True, "is_active": False}
    assert office.get("/api/v1/users/").json()["results"][0]["email"] == NOBODYS
    assert office.post(f"{path}activate/", content_type=JSON).json()["code"] == "account_erased"


@pytest.mark.requirement("SEC-AUTH-002")
def test_custodians_of_keys_enter_the_administration_and_erase_nobody_there(analyst: User, make_user: Any) -> None:
    inside = Client(headers=ACME)
    inside.force_login(make_user("custodian@acme.example", "key_custodian"))
    page = f"/admin/accounts/user/{analyst.pk}/erase/"

    assert inside.get("/admin/").status_code == 200
    assert (inside.get(page).status_code, inside.post(page).status_code) == (403, 403)


def test_administrators_erase_an_account_after_they_have_read_what_it_means(
    office: Client, admin: User, analyst: User
) -> None:
    page = f"/admin/accounts/user/{analyst.pk}/"
    assert f"{page}erase/" in office.get(f"{page}change/").content.decode()

    asked = office.get(f"{page}erase/").content.decode()
    assert all(said in asked for said in ("ada@acme.example", "cannot be undone", "What is destroyed", "What stays"))
    assert not User.objects.get(pk=analyst.pk).is_erased
    done = office.post(f"{page}erase/", follow=True)

    assert done.redirect_chain == [(f"{page}change/", 302)]
    assert f"{page}erase/" not in done.content.decode()
    assert 'name="_save"' not in done.content.decode()
    assert "Erased account" in office.get("/admin/accounts/user/").content.decode()
    choices = office.get("/admin/accounts/grant/add/").content.decode()
    assert (admin.email in choices, "Erased account" in choices) == (True, False)
    own = f"/admin/accounts/user/{admin.pk}/"
    assert f"{own}erase/" not in office.get(f"{own}change/").content.decode()
    assert office.post(f"{own}erase/").status_code == 403


@pytest.mark.requirement("SEC-AUTH-002")
def test_its_page_takes_changes_of_an_account_until_it_is_erased(office: Client, erased: User, admin: User) -> None:
    def rename(user: User) -> int:
        path = f"/admin/accounts/user/{user.pk}/change/"
        return office.post(path, {"name": "Bea Beam", "language": "en"}).status_code

    assert (rename(admin), rename(erased)) == (302, 403)
    assert [User.objects.get(pk=one.pk).name for one in (admin, erased)] == ["Bea Beam", "Erased"]
