"""The personal link of a participation."""

from datetime import datetime
from uuid import UUID

from apps.accounts.links import Dead, Found, PersonalLinks
from apps.campaigns.models import Campaign, Participation

LINKS: PersonalLinks[Participation] = PersonalLinks("resimate.campaigns.personal-link", "campaigns:respond")
token_for, url_for = LINKS.token_for, LINKS.url_for


def find(token: str, *, now: datetime) -> Found[Participation]:
    """The participation that a token was made for, if it was."""

    def death(participation: Participation) -> Dead | None:
        if participation.campaign.status == Campaign.Status.DRAFT or participation.response is None:
            return Dead.UNKNOWN
        return None if participation.campaign.accepts_answers_at(now) else Dead.CLOSED

    return LINKS.find(token, by_id=_by_id, death=death)


def _by_id(pk: UUID) -> Participation | None:
    related = ("campaign__version", "campaign__subject", "campaign__assessment", "stakeholder", "response")
    rows = Participation.objects.select_related(*related)
    return rows.defer("campaign__version__document", "campaign__assessment__values").filter(pk=pk).first()
