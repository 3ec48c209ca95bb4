"""Who has lost their factors gets in again by an administrator, or by the operator; never by themselves."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django_tenants.utils import schema_context, tenant_context

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.core.errors import Refused
from apps.factors import services
from apps.factors.models import Factor
from apps.factors.tests.conftest import Clock
from apps.factors.tests.phone import enrol
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("SEC-AUTH-001")

ACME = {"host": "acme.localhost"}


@pytest.fixture
def lost(analyst: User, clock: Clock) -> Factor:
    return enrol(analyst, clock.moment)[0]


@pytest.fixture
def browser(admin: User) -> Client:
    client = Client(headers=ACME)
    client.force_login(admin)
    return client


def _path(user: User, factor: Any = "") -> str:
    return f"/api/v1/users/{user.pk}/factors/" + (f"{getattr(factor, 'pk', factor)}/" if factor else "")


def test_an_administrator_sees_kinds_and_no_secrets(browser: Client, analyst: User, lost: Factor) -> None:
    answer = browser.get(_path(analyst))

    rows = answer.json()["results"]
    assert [(row["kind"], row["name"]) for row in rows] == [("backup-codes", ""), ("totp", "phone")]
    assert set(rows[0]) == {"id", "kind", "name", "created_at", "last_used_at"}
    assert lost.seed not in answer.content.decode()
    assert AuditEntry.objects.filter(action="factor.read").count() == 1


def test_an_administrator_removes_them_and_the_owner_is_told(
    browser: Client, analyst: User, lost: Factor, admin: User
) -> None:
    inside = Client(headers=ACME)
    inside.force_login(User.objects.get(pk=analyst.pk))

    assert browser.delete(_path(analyst, lost)).status_code == 204

    assert not services.has_factor(analyst)
    assert inside.get("/account/").status_code == 302
    entry = AuditEntry.objects.filter(action="factor.removed").first()
    assert entry is not None
    assert (entry.actor, entry.details["user"]) == (str(admin.pk), str(analyst.pk))
    assert "An administrator has removed" in Message.objects.filter(kind="factors_changed").order_by("pk").last().body  # type: ignore[union-attr]  # it is there
    assert browser.delete(_path(analyst, lost)).status_code == 404


def test_nobody_removes_their_own_in_this_way(browser: Client, admin: User, clock: Clock) -> None:
    own, _ = enrol(admin, clock.moment)
    browser.force_login(User.objects.get(pk=admin.pk))
    session = browser.session
    session["factor_at"] = clock.moment.timestamp()
    session.save()
    answer = browser.delete(_path(admin, own))

    assert (answer.status_code, answer.json()["code"]) == (403, "own_factor")
    assert services.has_factor(admin)


def test_who_may_less_than_the_owner_removes_nothing(acme: Any, admin: User, clock: Clock) -> None:
    own, _ = enrol(admin, clock.moment)
    clerk = accounts.create_user("clerk@acme.example", password="seven purple bicycles", now=clock.moment)
    role = accounts.create_role(
        "clerk", name="C", permissions=["users:tenant:manage"], acting_user=None, now=clock.moment
    )
    accounts.grant_role(clerk, role, acting_user=None, now=clock.moment)
    browser = Client(headers=ACME)
    browser.force_login(clerk)

    assert browser.delete(_path(admin, own)).json()["code"] == "not_yours_to_give"
    assert services.has_factor(admin)


def test_who_may_nothing_is_refused_by_the_verb_itself(
    analyst: User, make_user: Callable[..., User], clock: Clock
) -> None:
    own, _ = enrol(make_user("bo@acme.example"), clock.moment)

    with pytest.raises(Refused) as refusal:
        services.remove_factor(own, acting_user=analyst, now=clock.moment)

    assert refusal.value.status == 403
    assert Factor.objects.filter(pk=own.pk).exists()


def test_nor_does_an_administrator_of_another_tenant(
    stranger: User, acme: Any, beta: Any, analyst: User, lost: Factor
) -> None:
    there, gone = _path(analyst), _path(analyst, lost)
    with tenant_context(beta):
        browser = Client(headers={"host": "beta.localhost"})
        browser.force_login(stranger)
    answers = [browser.get(there), browser.delete(gone)]

    assert [one.status_code for one in answers] == [404, 404]
    with tenant_context(acme):
        assert Factor.objects.filter(pk=lost.pk).exists()


def test_a_factor_is_found_at_its_owner_alone(browser: Client, admin: User, lost: Factor) -> None:
    assert browser.delete(_path(admin, lost)).status_code == 404
    assert Factor.objects.filter(pk=lost.pk).exists()


def test_the_list_of_the_administration_has_the_action(browser: Client, analyst: User, lost: Factor) -> None:
    page = browser.get("/admin/factors/factor/", {"q": analyst.email}).content.decode()
    browser.post("/admin/factors/factor/", {"action": "remove", "_selected_action": str(lost.pk)})

    assert "phone" in page
    assert lost.seed not in page + browser.get(f"/admin/factors/factor/{lost.pk}/change/").content.decode()
    assert not services.has_factor(analyst)


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_operator_removes_all(analyst: User, lost: Factor, capsys: Any) -> None:
    with schema_context("public"):
        call_command("factors", "reset", "--tenant", "acme", "--email", "ADA@acme.example", "--json")

    assert '"removed": 2' in capsys.readouterr().out
    assert not Factor.objects.exists()
    assert AuditEntry.objects.filter(action="factor.removed", actor_type="operator").count() == 2


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_operator_is_told_of_a_wrong_address(acme: Any, capsys: Any) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("factors", "reset", "--tenant", "acme", "--email", "nobody@acme.example")

    assert ended.value.code == 1
    assert "There is no user nobody@acme.example" in capsys.readouterr().err
