"""The roles of the product are what they were, in every tenant; what an app grants comes into those that there are."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Q

from apps.accounts import authz, roles
from apps.accounts.lines import Permission
from apps.accounts.models import Role
from apps.accounts.permissions import ADMINISTRATOR
from apps.audit.models import AuditEntry
from apps.core import rights
from apps.tenants import fleet, provisioning
from apps.tenants.provisioning import OWNER, owner_in
from apps.tenants.tests.conftest import committed, make_tenant, slug  # noqa: F401  fixtures

pytestmark = pytest.mark.requirement("SEC-AUTH-002")

#: What people and programs know the product's resources, actions and roles by: none of it goes or changes its meaning.
READ, CHANGE = {"read", "manage"}, {"read", "create", "update", "delete", "manage"}
RESOURCES: dict[str, set[str]] = {
    "tenant": {"manage"},
    **dict.fromkeys(("roles", "applications", "subjects", "stakeholders"), CHANGE),
    "users": CHANGE | {"view_as"},
    **dict.fromkeys(("grants", "api-keys", "files"), CHANGE - {"update"}),
    **dict.fromkeys(("audit-entries", "responses", "messages"), READ),
    "settings": READ | {"update"},
    "models": CHANGE | {"publish", "retire"},
    "assessments": CHANGE | {"score", "participate"},
    "calculations": {"create", "manage"},
    "campaigns": CHANGE | {"open", "close", "extend", "remind"},
    "weight-elicitations": CHANGE | {"open", "close", "remind", "apply"},
    "jobs": READ | {"cancel"},
    "keys": READ | {"rotate", "verify", "destroy"},
    "emergency-access": READ | {"create", "approve", "review"},
}
ANALYST = """
models:tenant:read models:tenant:create models:tenant:update models:tenant:publish models:tenant:delete
subjects:tenant:manage assessments:tenant:create assessments:tenant:read assessments:tenant:update
assessments:tenant:score assessments:own:delete calculations:tenant:create campaigns:tenant:manage
stakeholders:tenant:manage weight-elicitations:tenant:manage jobs:own:manage
"""
ROLES = {
    "tenant_admin": ("Tenant administrator", ["tenant:*:manage", "users:tenant:manage", "models:tenant:*"]),
    "key_custodian": ("Custodian of keys", ["keys:tenant:manage"]),
    "model_analyst": ("Model analyst", ANALYST.split()),
    "answers_auditor": (
        "Auditor of answers",
        ["models:tenant:read", "assessments:tenant:read", "responses:tenant:read"],
    ),
    "on_call": ("On call", ["emergency-access:tenant:create"]),
    "emergency": (
        "Access in an emergency",
        [
            *("users:tenant:read", "roles:tenant:read", "grants:tenant:read", "audit-entries:tenant:read"),
            *("models:tenant:read", "subjects:tenant:read", "assessments:tenant:read"),
            *("campaigns:tenant:read", "stakeholders:tenant:read"),
        ],
    ),
    "stakeholder": ("Stakeholder", ["campaigns:assigned:read", "assessments:assigned:participate"]),
}
PLATFORM = {"platform_admin": ("Platform administrator", ["tenant:*:manage"])}
Stored = dict[str, tuple[str, list[str]]]


def _stored(schema: str) -> Stored:
    with owner_in(schema):
        rows = Role.objects.using(OWNER).filter(is_system=True)
        return {one.code: (one.name, one.permissions) for one in rows}


def test_resources_actions_and_scopes_are_what_they_were() -> None:
    assert {name: set(one.actions) for name, one in rights.RESOURCES.items()} == RESOURCES
    assert set(rights.SCOPES) == {"tenant", "model", "campaign", "assigned", "own", "*"}
    assert {name for name, one in rights.SCOPES.items() if one.of_one_object} == {"model", "campaign"}


@pytest.mark.parametrize("schema", ["acme", "public"])
def test_roles_are_stored_as_they_were(committed: None, schema: str) -> None:  # noqa: F811
    assert _stored(schema) == (ROLES | PLATFORM if schema == "public" else ROLES)
    assert roles.behind([schema]) == []


@pytest.fixture
def tenant(make_tenant: Callable[[str], Any], slug: str) -> Any:  # noqa: F811
    return make_tenant(slug)


@pytest.fixture
def _toys(tenant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An app is added that lets administrators play and brings a role; and one line of the old grants is gone."""
    copies = {
        code: rights.SystemRole(code, one.name, one.about, one.is_platforms, list(one.permissions))
        for code, one in rights.ROLES.items()
    }
    monkeypatch.setattr(rights, "RESOURCES", dict(rights.RESOURCES))
    monkeypatch.setattr(rights, "ROLES", copies)
    rights.declare("toys", "Toys.", "read")
    rights.grant(rights.declare_role("keeper", "Keeper", "Keeps toys."), "toys:tenant:manage")
    rights.grant(copies[ADMINISTRATOR.code], "toys:own:read")
    copies[ADMINISTRATOR.code].permissions.remove("users:tenant:manage")


