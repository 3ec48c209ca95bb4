"""Digests of before become fingerprints: equal ones stay equal, and nothing else of the rows changes, then or later."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from apps.core import crypto
from apps.keys.tests.scratch import migrate, rows, scratch_schema

pytestmark = [pytest.mark.thorough, pytest.mark.requirement("SEC-DATA-001", "DB-002")]
BEFORE, AFTER = "0013_encrypt_values", "0014_make_fingerprints"
SCHEMA = "scratch_of_digests"
#: More than one batch.
DIGESTS = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(5)]
NOW = "'2026-01-01T00:00:00Z'"
PARENTS = f"""
    INSERT INTO resilience_resiliencemodel (id, code, name, created_at, updated_at)
        VALUES (%(id)s, 'm', '{{}}', {NOW}, {NOW});
    INSERT INTO resilience_modelversion (id, model_id, number, state, document, digest, created_at)
        VALUES (%(id)s, %(id)s, 1, 'draft', '{{}}', %(digest)s, {NOW});
    INSERT INTO resilience_subject (id, code, name, kind, "group", created_at)
        VALUES (%(id)s, 's', 's', '', '', {NOW});
    INSERT INTO resilience_assessment (id, version_id, subject_id, period, state, confidential, created_at)
        VALUES (%(id)s, %(id)s, %(id)s, '', 'open', false, {NOW});
    INSERT INTO resilience_import (id, kind, files, made, created_at)
        VALUES (%(id)s, 'file', '[]', %(made)s, {NOW}), (gen_random_uuid(), 'file', '[]', '{{}}', {NOW})
"""
EACH = f"""
    INSERT INTO resilience_scoreinput (id, digest, units) VALUES (%(id)s, %(digest)s, 'units');
    INSERT INTO resilience_scoredunit (id, digest, unit) VALUES (%(id)s, %(digest)s, 'unit');
    INSERT INTO resilience_referenceset (id, version_id, name, digest, units, unit_count, source, created_at)
        VALUES (%(id)s, %(parent)s, '', %(digest)s, 'units', 1, '{{}}', {NOW});
    INSERT INTO resilience_scorerun (id, assessment_id, number, version_id, engine_version, input_digest, unit, reason,
                                     band, rater_count, duration_ms, calculated_at)
        VALUES (gen_random_uuid(), %(parent)s, %(number)s, %(parent)s, '1', %(digest)s, '', '', '', 0, 1, {NOW}),
               (gen_random_uuid(), %(parent)s, %(number)s + 100, %(parent)s, '1', %(digest)s, '', '', '', 0, 1, {NOW})
"""
STORED = {
    "scoreinput": "SELECT digest FROM resilience_scoreinput ORDER BY id",
    "scoredunit": "SELECT digest FROM resilience_scoredunit ORDER BY id",
    "referenceset": "SELECT digest FROM resilience_referenceset ORDER BY id",
    "scorerun": "SELECT input_digest FROM resilience_scorerun WHERE number < 100 ORDER BY number",
    "the same run": "SELECT input_digest FROM resilience_scorerun WHERE number >= 100 ORDER BY number",
}


@pytest.fixture
def before(django_db_setup: None, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A schema with digests of before."""
    monkeypatch.setattr("apps.keys.migrating.MOST_AT_ONCE", 2)
    with django_db_blocker.unblock(), scratch_schema(SCHEMA, "resilience", BEFORE) as owner, owner.cursor() as cursor:
        made = json.dumps({"values": DIGESTS[0], "digest": DIGESTS[1], "subjects": []})
        cursor.execute(PARENTS, {"id": UUID(int=1), "digest": DIGESTS[0], "made": made})
        for number, one in enumerate(DIGESTS, start=1):
            cursor.execute(EACH, {"id": UUID(int=number), "parent": UUID(int=1), "number": number, "digest": one})
        yield owner


def test_digests_become_fingerprints_and_rows_name_each_other_as_before(before: Any) -> None:
    others = "SELECT to_jsonb(run) - 'input_digest' FROM resilience_scorerun AS run ORDER BY number"
    rest = rows(before, others)

    migrate(before, "resilience", AFTER)

    expected = [crypto.fingerprint(one, schema=SCHEMA) for one in DIGESTS]
    assert {name: [one for (one,) in rows(before, query)] for name, query in STORED.items()} == dict.fromkeys(
        STORED, expected
    )
    assert rows(before, others) == rest
    made = [one for (one,) in rows(before, "SELECT made FROM resilience_import ORDER BY id")]
    assert {"values": expected[0], "digest": DIGESTS[1], "subjects": []} in [
        json.loads(one) if isinstance(one, str) else one for one in made
    ]
    assert rows(before, "SELECT digest FROM resilience_modelversion") == [(DIGESTS[0],)]


CHANGES = {
    "a fingerprint": "UPDATE resilience_scorerun SET input_digest = repeat('A', 64)",
    "into a digest": f"UPDATE resilience_scoreinput SET digest = '{DIGESTS[0]}'",
    "into something else": "UPDATE resilience_scoredunit SET digest = 'X' WHERE digest ~ '[a-f]'",
    "more than that": "UPDATE resilience_scorerun SET input_digest = repeat('A', 64), score = 1 WHERE number = 9",
    "all of it": "DELETE FROM resilience_referenceset",
}


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_else_of_what_is_append_only_changes(before: Any, change: str) -> None:
    migrate(before, "resilience", AFTER)
    with before.cursor() as cursor:
        cursor.execute(EACH, {"id": UUID(int=9), "parent": UUID(int=1), "number": 9, "digest": "f" * 64})

        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(using="owner"):
            cursor.execute(CHANGES[change])


def test_digests_are_as_unique_as_before(before: Any) -> None:
    migrate(before, "resilience", AFTER)
    digest = crypto.fingerprint(DIGESTS[0], schema=SCHEMA)

    for table, column in (("scoreinput", "units"), ("scoredunit", "unit")):
        values = f"(gen_random_uuid(), '{digest}', 'x') RETURNING id"
        insert = f"INSERT INTO resilience_{table} (id, digest, {column}) VALUES {values}"
        with pytest.raises(IntegrityError), transaction.atomic(using="owner"):
            rows(before, insert)
