"""The pages by which people hand on what they may do, without any page of the administration."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.accounts import authz, services
from apps.accounts.models import Grant, Role, User
from apps.audit.models import AuditEntry

pytestmark = pytest.mark.requirement("SEC-AUTH-002")
MakeUser = Callable[..., User]
LIST, NEW = "/account/delegations/", "/account/delegations/new/"


@pytest.fixture
def role(acme: Any) -> Callable[..., Role]:
    def role(code: str, *permissions: str) -> Role:
        return services.create_role(
            code, name=code.title(), permissions=[*permissions], acting_user=None, now=timezone.now()
        )

    return role


@pytest.fixture
def lead(role: Any, make_user: MakeUser) -> User:
    """Somebody without any right in the administration, who sees accounts and roles, and hands on."""
    role("lead", "users:tenant:read", "roles:tenant:read", "grants:own:create")
    role("reader", "users:tenant:read")
    role("writer", "users:tenant:update")
    return make_user("lead@acme.example", "lead")


def _browser(user: User) -> Client:
    client = Client(headers={"host": "acme.localhost"})
    client.force_login(user)
    return client


def _choice(page: Any, name: str) -> str:
    return next(value for value, label in page.context["form"].fields["role"].choices if label == name)


def test_a_role_is_handed_on_seen_by_both_and_taken_back(lead: User, make_user: MakeUser) -> None:
    deputy, browser = make_user("deputy@acme.example"), _browser(lead)
    assert "/account/delegations/" in browser.get("/account/").content.decode()
    page = browser.get(NEW)
    assert [label for _, label in page.context["form"].fields["role"].choices] == ["Reader"]

    sent = browser.post(NEW, {"user": "Deputy@acme.example", "role": _choice(page, "Reader"), "valid_until": ""})

    assert (sent.status_code, sent["Location"]) == (302, LIST)
    assert authz.somewhere(User.objects.get(pk=deputy.pk), "users:read")
    grant = Grant.objects.get(delegator=lead)
    assert "to deputy@acme.example" in browser.get(LIST).content.decode()
    theirs = _browser(deputy)
    assert "lead@acme.example handed it on to you" in theirs.get(LIST).content.decode()
    assert theirs.get(NEW).status_code == 403
    assert browser.post(reverse("accounts:end-delegation", args=[grant.pk])).status_code == 302
    assert not authz.somewhere(User.objects.get(pk=deputy.pk), "users:read")
    assert [one.actor for one in AuditEntry.objects.filter(action__startswith="delegation.")] == [str(lead.pk)] * 2


def test_who_was_handed_a_role_gives_it_back_and_nobody_else_does(lead: User, make_user: MakeUser) -> None:
    deputy, other = make_user("deputy@acme.example"), make_user("other@acme.example")
    reader = Role.objects.get(code="reader")
    grant = services.delegate_role(deputy, reader, acting_user=lead, now=timezone.now())
    end = reverse("accounts:end-delegation", args=[grant.pk])

    assert _browser(other).post(end).status_code == 404
    assert _browser(deputy).post(end).status_code == 302
    assert not Grant.objects.filter(pk=grant.pk).exists()


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(lead: User) -> None:
    browser = _browser(lead)
    chosen = _choice(browser.get(NEW), "Reader")
    far = (timezone.now() + timedelta(days=40)).strftime("%Y-%m-%dT%H:%M")
    tries = [
        ("user", {"user": "nobody@acme.example", "role": chosen}),
        ("user", {"user": "lead@acme.example", "role": chosen}),
        ("role", {"user": "lead@acme.example", "role": "77"}),
        ("valid_until", {"user": "admin@acme.example", "role": chosen, "valid_until": far}),
        ("valid_until", {"user": "admin@acme.example", "role": chosen, "valid_until": "tomorrow"}),
    ]
    User.objects.create(email="admin@acme.example", created_at=timezone.now())

    for field, sent in tries:
        page = browser.post(NEW, sent)
        assert (page.status_code, list(page.context["form"].errors)) == (422, [field]), sent
        assert sent["user"] in page.content.decode()
        assert "Nobody here has an account" in page.content.decode() or not sent["user"].startswith("nobody")


@pytest.mark.parametrize("sees", [(), ("users:own:read",)], ids=["nobody", "themselves"])
def test_who_sees_no_accounts_learns_of_none(role: Any, make_user: MakeUser, sees: tuple[str, ...]) -> None:
    role("lead", "roles:tenant:read", "grants:own:create", *sees)
    role("reader", "roles:tenant:read")
    browser = _browser(make_user("lead@acme.example", "lead"))
    make_user("deputy@acme.example")
    chosen = _choice(browser.get(NEW), "Reader")

    def tried(email: str) -> tuple[int, str, list[str]]:
        with CaptureQueriesContext(connection) as queries:
            page = browser.post(NEW, {"user": email, "role": chosen})
        asked = [one["sql"] for one in queries if "FROM" in one["sql"] and "accounts_user" in one["sql"]]
        said = page.context["form"].errors["user"].as_text()
        return page.status_code, said, [re.sub(r"'[^']*'|\\x\w+", "?", one) for one in asked]

    tried("warm@acme.example")
    there, nowhere = tried("deputy@acme.example"), tried("nobody@acme.example")
    assert there == nowhere
    assert "You see no account" in there[1]
    assert not Grant.objects.filter(delegator__isnull=False).exists()


def test_a_role_for_one_object_is_offered_by_the_name_of_the_object(make_user: MakeUser, role: Any) -> None:
    lead, now = make_user("lead@acme.example", role("handing", "grants:own:create").code), timezone.now()
    one = make_user("one@acme.example")
    of_one = role("of-one", "campaigns:campaign:read")
    services.grant_role(lead, of_one, object_id=one.pk, acting_user=None, now=now)

    page = _browser(lead).get(NEW)

    assert [label for _, label in page.context["form"].fields["role"].choices] == [f"Of-One: {one.pk}"]


def test_the_account_page_leads_there_who_can_hand_something_on(admin: User, make_user: Any) -> None:
    browsers = [Client(headers={"host": "acme.localhost"}) for _ in range(2)]
    for browser, user in zip(browsers, (admin, make_user("cy@acme.example", "stakeholder")), strict=True):
        browser.force_login(user)

    link = f'href="{LIST}"'
    assert [link in browser.get("/account/").content.decode() for browser in browsers] == [True, False]


def test_nothing_is_handed_on_to_a_closed_account(lead: User, make_user: MakeUser) -> None:
    closed, browser = make_user("deputy@acme.example"), _browser(lead)
    form = {"user": closed.email, "role": _choice(browser.get(NEW), "Reader"), "valid_until": ""}
    User.objects.filter(pk=closed.pk).update(is_active=False)

    page = browser.post(NEW, form)

    assert (page.status_code, "Nobody here has an account" in page.content.decode()) == (422, True)
    assert not Grant.objects.exclude(delegator=None).exists()
