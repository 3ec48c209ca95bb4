"""The personal link of an expert."""

from django.db.models import QuerySet

from apps.elicitation.models import Expert
from apps.outreach.links import declare


def _rows() -> QuerySet[Expert]:
    return Expert.objects.select_related("elicitation__version__model").defer("elicitation__version__document")


LINKS = declare(Expert, "elicitation", route="elicitation:answer", rows=_rows)
token_for, url_for = LINKS.token_for, LINKS.url_for
