"""Answers that were kept in the clear go under a key of their response each, however often that is begun again."""

import tracemalloc
from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from typing import Any

import pytest
from django.db import connection

from apps.core import crypto
from apps.keys import services as keys
from apps.keys.models import SubjectKey
from apps.keys.tests.walking import walked_through
from apps.models import services
from apps.models.models import AnswerSheet, Assessment, Response
from apps.models.tests.sheets import as_before, encrypt, put, stored_answers

pytestmark = pytest.mark.requirement("SEC-DATA-001", "DB-002")
MIGRATION: Any = import_module("apps.models.migrations.0009_encrypt_answers")
MANY = 6000
MANY_RESPONSES = """
    INSERT INTO resilience_response (id, assessment_id, rater, "group", is_counted, created_at)
    SELECT gen_random_uuid(), %s, 'many' || n, '', false, now() FROM generate_series(1, %s) AS n
"""
ANSWERS_OF_ALL = """
    INSERT INTO resilience_answer SELECT gen_random_uuid(), id, question, '3', 'Some words beside it', now()
    FROM resilience_response, unnest(ARRAY['L1', 'L2', 'N1']) AS question
"""
TABLES = ("resilience_response", "resilience_answer", "resilience_answersheet")


@pytest.fixture
def responses(assessment: Assessment, now: datetime) -> list[Response]:
    made = [Response(assessment=assessment, rater=f"r{number}", created_at=now) for number in range(5)]
    Response.objects.bulk_create(made)
    for number, response in enumerate(made[:4]):
        put(response, {"L1": 1 + number, "N1": "dont_know"}, now.replace(microsecond=120), comment=f"Why {number} 🌍")
    put(made[0], {"L2": None}, now)
    return made


def in_the_clear() -> Iterator[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT response_id FROM resilience_answer")
        yield from (pk for (pk,) in cursor.fetchall())


def test_all_that_was_answered_is_found_again_under_keys_of_its_response(responses: list[Response]) -> None:
    before = stored_answers()
    as_before()
    assert not SubjectKey.objects.exists()

    encrypt()

    assert stored_answers() == before
    assert len(before) == 9
    assert (
        set(AnswerSheet.objects.values_list("pk", flat=True)) == {one.pk for one in responses[:4]} == {*in_the_clear()}
    )
    assert SubjectKey.objects.count() == 4
    assert keys.verify("acme").problems == []


def test_numbers_stay_as_they_were(responses: list[Response]) -> None:
    as_before()
    numbers = ["5", "5.0", "0.1", "48151.62342", "-0.0", "1e-7", "12345678901234567890", "true", '["b", 2.50]']
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM resilience_answer")
        cursor.executemany(
            "INSERT INTO resilience_answer SELECT gen_random_uuid(), %s, %s, %s::jsonb, '', now()",
            [(responses[0].pk, f"Q{place}", number) for place, number in enumerate(numbers)],
        )
    read = [repr(one) for one in (5, 5.0, 0.1, 48151.62342, 0.0, 1e-07, 12345678901234567890, True, ["b", 2.5])]

    encrypt()

    assert [repr(one.value) for one in stored_answers()] == read


def test_who_is_killed_is_followed_by_whoever_comes_next(
    responses: list[Response], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stored_answers()
    as_before()
    monkeypatch.setattr(MIGRATION, "BATCH", 1)
    move = MIGRATION._move

    def killed(*arguments: Any) -> None:
        if AnswerSheet.objects.count() == 2:
            raise KeyboardInterrupt
        move(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(MIGRATION, "_move", killed)
        with pytest.raises(KeyboardInterrupt):
            encrypt()
    assert AnswerSheet.objects.count() == 2

    encrypt()
    encrypt()

    assert stored_answers() == before
    assert SubjectKey.objects.count() == 4


def test_nothing_is_stored_that_does_not_come_back(responses: list[Response], monkeypatch: pytest.MonkeyPatch) -> None:
    as_before()
    monkeypatch.setattr(crypto, "unseal", lambda *_, **__: "{}")

    with pytest.raises(RuntimeError, match="do not come back"):
        encrypt()
    assert not AnswerSheet.objects.exists()


def test_answers_go_on_where_they_were(responses: list[Response], now: datetime) -> None:
    as_before()
    encrypt()

    services.save_answers(responses[0], {"L1": 5}, acting_user=None, now=now.replace(hour=23))

    assert services.answers_of(responses[0]) == {"L1": 5, "L2": None, "N1": "dont_know"}


@pytest.mark.thorough
def test_many_answers_are_moved_in_little_memory_and_no_batch_walks_through_all(
    assessment: Assessment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would take a quarter of an hour for 200,000 responses, which take half a minute."""
    monkeypatch.setattr(MIGRATION, "BATCH", 50)
    as_before()
    with connection.cursor() as cursor:
        cursor.execute("CREATE UNIQUE INDEX ON resilience_answer (response_id, question)")
        cursor.execute(MANY_RESPONSES, [assessment.pk, MANY])
        cursor.execute(ANSWERS_OF_ALL)
        cursor.execute("ANALYZE resilience_response, resilience_answer, resilience_answersheet")
    before = walked_through(*TABLES)
    tracemalloc.start()

    encrypt()

    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    after = walked_through(*TABLES)
    assert AnswerSheet.objects.count() == SubjectKey.objects.count() == MANY
    assert most < 4 * 1024 * 1024
    assert after - before <= 10 * MANY
