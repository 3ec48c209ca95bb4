"""Measured values of assessments are under the tenant's key: unreadable in their column, at home in no other row."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django_tenants.utils import schema_context

from apps.accounts.models import User
from apps.core import crypto
from apps.keys import services as keys
from apps.keys.tests.scratch import migrate, rows, scratch_schema
from apps.models import services
from apps.models.models import Assessment

pytestmark = pytest.mark.requirement("SEC-DATA-001")
BEFORE, AFTER = "0012_encrypt_inputs", "0013_encrypt_values"
SCHEMA = "scratch_of_values"
#: More than one batch.
VALUES = [{}, {"x": 1, "straße": 0.10}, {"y": 1.5e-07, "z": None}, {"x": True}, {"n": "Zwetschge"}]
INSERT = """
    INSERT INTO resilience_assessment (id, period, values, state, confidential, created_at)
    VALUES (%s, '', %s, 'open', false, now())
"""
STORED = "SELECT id, values FROM resilience_assessment ORDER BY id"


def _stored(assessment: Assessment) -> bytes | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT values FROM resilience_assessment WHERE id = %s", [assessment.pk])
        (value,) = cursor.fetchone()
    return None if value is None else bytes(value)


def test_values_are_read_by_those_who_have_the_key_and_none_are_stored_as_nothing(
    wave: list[Assessment], ada: User, now: Any
) -> None:
    one, other = wave[:2]
    services.set_values(one, {"x": 0.515162342}, acting_user=ada, now=now)
    services.set_values(other, {}, acting_user=ada, now=now)

    assert Assessment.objects.get(pk=one.pk).values == {"x": 0.515162342}
    assert Assessment.objects.get(pk=other.pk).values == {}
    kept = _stored(one)
    assert kept is not None
    assert not any(word in kept for word in (b"515162342", b'"x"'))
    assert _stored(other) is None


def test_they_open_in_no_other_row(wave: list[Assessment]) -> None:
    one, other = wave[:2]
    Assessment.objects.filter(pk=other.pk).update(values=_stored(one))

    with pytest.raises(crypto.Undecryptable):
        _ = Assessment.objects.get(pk=other.pk).values


def test_a_rotation_writes_them_anew(wave: list[Assessment], now: Any) -> None:
    before, values = _stored(wave[0]), wave[0].values
    with schema_context("public"):
        keys.rotate("acme", now=now)
        outcome = keys.reencrypt("acme")
        assert (outcome.left, outcome.failed, keys.verify("acme").problems) == (0, [], [])

    assert _stored(wave[0]) != before
    assert Assessment.objects.get(pk=wave[0].pk).values == values != {}


@pytest.fixture
def before(django_db_setup: None, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A schema with values of before; of what and by which model does not matter here."""
    monkeypatch.setattr("apps.keys.migrating.MOST_AT_ONCE", 2)
    with django_db_blocker.unblock(), scratch_schema(SCHEMA, "resilience", BEFORE) as owner, owner.cursor() as cursor:
        for column in ("version_id", "subject_id"):
            cursor.execute(f"ALTER TABLE resilience_assessment ALTER COLUMN {column} DROP NOT NULL")
        for number, values in enumerate(VALUES):
            cursor.execute(INSERT, [UUID(int=number + 1), json.dumps(values)])
        yield owner


@pytest.mark.thorough
def test_values_of_before_go_there_and_back(before: Any) -> None:
    migrate(before, "resilience", AFTER)

    kept = rows(before, STORED)
    assert not any(b"Zwetschge" in bytes(sealed) for _, sealed in kept)
    opened = [
        json.loads(crypto.decrypt(bytes(sealed), schema=SCHEMA, place=f"resilience.assessment|values|{pk}"))
        for pk, sealed in kept
    ]
    assert opened == VALUES
    migrate(before, "resilience", BEFORE)
    assert [json.loads(values) for _, values in rows(before, STORED)] == VALUES
