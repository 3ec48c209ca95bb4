"""What campaigns had collected before they were confidential opens after the migration, parted from people."""

from importlib import import_module

import pytest
from django.db import connection

from apps.campaigns import services
from apps.campaigns.models import Campaign, Participation
from apps.campaigns.tests.story import Clock, deliver_everything, others_send, taken_part
from apps.core.fields import new_id
from apps.models.models import Assessment, Response, ScoreRun
from apps.models.services import answers_of
from apps.models.tests.sheets import as_before, encrypt

pytestmark = pytest.mark.requirement("COMP-001")
MIGRATION = import_module("apps.campaigns.migrations.0004_part_answers_from_people")


def _as_before(campaign: Campaign, clock: Clock) -> None:
    """Plain assessments, responses numbered as they were made, moments to the microsecond, a run that shows all."""
    as_before()
    for response in Response.objects.filter(assessment=campaign.assessment_id).order_by("participation"):
        old, fresh = response.pk, new_id()
        response.pk, response.rater = fresh, f"{response.rater[:15]}x"
        response.submitted_at = response.started_at = response.created_at = clock.forward(minutes=1)
        response.save(force_insert=True)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE resilience_answer SET response_id = %s WHERE response_id = %s", [fresh, old])
        Participation.objects.filter(response=old).update(response=fresh)
        Response.objects.filter(pk=old).delete()
    Response.objects.update(is_counted=False)
    Assessment.objects.update(confidential=False)


def test_old_answers_keep_their_people_and_lose_ids_and_moments(campaign: Campaign, clock: Clock) -> None:
    others_send(campaign, 6, {"P1": 3, "P2": 1}, clock.moment)
    services.close_campaign(campaign, acting_user=None, now=clock.moment)
    deliver_everything(clock)
    parts = {part.pk: (part.response_id, answers_of(taken_part(part))) for part in _answered()}
    _as_before(campaign, clock)
    numbered = {part.response_id for part in _answered()}
    runs = ScoreRun.objects.count()

    with connection.cursor() as cursor:
        cursor.execute(MIGRATION.PART)
        cursor.execute(MIGRATION.ASK_FOR_RELEASES)
    encrypt()
    clock.forward(days=365)  # the event is due at the time of the database
    assert not ScoreRun.objects.shown().filter(disclosed=None).exists()
    deliver_everything(clock)

    after = {part.pk: (part.response_id, answers_of(taken_part(part))) for part in _answered()}
    assert {pk: after[pk][1] for pk in parts} == {pk: answers for pk, (_, answers) in parts.items()}
    assert not {response for response, _ in after.values()} & numbered
    assert {f"{one.submitted_at:%H:%M:%S.%f}" for one in Response.objects.exclude(submitted_at=None)} == {
        "00:00:00.000000"
    }
    assert ScoreRun.objects.count() == runs + 1
    assert Assessment.objects.get().latest_run == ScoreRun.objects.order_by("number").last()


def _answered() -> list[Participation]:
    return list(Participation.objects.filter(response__submitted_at__isnull=False).select_related("response"))
