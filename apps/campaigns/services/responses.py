import secrets
from datetime import datetime

from apps.campaigns.models import Campaign, Participation
from apps.models.models import Response

BATCH = 1000


def give_responses(campaign: Campaign, *, now: datetime) -> int:
    """Give each participation of an open campaign an empty response under a pseudonym that only it can resolve."""
    waiting = list(campaign.participations.filter(response=None).select_related("stakeholder"))
    assert campaign.assessment_id is not None  # noqa: S101  the database holds it for every open campaign
    for participation in waiting:
        participation.response = Response(
            assessment_id=campaign.assessment_id,
            rater=secrets.token_hex(8),
            group=participation.stakeholder.group,
            created_at=now,
        )
    Response.objects.bulk_create([one.response for one in waiting if one.response], batch_size=BATCH)
    Participation.objects.bulk_update(waiting, ["response"], batch_size=BATCH)
    return len(waiting)
