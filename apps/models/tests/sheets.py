"""What is stored of answers, and answers that tests put there."""

import json
from collections.abc import Mapping
from datetime import datetime
from importlib import import_module
from typing import Any

from django.apps import apps
from django.db import connection, transaction

from apps.models.answers import Answer, NewAnswer
from apps.models.models import AnswerSheet, Response
from apps.models.services import sheets


def stored_answers() -> list[Answer]:
    """Of all responses, by question."""
    sheets_in_order = AnswerSheet.objects.select_related("key").order_by("pk")
    return sorted((one for sheet in sheets_in_order for one in sheet.answers.values()), key=lambda one: one.question)


def stored_answer(question: str | None = None) -> Answer:
    (found,) = [one for one in stored_answers() if question in (None, one.question)]
    return found


def stored_values() -> dict[str, Any]:
    return {one.question: one.value for one in stored_answers()}


def put(response: Response, answers: Mapping[str, Any], at: datetime, comment: str = "") -> None:
    with transaction.atomic():
        sheets.write(response, [NewAnswer(question, value, at, comment) for question, value in answers.items()])


def as_before() -> None:
    """Put all answers where they were kept in the clear, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE resilience_answer (id uuid, response_id uuid, question text, value jsonb,"
            " comment text, answered_at timestamptz) ON COMMIT DROP"
        )
        for sheet in AnswerSheet.objects.select_related("key"):
            for question, (value, comment, moment) in sheet.entries.items():
                cursor.execute(
                    "INSERT INTO resilience_answer SELECT gen_random_uuid(), %s, %s, %s::jsonb, %s, %s",
                    [sheet.pk, question, json.dumps(value), comment, moment],
                )
    AnswerSheet.objects.all().delete()


def encrypt() -> None:
    """As the migration does."""
    import_module("apps.models.migrations.0009_encrypt_answers").encrypt(apps, _Editor())


class _Editor:
    connection = connection
