"""Who may do what, and who may give it to whom."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from apps.accounts import authz, services
from apps.accounts.backends import EmailBackend
from apps.accounts.lines import Permission
from apps.accounts.models import Grant, Role, User
from apps.accounts.services.grants import (
    AlreadyGranted,
    LastAdministrator,
    NotYoursToGive,
)
from apps.accounts.services.roles import RoleExists, RoleInUse, SystemRole
from apps.accounts.services.users import EmailTaken
from apps.audit.models import AuditEntry
from apps.core import rights
from apps.core.errors import Invalid

pytestmark = pytest.mark.requirement("SEC-AUTH-002")
MakeUser = Callable[..., User]


def _parsed(text: str) -> Permission:
    return Permission.parse(text)


@pytest.mark.parametrize(
    ("held", "asked"),
    [
        ("models:tenant:read", "models:read"),
        ("models:tenant:*", "models:publish"),
        ("models:tenant:manage", "models:delete"),
        ("*:tenant:read", "campaigns:read"),
        ("tenant:*:manage", "api-keys:create"),
        ("*:*:*", "settings:update"),
    ],
)
def test_a_permission_is_about_what_it_says(held: str, asked: str) -> None:
    assert _parsed(held).is_about(*asked.split(":"))


@pytest.mark.parametrize(
    ("held", "asked"),
    [
        ("models:tenant:read", "models:update"),
        ("models:tenant:*", "campaigns:read"),
        ("models:tenant:manage", "subjects:read"),
        ("*:tenant:read", "campaigns:update"),
        ("users:tenant:manage", "tenant:manage"),
    ],
)
def test_and_about_nothing_else(held: str, asked: str) -> None:
    assert not _parsed(held).is_about(*asked.split(":"))


def test_the_session_of_a_closed_account_is_nobodys(analyst: User) -> None:
    assert EmailBackend().get_user(analyst.pk) == analyst

    User.objects.filter(pk=analyst.pk).update(is_active=False)

    assert EmailBackend().get_user(analyst.pk) is None


@pytest.mark.parametrize(("scope", "makes"), [("tenant", True), ("own", True), ("model", False), ("assigned", False)])
def test_what_covers_one_object_or_ones_part_makes_no_others(scope: str, makes: bool) -> None:
    user = User(email="maker@acme.example")
    authz.remember(user, [([f"campaigns:{scope}:manage"], None)])

    assert authz.somewhere(user, "campaigns:create") is makes
    assert authz.somewhere(user, "campaigns:update")


def test_only_who_manages_the_tenant_may_do_everything_in_it() -> None:
    assert not Permission("tenant", "tenant", "read").is_about("users", "read")


def test_what_was_granted_for_one_object_is_not_everywhere() -> None:
    assert Permission("models", "tenant", "read").is_everywhere
    assert not Permission("models", "tenant", "read", uuid4()).is_everywhere


@pytest.mark.parametrize(
    ("held", "wanted", "covered"),
    [
        ("models:tenant:*", "models:tenant:read", True),
        ("models:tenant:*", "models:own:read", True),
        ("models:own:read", "models:tenant:read", False),
        ("models:own:read", "models:own:read", True),
        ("models:tenant:read", "models:tenant:*", False),
        ("models:tenant:read", "*:tenant:read", False),
        ("models:tenant:manage", "models:tenant:*", True),
        ("models:tenant:*", "models:tenant:manage", True),
        ("tenant:*:manage", "users:tenant:manage", True),
        ("tenant:*:manage", "*:*:*", True),
        ("*:tenant:read", "models:tenant:read", True),
        ("campaigns:assigned:read", "campaigns:own:read", False),
    ],
)
def test_only_a_part_of_what_one_has_is_covered(held: str, wanted: str, covered: bool) -> None:
    assert _parsed(held).covers(_parsed(wanted)) is covered


def test_a_permission_for_one_object_covers_no_other() -> None:
    here, there = uuid4(), uuid4()
    one = Permission.parse("campaigns:campaign:read", here)

    assert one.covers(Permission.parse("campaigns:campaign:read", here))
    assert not one.covers(Permission.parse("campaigns:campaign:read", there))
    assert not one.covers(Permission.parse("campaigns:campaign:read"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a:b",
        "a:b:c:d",
        "model:tenant:read",
        "models:all:read",
        "models:tenant:raed",
        "*:tenant",
        "Models:tenant:read",
    ],
)
def test_what_is_no_permission_is_refused_when_it_is_saved(admin: User, now: datetime, text: str) -> None:
    with pytest.raises(Invalid):
        services.create_role("typo", name="Typo", permissions=[text], acting_user=admin, now=now)


#: What another version of the product may have stored, some of it in a form that this one does not know.
NOT_DECLARED = [
    *("toys:tenant:manage", "users:nowhere:read", "*:nowhere:manage", "users:tenant:paint", "nonsense", ""),
    *("users:tenant:manage:half", "*:tenant:manage:half", "tenant:*:manage:half"),
]


@pytest.mark.parametrize("gone", NOT_DECLARED)
def test_what_no_app_declares_any_more_permits_nothing_and_breaks_nothing(
    acme: Any, make_user: MakeUser, now: datetime, gone: str
) -> None:
    user = make_user("ada@acme.example")
    role = Role.objects.create(code="worn", name="Worn", permissions=[gone, "users:own:read"])
    Grant.objects.create(user=user, role=role, granted_at=now)
    user = User.objects.get(pk=user.pk)

    assert list(authz.visible(User.objects.all(), user, "users:read")) == [user]
    assert not authz.everywhere(user, "users:read")
    assert not any(authz.somewhere(user, one) for one in ("users:update", "roles:read", "tenant:manage"))
    assert not authz.holds(user, _parsed("users:tenant:read"))


@pytest.mark.parametrize("gone", NOT_DECLARED)
def test_a_key_with_nothing_but_what_no_app_declares_any_more_opens_nothing(
    admin: User, now: datetime, gone: str
) -> None:
    key, _ = services.create_api_key(admin, name="worn", now=now, permissions=["users:tenant:read"])
    key.permissions = [gone]
    authz.narrow(admin, key)

    assert not any(authz.somewhere(admin, one) for one in ("users:read", "tenant:manage", "models:read"))
    assert not authz.holds(admin, _parsed("users:own:read"))


@pytest.mark.parametrize("gone", NOT_DECLARED)
def test_what_no_app_declares_any_more_can_be_taken_away_by_who_may_do_everything(
    admin: User, make_user: MakeUser, now: datetime, gone: str
) -> None:
    user, janitor = make_user("ada@acme.example"), make_user("jan@acme.example")
    keeping = services.create_role("keep", name="K", permissions=["users:own:manage"], acting_user=admin, now=now)
    services.grant_role(janitor, keeping, acting_user=admin, now=now)
    role = Role.objects.create(code="worn", name="Worn", permissions=[gone])
    grant = Grant.objects.create(user=user, role=role, granted_at=now)

    with pytest.raises(NotYoursToGive, match=re.escape(f": {gone}.")):
        services.reset_password(user, acting_user=User.objects.get(pk=janitor.pk), now=now)
    services.revoke_grant(grant, acting_user=admin, now=now)
    changed = services.change_role(role, name="Mended", permissions=["users:own:read"], acting_user=admin, now=now)

    assert (changed.permissions, user.grants.count()) == (["users:own:read"], 0)


def test_without_a_grant_nothing_is_permitted(acme: Any, make_user: MakeUser) -> None:
    nobody = make_user("nobody@acme.example")

    assert not any(
        nobody.has_perm(f"{resource.name}:{action}")
        for resource in rights.RESOURCES.values()
        for action in resource.actions
    )
    assert not nobody.is_staff


def test_an_analyst_models_and_campaigns_and_administers_nothing(analyst: User) -> None:
    assert all(analyst.has_perm(one) for one in ("models:publish", "campaigns:open", "assessments:score"))
    assert not any(analyst.has_perm(one) for one in ("users:read", "roles:read", "settings:update", "api-keys:create"))
    assert not analyst.is_staff


def test_a_grant_ends_when_it_says(acme: Any, make_user: MakeUser, now: datetime) -> None:
    user = make_user("temp@acme.example")
    role = Role.objects.get(code="model_analyst")
    past = datetime.now(tz=now.tzinfo) - timedelta(minutes=1)
    services.grant_role(user, role, valid_until=past, acting_user=None, now=now)

    assert not User.objects.get(pk=user.pk).has_perm("models:read")


def test_a_closed_account_may_do_nothing(admin: User) -> None:
    admin.is_active = False

    assert not admin.has_perm("users:read")


def test_the_grants_are_asked_of_the_database_once(admin: User) -> None:
    with CaptureQueriesContext(connection) as queries:
        for _ in range(5):
            admin.has_perm("users:read")
            admin.has_perm("models:publish")

    assert len(queries) == 1


def test_own_is_oneself(admin: User, acme: Any, make_user: MakeUser, now: datetime) -> None:
    role = services.create_role("self", name="Self", permissions=["users:own:read"], acting_user=admin, now=now)
    user = make_user("ada@acme.example")
    services.grant_role(user, role, acting_user=admin, now=now)
    user = User.objects.get(pk=user.pk)

    assert list(authz.visible(User.objects.all(), user, "users:read")) == [user]
    assert user.has_perm("users:read", user)
    assert not user.has_perm("users:read", admin)


def test_a_role_for_the_whole_tenant_cannot_be_given_for_one_object(
    admin: User, acme: Any, make_user: MakeUser, now: datetime
) -> None:
    user, role = make_user("half@acme.example"), Role.objects.get(code="tenant_admin")

    with pytest.raises(Invalid):
        services.grant_role(user, role, object_id=uuid4(), acting_user=admin, now=now)

    Grant.objects.create(user=user, role=role, object_id=uuid4(), granted_at=now)
    assert not authz.visible(User.objects.all(), User.objects.get(pk=user.pk), "users:read").exists()
    assert not authz.holds(User.objects.get(pk=user.pk), _parsed("users:tenant:read"))


def test_nobody_gives_what_they_have_not(analyst: User, now: datetime) -> None:
    admin_role = Role.objects.get(code="tenant_admin")

    with pytest.raises(NotYoursToGive):
        services.grant_role(analyst, admin_role, acting_user=analyst, now=now)
    with pytest.raises(NotYoursToGive):
        services.create_role("boss", name="Boss", permissions=["users:tenant:manage"], acting_user=analyst, now=now)

    assert not Grant.objects.filter(user=analyst, role=admin_role).exists()


def test_nobody_widens_a_role_that_they_have(admin: User, analyst: User, now: datetime) -> None:
    role = services.create_role("mine", name="Mine", permissions=["models:tenant:read"], acting_user=admin, now=now)

    with pytest.raises(NotYoursToGive):
        services.change_role(role, name="Mine", permissions=["users:tenant:manage"], acting_user=analyst, now=now)


def test_who_may_reset_passwords_cannot_take_over_an_administrator(
    admin: User, acme: Any, make_user: MakeUser, now: datetime
) -> None:
    services.create_role("desk", name="Desk", permissions=["users:tenant:manage"], acting_user=admin, now=now)
    desk = make_user("desk@acme.example", "desk")

    for act in (services.reset_password, services.deactivate_user):
        with pytest.raises(NotYoursToGive):
            act(admin, acting_user=desk, now=now)
    services.reset_password(make_user("plain@acme.example"), acting_user=desk, now=now)


def test_somebody_always_remains_who_administers(admin: User, acme: Any, make_user: MakeUser, now: datetime) -> None:
    grant = Grant.objects.get(user=admin)

    with pytest.raises(LastAdministrator):
        services.revoke_grant(grant, acting_user=admin, now=now)
    with pytest.raises(LastAdministrator):
        services.deactivate_user(admin, acting_user=admin, now=now)

    make_user("second@acme.example", "tenant_admin")
    services.revoke_grant(grant, acting_user=admin, now=now)
    assert not Grant.objects.filter(pk=grant.pk).exists()


def test_an_administrator_for_a_day_does_not_count_once_the_day_is_over(
    admin: User, acme: Any, make_user: MakeUser, now: datetime
) -> None:
    deputy = make_user("deputy@acme.example")
    role = Role.objects.get(code="tenant_admin")
    services.grant_role(deputy, role, valid_until=now, acting_user=admin, now=now)

    with pytest.raises(LastAdministrator):
        services.revoke_grant(Grant.objects.get(user=admin), acting_user=admin, now=now)


def test_a_role_is_given_once_and_stays_while_somebody_has_it(admin: User, analyst: User, now: datetime) -> None:
    role = services.create_role("extra", name="Extra", permissions=[], acting_user=admin, now=now)
    services.grant_role(analyst, role, acting_user=admin, now=now)

    with pytest.raises(AlreadyGranted):
        services.grant_role(analyst, role, acting_user=admin, now=now)
    with pytest.raises(RoleInUse):
        services.delete_role(role, acting_user=admin, now=now)
    with pytest.raises(RoleExists):
        services.create_role("extra", name="Again", permissions=[], acting_user=admin, now=now)


def test_roles_of_the_product_stay_as_they_are(admin: User, now: datetime) -> None:
    role = Role.objects.get(code="stakeholder")

    with pytest.raises(SystemRole):
        services.change_role(role, name="Mine", permissions=[], acting_user=admin, now=now)
    with pytest.raises(SystemRole):
        services.delete_role(role, acting_user=admin, now=now)


def test_an_address_is_taken_in_any_case_and_only_in_its_tenant(admin: User, beta: Any, now: datetime) -> None:
    with pytest.raises(EmailTaken):
        services.create_user("ADMIN@ACME.example", password="seven purple bicycles", now=now)
    with pytest.raises(EmailTaken):
        services.create_user("admin@\uff41cme.example", password="seven purple bicycles", now=now)
    with tenant_context(beta):
        services.create_user("admin@acme.example", password="seven purple bicycles", now=now)


@pytest.mark.requirement("LOG-002")
def test_granting_and_revoking_are_recorded_with_who_did_it(admin: User, analyst: User, now: datetime) -> None:
    grant = Grant.objects.get(user=analyst)
    services.revoke_grant(grant, acting_user=admin, now=now)

    entry = AuditEntry.objects.get(action="grant.revoked")
    assert (entry.actor, entry.object_id, entry.category) == (str(admin.pk), str(grant.pk), "administration")
    assert entry.details == {"user": str(analyst.pk), "role": "model_analyst", "object": ""}
