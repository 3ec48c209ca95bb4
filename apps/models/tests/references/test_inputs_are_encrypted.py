"""What went into scores is under a key of each row: unreadable in its table, at home nowhere else, as it was."""

import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import DatabaseError, connection, transaction
from django_tenants.utils import schema_context

from apps.accounts.models import User
from apps.core import crypto
from apps.core.fields import unpacked
from apps.keys import services as keys
from apps.keys.models import SubjectKey
from apps.keys.tests.scratch import migrate, rows, scratch_schema
from apps.models import services
from apps.models.models import Assessment, ReferenceSet, ScoredUnit, ScoreInput
from resimate_engine import document

pytestmark = pytest.mark.requirement("SEC-DATA-001")
ENCRYPTING = import_module("apps.models.migrations.0012_encrypt_inputs")
BEFORE, AFTER = "0011_keep_the_least_number_of_people", "0012_encrypt_inputs"
SCHEMA = "scratch_of_inputs"
#: More than one batch. Numbers as the database wrote them: the digest of what comes back is that of before.
UNITS = [[{"id": f"straße{n}", "values": {"x": n + 0.10, "y": 1.5e-07}, "responses": []}] for n in range(5)]
SEALED = """
    SELECT i.id, i.digest, i.id, i.units, k.id, k.secret
    FROM resilience_scoreinput i JOIN public.keys_subjectkey k ON k.id = i.key_id ORDER BY i.id
"""
INSERT = "INSERT INTO resilience_scoreinput (id, digest, units) VALUES (%s, %s, %s)"


def _stored(table: str, column: str) -> list[bytes]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM resilience_{table} ORDER BY id")
        return [bytes(value) for (value,) in cursor.fetchall()]


@pytest.fixture
def scored(wave: list[Assessment], version: Any, ada: User, now: Any) -> list[Assessment]:
    """A wave that is scored together, and frozen."""
    services.freeze_period(version, "2026", "2026", acting_user=ada, now=now)
    services.score_assessments(wave, now=now)
    return wave


def test_neither_units_nor_answers_are_readable_where_they_are_kept(scored: list[Assessment]) -> None:
    for table, column in (("scoreinput", "units"), ("scoredunit", "unit"), ("referenceset", "units")):
        kept = _stored(table, column)
        assert kept
        assert not any(word in value for value in kept for word in (b'"values"', b'"responses"'))


def test_inputs_in_the_row_of_another_do_not_open(scored: list[Assessment], now: Any) -> None:
    """Nor with its key: the row itself is bound."""
    one, other = ScoredUnit.objects.select_related("key").order_by("pk")[:2]
    one.key, moved = other.key, ScoredUnit(pk=other.pk, digest="moved", key=one.key)
    moved.__dict__["unit"] = one.__dict__["unit"]

    for thief in (one, moved):
        with pytest.raises(crypto.Undecryptable):
            _ = thief.unit


def test_inputs_do_not_open_in_another_tenant_with_their_own_key(scored: list[Assessment], beta: Any) -> None:
    one = ScoredUnit.objects.select_related("key").first()
    assert one is not None
    assert one.key.cipher
    with schema_context(beta.schema_name), pytest.raises(crypto.Undecryptable):
        _ = one.unit


def test_a_rotation_writes_their_keys_anew_and_leaves_the_rows_as_they_are(scored: list[Assessment], now: Any) -> None:
    before = _stored("scoreinput", "units")
    with schema_context("public"):
        keys.rotate("acme", now=now)
        outcome = keys.reencrypt("acme")

    assert (outcome.left, outcome.failed) == (0, [])
    assert _stored("scoreinput", "units") == before
    run = services.score_assessments(scored, now=now)[0]
    trace = services.trace_of(services.stored_calculation(run))
    assert not services.verify_trace(json.loads(json.dumps(trace))).differences


def test_what_is_stored_already_gets_no_second_key(scored: list[Assessment], ada: User, now: Any) -> None:
    services.set_values(scored[0], {"x": 1}, acting_user=ada, now=now)
    services.score_assessments(scored[:1], now=now)
    inputs, units = ScoreInput.objects.count(), ScoredUnit.objects.count()

    assert (inputs, units) == (2, len(scored) + 1)
    assert SubjectKey.objects.count() == inputs + units + ReferenceSet.objects.count()


@pytest.fixture
def before(django_db_setup: None, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A schema with inputs of before."""
    monkeypatch.setattr("apps.keys.migrating.MOST_AT_ONCE", 2)
    with django_db_blocker.unblock(), scratch_schema(SCHEMA, "resilience", BEFORE) as owner, owner.cursor() as cursor:
        for number, units in enumerate(UNITS):
            cursor.execute(INSERT, [UUID(int=number + 1), document.digest(units), json.dumps(units)])
        yield owner


def _units(pk: UUID, sealed: bytes, key: UUID, secret: bytes) -> Any:
    opened = crypto.decrypt(bytes(secret), schema=SCHEMA, place=f"keys.subjectkey|secret|{key}")
    cipher, place = AESGCM(bytes.fromhex(opened)), f"resilience.scoreinput|units|{pk}"
    return json.loads(unpacked(crypto.unseal(bytes(sealed), cipher, schema=SCHEMA, place=place)))


def test_inputs_of_before_keep_their_digests_there_and_back(before: Any) -> None:
    plain = rows(before, "SELECT id, units FROM resilience_scoreinput ORDER BY id")
    migrate(before, "resilience", AFTER)

    kept = [(pk, digest, _units(*sealed)) for pk, digest, *sealed in rows(before, SEALED)]
    assert [(pk, units) for pk, _, units in kept] == [(pk, json.loads(units)) for pk, units in plain]
    assert [digest for _, digest, _ in kept] == [document.digest(units) for *_, units in kept]
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(using="owner"):
        rows(before, "UPDATE resilience_scoreinput SET digest = 'x' RETURNING id")

    migrate(before, "resilience", BEFORE)
    assert rows(before, "SELECT id, units FROM resilience_scoreinput ORDER BY id") == plain
    assert rows(before, f"SELECT id FROM public.keys_subjectkey WHERE tenant = '{SCHEMA}'") == []
