"""The personal link of a participation, and what its messages tell."""

from typing import Any

from django.db.models import QuerySet

from apps.campaigns import questionnaire
from apps.campaigns.messages import INVITATION, REMINDER
from apps.campaigns.models import Campaign, Participation
from apps.outreach.kinds import declare


def _rows() -> QuerySet[Participation]:
    related = ("campaign__version", "campaign__subject", "campaign__assessment", "stakeholder__key", "response")
    return Participation.objects.select_related(*related).defer(
        "campaign__version__document", "campaign__assessment__values"
    )


def _facts(campaign: Campaign) -> dict[str, Any]:
    form = questionnaire.of(campaign.version)
    return {
        "campaign": campaign.name,
        "subject": campaign.subject.name,
        "introduction": campaign.introduction,
        "closes_at": campaign.closes_at,
        "questions": form.count,
        "minutes": form.minutes,
    }


LINKS = declare(
    Participation,
    "campaigns",
    route="campaigns:respond",
    rows=_rows,
    invitation=INVITATION,
    reminder=REMINDER,
    facts=_facts,
)
find, token_for, url_for = LINKS.find, LINKS.token_for, LINKS.url_for
