"""Settings of before are encrypted by a migration, with their history, told to the platform, and come back by it."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db.migrations.executor import MigrationExecutor

from apps.core import crypto
from apps.keys import services as keys
from apps.tenants.provisioning import owner_in

pytestmark = pytest.mark.requirement("UC-002", "SEC-DATA-001")
BEFORE, AFTER = "0003_let_older_processes_write", "0005_tell_the_platform_what_is_set"
SCHEMA = "scratch_of_settings"
VALUES: dict[UUID, Any] = {UUID(int=1): "Ada <ada@x.example>", UUID(int=2): ["de", "fr"], UUID(int=3): 7}
INSERT = {
    "setting": """
        INSERT INTO configuration_setting (id, key, value, changed_at, version, layer, is_locked, changed_by)
        VALUES (%(id)s, %(id)s, %(value)s, now(), 3, 'own', false, 'x')
    """,
    "change": """
        INSERT INTO configuration_change (id, version, key, layer, new, reason, changed_at, changed_by)
        VALUES (%(id)s, 3, %(id)s, 'own', jsonb_build_object('value', %(value)s::jsonb), '', now(), 'x')
    """,
}


@pytest.fixture
def before(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """A schema with settings of before."""
    with django_db_blocker.unblock(), owner_in(SCHEMA) as owner, owner.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
        try:
            keys.make_first_keys(SCHEMA)
            MigrationExecutor(owner).migrate([("configuration", BEFORE)])
            for pk, value in VALUES.items():
                for statement in INSERT.values():
                    cursor.execute(statement, {"id": str(pk), "value": json.dumps(value)})
            yield owner
        finally:
            cursor.execute(f"DROP SCHEMA {SCHEMA} CASCADE")
            cursor.execute("DELETE FROM public.core_tenantfact WHERE tenant = %s", [SCHEMA])
            cursor.execute("DELETE FROM public.keys_datakey WHERE tenant = %s", [SCHEMA])


def _kept(owner: Any, column: str, table: str) -> list[Any]:
    with owner.cursor() as cursor:
        cursor.execute(f"SELECT id, {column} FROM configuration_{table} ORDER BY id")
        return [(pk, json.loads(value) if isinstance(value, str) else value) for pk, value in cursor.fetchall()]


def _opened(owner: Any, column: str, table: str) -> list[Any]:
    """What is in an encrypted column; None where there is nothing."""
    place = f"configuration.{table}|{column}"
    return [
        sealed and json.loads(crypto.decrypt(bytes(sealed), schema=SCHEMA, place=f"{place}|{pk}"))
        for pk, sealed in _kept(owner, column, table)
    ]


def _told(owner: Any) -> list[Any]:
    """What the platform knows of it: numbers, and that there are texts."""
    with owner.cursor() as cursor:
        cursor.execute("SELECT value FROM public.core_tenantfact WHERE tenant = %s ORDER BY name", [SCHEMA])
        return [value and json.loads(value) for (value,) in cursor.fetchall()]


def test_what_was_set_before_is_encrypted_and_comes_back(before: Any) -> None:
    MigrationExecutor(before).migrate([("configuration", AFTER)])

    text, texts, number = VALUES.values()
    assert _told(before) == [None, None, number]
    assert [value for _, value in _kept(before, "value", "setting")] == [None, None, number]
    assert _opened(before, "sealed_value", "setting") == [text, texts, None]
    assert [value for _, value in _kept(before, "new", "change")] == [None, None, {"value": number}]
    assert _opened(before, "sealed_new", "change") == [{"value": text}, {"value": texts}, None]

    MigrationExecutor(before).migrate([("configuration", BEFORE)])
    assert _kept(before, "value", "setting") == list(VALUES.items())
    assert _kept(before, "new", "change") == [(pk, {"value": value}) for pk, value in VALUES.items()]
    assert {version for _, version in _kept(before, "version", "setting")} == {3}
    assert _told(before) == []
