"""The personal link of a participation."""

from django.db.models import QuerySet

from apps.campaigns.models import Participation
from apps.outreach.links import declare


def _rows() -> QuerySet[Participation]:
    related = ("campaign__version", "campaign__subject", "campaign__assessment", "stakeholder", "response")
    return Participation.objects.select_related(*related).defer(
        "campaign__version__document", "campaign__assessment__values"
    )


LINKS = declare(Participation, "campaigns", route="campaigns:respond", rows=_rows)
find, token_for, url_for = LINKS.find, LINKS.token_for, LINKS.url_for
