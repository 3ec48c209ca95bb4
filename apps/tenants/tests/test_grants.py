"""What the roles of tenants may do with tables that all share is what the models of these tables say."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connections

from apps.core.sql import row_level_security, tenant_role
from apps.tenants import fleet, provisioning
from apps.tenants.provisioning import OWNER, owner_in

pytestmark = pytest.mark.requirement("DB-002")


@pytest.fixture
def shared(committed: None) -> Iterator[Callable[..., None]]:
    """Makes a shared table, with a wall between tenants or without."""
    with owner_in("public"), connections[OWNER].cursor() as cursor:

        def make(columns: str, *, walled: bool) -> None:
            cursor.execute(f"CREATE TABLE toy ({columns})")
            if walled:
                cursor.execute(str(row_level_security("toy").sql))

        yield make
        cursor.execute("DROP TABLE IF EXISTS toy")


@pytest.mark.parametrize(
    ("columns", "walled", "may"),
    [
        ("id int, tenant text", False, "SELECT"),
        ("id int, tenant text", True, "SELECT, TRUNCATE"),
        ("id int, tenant text", True, "ALL"),
        ("id int", False, "SELECT, INSERT"),
    ],
)
def test_no_tenant_is_granted_what_is_not_held_apart(
    shared: Callable[..., None], monkeypatch: pytest.MonkeyPatch, columns: str, walled: bool, may: str
) -> None:
    shared(columns, walled=walled)
    rights = provisioning.shared_grants()
    monkeypatch.setattr(provisioning, "shared_grants", lambda: {**rights, "toy": may})

    with pytest.raises(ValueError, match=f"tenants may not {may} on toy"):
        provisioning.grant("acme")


def test_what_no_model_says_any_more_is_taken_back(
    shared: Callable[..., None], make_tenant: Callable[[str], Any], slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared("id int, tenant text", walled=True)
    schema, rights = make_tenant(slug).schema_name, provisioning.shared_grants()

    def granted(**toy: str) -> set[tuple[str, str]]:
        monkeypatch.setattr(provisioning, "shared_grants", lambda: rights | toy)
        provisioning.grant(schema)
        return provisioning.granted([tenant_role(schema)])[tenant_role(schema)]

    before = granted()
    assert granted(toy="SELECT, DELETE") == before | {("toy", "SELECT"), ("toy", "DELETE")}
    assert granted(toy="SELECT") == before | {("toy", "SELECT")}
    assert granted() == before


def test_tenants_that_exist_are_granted_what_a_model_says_of_a_new_table_without_a_migration(
    shared: Callable[..., None], make_tenant: Callable[[str], Any], slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared("id int, tenant text", walled=True)
    schema, rights = make_tenant(slug).schema_name, provisioning.shared_grants()

    monkeypatch.setattr(provisioning, "shared_grants", lambda: rights | {"toy": "SELECT"})
    assert fleet.plan() == dict.fromkeys([settings.TEMPLATE_SCHEMA, "acme", "beta", schema], 1)
    provisioning.migrate_schema(schema)
    assert schema not in fleet.plan()

    monkeypatch.setattr(provisioning, "shared_grants", lambda: rights)
    assert fleet.plan() == {schema: 1}
