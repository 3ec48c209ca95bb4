"""What a response says is one ciphertext under a key of its own: of no other row, and gone with its key."""

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q

from apps.accounts.models import User
from apps.core import crypto
from apps.keys import services as keys
from apps.keys.models import SubjectKey
from apps.models import disclosure, services
from apps.models.models import AnswerSheet, Assessment, Response, ScoreInput
from apps.models.services import scoring
from apps.models.tests.conftest import Api
from apps.models.tests.sheets import put, stored_values

pytestmark = pytest.mark.requirement("SEC-DATA-001", "SEC-DATA-002", "CMS-001")


@pytest.fixture
def two(assessment: Assessment, ada: User, now: datetime) -> list[Response]:
    made = []
    for rater, value in (("r1", 2), ("r2", 4)):
        response = services.create_response(assessment, rater=rater, acting_user=ada, now=now)
        put(response, {"L1": value}, now, comment="We train too little.")
        made.append(services.submit(response, now=now))
    return made


def test_the_database_holds_no_answer_and_no_comment(two: list[Response]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT entries FROM resilience_answersheet")
        sealed = [bytes(one) for (one,) in cursor.fetchall()]

    assert [one[:1] for one in sealed] == [crypto.SEALED] * 2
    assert not any(b"train" in one or b'"L1"' in one for one in sealed)
    assert len(set(AnswerSheet.objects.values_list("key", flat=True))) == 2


def test_a_sheet_that_was_moved_to_another_response_opens_nothing(two: list[Response], api: Api) -> None:
    first, second = two
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE resilience_answersheet SET entries = (SELECT entries FROM resilience_answersheet WHERE"
            " response_id = %s) WHERE response_id = %s",
            [first.pk, second.pk],
        )

    answer = api.get(f"assessments/{first.assessment_id}/responses/{second.pk}/")

    assert (answer.status_code, answer.json()["code"]) == (409, "undecryptable")
    assert api.get(f"assessments/{first.assessment_id}/responses/{first.pk}/").json()["answers"] == {"L1": 2}
    assert [str(second.pk) in problem for problem in keys.verify("acme").problems] == [True]


def test_a_sheet_with_the_key_of_another_opens_nothing(two: list[Response], now: datetime) -> None:
    first, second = two
    with connection.cursor() as cursor:
        cursor.execute("UPDATE resilience_answersheet SET key_id = %s WHERE response_id = %s", [None, second.pk])

    with pytest.raises(crypto.Undecryptable):
        services.answers_of(second)
    with pytest.raises(crypto.Undecryptable):
        services.score_assessment(second.assessment, now=now)
    assert services.answers_of(first) == {"L1": 2}


def test_where_the_key_is_destroyed_nothing_was_said_and_nothing_fails(
    two: list[Response], api: Api, now: datetime
) -> None:
    first, second = two
    with_both = services.score_assessment(first.assessment, now=now)
    keys.destroy_subject_keys(AnswerSheet.objects.filter(pk=second.pk).values_list("key", flat=True))

    path = f"assessments/{first.assessment_id}/"
    assert api.get(f"{path}responses/{second.pk}/").json()["answers"] == {}
    assert b"".join(api.get(f"{path}export/?format=csv")).count(b"L1") == 1
    assert disclosure.comments_in(first.assessment) == {}
    without = services.score_assessment(first.assessment, now=now)
    assert (with_both.score, without.score) == (50.0, 25.0)
    with pytest.raises(crypto.Erased):
        put(second, {"L1": 5}, now)
    assert [one.is_erased for one in Response.objects.select_related("sheet__key").order_by("rater")] == [False, True]
    assert keys.verify("acme").problems == []


def test_an_input_that_comes_again_keeps_its_row_and_its_key(two: list[Response], now: datetime) -> None:
    for value in (2, 5, 2):
        put(two[0], {"L1": value}, now)
        services.score_assessment(two[0].assessment, now=now)

    inputs = ScoreInput.objects.select_related("key")
    leading = {*inputs.values_list("key", flat=True), *AnswerSheet.objects.values_list("key", flat=True)}
    assert sorted(kept.units[0]["responses"][0]["answers"]["L1"] for kept in inputs) == [2, 5]
    assert set(SubjectKey.objects.values_list("pk", flat=True)) == leading


def test_a_key_goes_with_its_response(two: list[Response]) -> None:
    Response.objects.filter(pk=two[0].pk).delete()

    assert SubjectKey.objects.count() == 1
    assert stored_values() == {"L1": 4}


def test_answers_of_different_questions_are_put_together(two: list[Response], now: datetime) -> None:
    """As from two pages, each of which was shown before the other was answered."""
    one, other = Response.objects.get(pk=two[0].pk), Response.objects.get(pk=two[0].pk)

    put(one, {"L2": 5}, now)
    put(other, {"N1": 3}, now)

    assert services.answers_of(one) == {"L1": 2, "L2": 5, "N1": 3}


def test_the_order_of_questions_says_nothing_of_when_they_were_answered(assessment: Assessment, now: datetime) -> None:
    response = Response.objects.create(assessment=assessment, rater="r", created_at=now)
    for question in ("N1", "L2", "L1"):
        put(response, {question: 3}, now)

    ((_, answered),) = scoring._answered(Q(pk=response.pk))
    assert list(answered["answers"]) == ["L1", "L2", "N1"]


def test_the_digest_in_the_trail_cannot_be_tried_against_answers(two: list[Response]) -> None:
    from apps.audit.models import AuditEntry
    from resimate_engine.document import digest

    told: list[Any] = [one.details["digest"] for one in AuditEntry.objects.filter(action="assessment.submitted")]

    assert len(told) == 2
    assert not {digest({"L1": 2}), digest({"L1": 4})} & {*told}
    assert len(set(told)) == 2
