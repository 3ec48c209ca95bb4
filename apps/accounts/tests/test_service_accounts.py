"""Accounts of programs: roles and keys as people have, no other way in, and nobody's mail."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from apps.accounts import services
from apps.accounts.models import Role, ServiceAccount, User
from apps.accounts.services.grants import LastAdministrator, NotYoursToGive
from apps.accounts.services.held import NotAPerson
from apps.accounts.services.service_accounts import OwnerGone
from apps.audit.models import AuditEntry
from apps.core.errors import Invalid
from apps.core.models import Event
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("SEC-001", "SEC-AUTH-002")
ACME, BETA = {"host": "acme.localhost"}, {"host": "beta.localhost"}


@pytest.fixture
def feed(analyst: User, now: datetime) -> ServiceAccount:
    """A program that the analyst answers for."""
    return services.create_service_account("Sensor feed", owner=analyst, acting_user=None, now=now)


def _key_of(program: User) -> str:
    return services.create_api_key(program, name="k", now=timezone.now())[1]


def _ask(key: str, path: str = "models", headers: dict[str, str] = ACME) -> int:
    return Client().get(f"/api/v1/{path}/", headers={**headers, "authorization": f"Bearer {key}"}).status_code


def _browser(user: User) -> Client:
    browser = Client(headers=ACME)
    browser.force_login(user)
    return browser


def test_a_program_may_what_its_roles_say_and_nothing_of_its_owners(feed: ServiceAccount, now: datetime) -> None:
    key = _key_of(feed)
    assert (_ask(key), _ask(key, "subjects")) == (403, 403)

    reader = services.create_role("r", name="R", permissions=["models:tenant:read"], acting_user=None, now=now)
    services.grant_role(feed, reader, acting_user=None, now=now)

    assert (_ask(key), _ask(key, "subjects")) == (200, 403)


def test_nobody_gives_a_program_more_than_they_have(feed: ServiceAccount, make_user: Any, now: datetime) -> None:
    manager = make_user("manager@acme.example")
    may = ["users:tenant:manage", "grants:tenant:manage"]
    services.grant_role(
        manager,
        services.create_role("m", name="M", permissions=may, acting_user=None, now=now),
        acting_user=None,
        now=now,
    )

    with pytest.raises(NotYoursToGive):
        services.grant_role(feed, Role.objects.get(code="model_analyst"), acting_user=manager, now=now)


def test_it_has_no_way_in_but_its_keys(feed: ServiceAccount, admin: User, client: Client, now: datetime) -> None:
    session = _browser(feed).get("/account/")
    empty = client.post("/sign-in/", {"username": "", "password": ""}, headers=ACME)

    assert (session.status_code, session["Location"].partition("?")[0]) == (302, "/sign-in/")
    assert (empty.status_code, "_auth_user_id" in client.session) == (422, False)
    assert not User.objects.at("").exists()
    for refused in (services.reset_password, services.send_link):
        with pytest.raises(NotAPerson):
            refused(feed, acting_user=admin, now=now)


def test_it_gets_no_mail(feed: ServiceAccount, analyst: User, admin: User, now: datetime) -> None:
    services.create_api_key(feed, name="k", acting_user=admin, now=now)
    assert not Message.objects.exists()

    services.create_api_key(analyst, name="k", acting_user=admin, now=now)
    assert Message.objects.count() == 1


def test_programs_are_listed_apart_from_people(feed: ServiceAccount, admin: User) -> None:
    browser = _browser(admin)

    people = browser.get("/api/v1/users/").json()["results"]
    [program] = browser.get("/api/v1/service-accounts/").json()["results"]

    assert {one["email"] for one in people} == {"admin@acme.example", "ada@acme.example"}
    assert (program["id"], program["name"], program["owner"]) == (str(feed.pk), "Sensor feed", str(feed.owner_id))
    assert "Sensor feed" not in browser.get("/admin/accounts/user/").content.decode()
    assert "Sensor feed" in browser.get("/admin/accounts/serviceaccount/").content.decode()
    assert browser.get(f"/api/v1/users/{feed.pk}/").status_code == 404


def test_one_is_made_by_the_api_and_in_the_administration(admin: User, analyst: User) -> None:
    browser = _browser(admin)
    given = {"name": "Feed", "owner": str(analyst.pk)}

    made = browser.post("/api/v1/service-accounts/", given, "application/json")
    browser.post("/admin/accounts/serviceaccount/add/", {**given, "name": "Other feed"})

    assert (made.status_code, made.json()["is_active"]) == (201, True)
    assert {one.name for one in ServiceAccount.objects.all()} == {"Feed", "Other feed"}
    assert AuditEntry.objects.filter(action="service_account.created", details={"owner": str(analyst.pk)}).count() == 2


def test_who_may_not_make_accounts_makes_none_for_a_program(analyst: User) -> None:
    given = {"name": "Feed", "owner": str(analyst.pk)}

    assert _browser(analyst).post("/api/v1/service-accounts/", given, "application/json").status_code == 403


def test_a_person_with_an_open_account_answers_for_it(feed: ServiceAccount, admin: User, now: datetime) -> None:
    closed = services.create_user("cy@acme.example", password="seven purple bicycles", now=now)
    services.deactivate_user(closed, acting_user=None, now=now)

    for nobody in (closed, feed):
        with pytest.raises(Invalid) as refused:
            services.create_service_account("Other", owner=nobody, acting_user=admin, now=now)
        assert [one.pointer for one in refused.value.errors] == ["/owner"]


@pytest.mark.parametrize("end", [services.deactivate_user, services.erase_user])
def test_it_stops_with_its_owner_and_goes_on_with_another(
    feed: ServiceAccount, analyst: User, admin: User, now: datetime, end: Any
) -> None:
    role = services.create_role("r", name="R", permissions=["models:tenant:read"], acting_user=None, now=now)
    services.grant_role(feed, role, acting_user=None, now=now)
    before = _key_of(feed)

    end(analyst, acting_user=admin, now=now)

    stopped = AuditEntry.objects.get(action="service_account.stopped")
    assert (_ask(before), stopped.object_id, stopped.actor) == (401, str(feed.pk), str(admin.pk))
    assert Event.objects.get(name="service_account.stopped").payload["owner_id"] == str(analyst.pk)
    with pytest.raises(OwnerGone):
        services.activate_user(feed, acting_user=admin, now=now)
    services.change_service_account(feed, name="Feed", owner=admin, acting_user=admin, now=now)
    services.activate_user(feed, acting_user=admin, now=now)
    assert (_ask(before), _ask(_key_of(feed))) == (401, 200)


def test_who_closes_an_account_is_told_what_stops(feed: ServiceAccount, admin: User) -> None:
    chosen = {"action": "deactivate", "_selected_action": [str(feed.owner_id)]}

    page = _browser(admin).post("/admin/accounts/user/", chosen, follow=True)

    assert "Stopped with it: Sensor feed" in page.content.decode()
    assert not ServiceAccount.objects.get().is_active


def test_a_program_is_not_the_last_administrator(feed: ServiceAccount, admin: User, now: datetime) -> None:
    services.grant_role(feed, Role.objects.get(code="tenant_admin"), acting_user=None, now=now)

    with pytest.raises(LastAdministrator):
        services.deactivate_user(admin, acting_user=None, now=now)


def test_another_tenant_sees_none_of_it(feed: ServiceAccount, stranger: User, beta: Any, now: datetime) -> None:
    services.grant_role(feed, Role.objects.get(code="tenant_admin"), acting_user=None, now=now)
    key = _key_of(feed)
    with tenant_context(beta):
        theirs = _key_of(stranger)

    assert (_ask(key, "service-accounts"), _ask(key, "service-accounts", BETA)) == (200, 401)
    assert _ask(theirs, f"service-accounts/{feed.pk}", BETA) == 404


def test_nobody_hands_over_what_may_more_than_they_may(
    feed: ServiceAccount, admin: User, analyst: User, make_user: Any, now: datetime
) -> None:
    """It stops with its owner: whoever names one could stop it, by closing an account that they may close."""
    services.grant_role(feed, Role.objects.get(code="tenant_admin"), acting_user=admin, now=now)
    services.create_role("clerk", name="Clerk", permissions=["users:tenant:update"], acting_user=None, now=now)
    clerk, straw = make_user("clerk@acme.example", "clerk"), make_user("straw@acme.example")

    with pytest.raises(NotYoursToGive):
        services.change_service_account(feed, name="feed", owner=straw, acting_user=clerk, now=now)
    named = services.change_service_account(feed, name="Feeder", owner=analyst, acting_user=clerk, now=now)

    assert (named.name, named.owner) == ("Feeder", analyst)