@pytest.mark.requirement("DB-002")
@pytest.mark.usefixtures("_toys")
def test_a_tenant_that_there_is_gets_what_an_app_more_grants(tenant: Any) -> None:
    schema = tenant.schema_name
    assert fleet.plan()[schema] == 1
    assert provisioning.public_is_behind()

    provisioning.migrate_schema(schema)

    assert schema not in fleet.plan()
    assert _stored(schema) == ROLES | {
        "tenant_admin": ("Tenant administrator", ["tenant:*:manage", "models:tenant:*", "toys:own:read"]),
        "keeper": ("Keeper", ["toys:tenant:manage"]),
    }
    entries = AuditEntry.objects.using(OWNER).filter(tenant=schema, action__startswith="role.")
    assert {(one.action, one.details["code"]) for one in entries} == {
        ("role.changed", "tenant_admin"),
        ("role.created", "keeper"),
    }


@pytest.mark.usefixtures("_toys")
def test_a_role_of_the_tenants_own_makes_way_and_keeps_what_it_permits(tenant: Any) -> None:
    with owner_in(tenant.schema_name):
        own = Role.objects.using(OWNER).create(code="keeper", name="Ours", permissions=["users:own:read"])

        roles.bring_up(tenant.schema_name)

        kept = Role.objects.using(OWNER).get(pk=own.pk)
    assert (kept.is_system, kept.permissions) == (False, ["users:own:read"])
    assert kept.code.startswith("keeper_")
    assert _stored(tenant.schema_name)["keeper"] == ("Keeper", ["toys:tenant:manage"])


@pytest.mark.parametrize(
    ("declaring", "said"),
    [
        (lambda: rights.declare("models", "Mine."), "two apps declare the resource models"),
        (lambda: rights.declare_scope("own", "mine"), "two apps declare the scope own"),
        (lambda: rights.declare_role("stakeholder", "Mine", "Mine."), "two apps declare the role stakeholder"),
        (lambda: rights.grant(ADMINISTRATOR, "toys:tenant:read"), "no app declares what tenant_admin is granted: toys"),
        (lambda: authz.register_scope(Role, "nowhere", lambda *_: Q()), "no app declares the scope nowhere"),
        (lambda: rights.grant(ADMINISTRATOR, "users:tenant:manage"), "tenant_admin is granted twice: users"),
    ],
)
def test_what_cannot_be_meant_stops_the_start(declaring: Callable[[], Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        declaring()


@pytest.mark.parametrize(
    "text", ["tenant:*:manage", "tenant:tenant:*", "*:tenant:*", "*:*:read", "settings:tenant:manage"]
)
def test_who_may_do_everything_else_may_nothing_with_keys_of_encryption(text: str) -> None:
    broad, own = Permission.parse(text), Permission.parse("keys:tenant:manage")

    assert not broad.is_about("keys", "read")
    assert not broad.covers(Permission.parse("keys:tenant:read"))
    assert own.is_about("keys", "rotate")
    assert own.covers(Permission.parse("keys:tenant:destroy"))
