"""The personal link of a participation."""

from datetime import datetime
from uuid import UUID

from apps.campaigns.models import Campaign, Participation
from apps.outreach.links import Dead, PersonalLinks


def _by_id(pk: UUID) -> Participation | None:
    related = ("campaign__version", "campaign__subject", "campaign__assessment", "stakeholder", "response")
    rows = Participation.objects.select_related(*related)
    return rows.defer("campaign__version__document", "campaign__assessment__values").filter(pk=pk).first()


def _death(participation: Participation, now: datetime) -> Dead | None:
    if participation.campaign.status == Campaign.Status.DRAFT or participation.response is None:
        return Dead.UNKNOWN
    return None if participation.campaign.accepts_answers_at(now) else Dead.CLOSED


LINKS = PersonalLinks("resimate.campaigns.personal-link", "campaigns:respond", _by_id, _death)
find, token_for, url_for = LINKS.find, LINKS.token_for, LINKS.url_for
