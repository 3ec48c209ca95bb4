"""Sheets of answers as they are stored: begun with the first answer, changed under a lock, read a few at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Final, NoReturn

from django.db import connection

from apps.core import crypto
from apps.core.errors import Gone, Refused
from apps.core.tenancy import current_schema
from apps.keys.models import SubjectKey
from apps.models import answers
from apps.models.answers import Answer, NewAnswer
from apps.models.models import SHEETS_AT_ONCE, AnswerSheet, Assessment, Response, ResponseQuerySet
from apps.models.sealed import entries_field, said
from resimate_engine.document import digest

RESPONSES_AT_ONCE: Final = 1000
#: The response, while its assessment is open; nobody closes that before this transaction ends.
ACCEPTING: Final = """
    SELECT response.id FROM resilience_response response
    JOIN resilience_assessment assessment ON assessment.id = response.assessment_id
    WHERE response.id = %s AND assessment.state = 'open' FOR KEY SHARE OF assessment
"""
#: The assessment's lock comes first, as for whoever closes it. The key is only rewrapped by others, or destroyed.
HELD: Final = f"""
    SELECT sheet.entries, sheet.key_id, key.secret FROM ({ACCEPTING}) accepting
    JOIN resilience_answersheet sheet ON sheet.response_id = accepting.id
    LEFT JOIN keys_subjectkey key ON key.id = sheet.key_id FOR UPDATE OF sheet
"""  # noqa: S608  it is put together from constants
BEGIN: Final = f"""
    INSERT INTO resilience_answersheet (response_id, key_id, entries)
    SELECT accepting.id, %s, %s FROM ({ACCEPTING}) accepting ON CONFLICT (response_id) DO NOTHING
"""  # noqa: S608  it is put together from constants
REWRITE: Final = """
    UPDATE resilience_answersheet sheet SET entries = fresh.entries
    FROM unnest(%s::uuid[], %s::bytea[]) AS fresh (response_id, entries) WHERE sheet.response_id = fresh.response_id
"""


class AssessmentLocked(Refused):
    code = "assessment_locked"
    title = "The assessment is locked"


def write(response: Response, new: Sequence[NewAnswer]) -> tuple[dict[str, Answer], bool]:
    """Write answers into the sheet of a response, within a transaction; of two to one question the later one stays.

    Returns all that it says then, and whether that is something else than before. Raises ``AssessmentLocked``.
    """
    sheet = _held(response)
    if sheet is None:
        first = answers.merged({}, new)
        if _begin(response, first):
            return first, True
        sheet = _held(response) or _refuse(response)
    stored = sheet.answers
    together = answers.merged(stored, new)
    if together != stored:
        sheet.write(together)
        sheet.save(update_fields=["entries"])
    return together, together != stored


def _held(response: Response) -> AnswerSheet | None:
    """The sheet, locked until the transaction ends; None where there is none, or where nothing is accepted any more."""
    with connection.cursor() as cursor:
        cursor.execute(HELD, [response.pk])
        row = cursor.fetchone()
    if row is None:
        return None
    entries, key, secret = row
    return AnswerSheet(response=response, key=SubjectKey(pk=key, secret=secret) if key else None, entries=entries)


def _begin(response: Response, first: Mapping[str, Answer]) -> bool:
    """Make a sheet with a key of its own; False where somebody made one at the same moment, or nothing is accepted."""
    sheet = AnswerSheet(response=response, key=SubjectKey.objects.create())
    with connection.cursor() as cursor:
        cursor.execute(BEGIN, [sheet.key_id, entries_field().encrypted(answers.written(first), sheet), response.pk])
        is_ours: bool = cursor.rowcount == 1
    if not is_ours:
        sheet.key.delete()
    return is_ours


def _refuse(response: Response) -> NoReturn:
    if Assessment.objects.filter(pk=response.assessment_id, state=Assessment.State.OPEN).exists():
        raise Gone("It no longer exists.")
    raise AssessmentLocked("This assessment is locked. Its answers cannot be changed.")


def store(given: Mapping[Response, Sequence[NewAnswer]]) -> None:
    """Store the answers of many new responses at once."""
    made = [
        AnswerSheet(response=response, key=SubjectKey(), entries=answers.written(answers.merged({}, new)))
        for response, new in given.items()
        if new
    ]
    SubjectKey.objects.bulk_create([sheet.key for sheet in made], batch_size=RESPONSES_AT_ONCE)
    AnswerSheet.objects.bulk_create(made, batch_size=RESPONSES_AT_ONCE)


def digests(responses: ResponseQuerySet) -> tuple[list[list[str]], int]:
    """The digest of what each response says, by its id, and how many answers there are."""
    found, count = [], 0
    for pk, entries in said(responses.filter(sheet__isnull=False).order_by("pk"), "pk", few_in_memory=True):
        values = answers.values_of(entries)
        found.append([str(pk), digest(values)])
        count += len(values)
    return found, count


def keyed(digest_: str) -> str:
    """A digest for the trail that nobody without the tenant's key can try answers against: there are few of them."""
    return crypto.blind_index(digest_, schema=current_schema(), field="resilience.answersheet|entries").hex()


def keep_days_alone(assessment: Assessment) -> None:
    """Forget when answers were given, but for the day: once nothing changes any more, it is of no use."""
    rows = AnswerSheet.objects.filter(response__assessment=assessment).select_related("key").order_by("pk")
    left = rows.iterator(SHEETS_AT_ONCE)
    while sheets := list(islice(left, SHEETS_AT_ONCE)):
        _rewrite([sheet for sheet in sheets if sheet.entries])


def _rewrite(sheets: Sequence[AnswerSheet]) -> None:
    fresh = []
    for sheet in sheets:
        sheet.write({code: replace(one, answered_at=day_of(one.answered_at)) for code, one in sheet.answers.items()})
        fresh.append(entries_field().encrypted(sheet.entries, sheet))
    with connection.cursor() as cursor:
        cursor.execute(REWRITE, [[sheet.pk for sheet in sheets], fresh])


def day_of(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
