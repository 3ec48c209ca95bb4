import secrets
from datetime import datetime

from django.db import transaction

from apps import audit
from apps.campaigns.models import Campaign, Participation
from apps.core import events
from apps.models.models import Response
from apps.models.services import moment_of, submit_in_confidence

BATCH = 1000


def create_empty_responses(campaign: Campaign, *, now: datetime) -> int:
    """Give each participation of an open campaign an empty response under a pseudonym that only it can resolve.

    Ids and pseudonyms are random and the order is drawn by lot, so nothing of a response tells whose it is.
    """
    waiting = list(campaign.participations.filter(response=None).select_related("stakeholder"))
    assessment = campaign.assessment
    assert assessment is not None  # noqa: S101  the database holds it for every open campaign
    for participation in waiting:
        participation.response = Response(
            assessment=assessment,
            rater=secrets.token_hex(8),
            group=participation.stakeholder.group,
            created_at=moment_of(assessment, now),
        )
    secrets.SystemRandom().shuffle(waiting)
    Response.objects.bulk_create([one.response for one in waiting if one.response], batch_size=BATCH)
    Participation.objects.bulk_update(waiting, ["response"], batch_size=BATCH)
    return len(waiting)


@transaction.atomic
def send_answers(participation: Participation, *, now: datetime) -> None:
    """Hand in a person's answers. The trail says that the person has sent them, and nothing of the answers."""
    response = participation.response
    assert response is not None  # noqa: S101  a link that is alive leads to a response
    submit_in_confidence(response, now=now)
    audit.record("participation.answers_sent", now=now, target=participation)
    events.publish("participation.answers_sent", {"participation_id": str(participation.pk)}, now=now)
