"""The personal link of an expert."""

from datetime import datetime
from uuid import UUID

from apps.elicitation.models import Expert, WeightElicitation
from apps.outreach.links import Dead, PersonalLinks


def _by_id(pk: UUID) -> Expert | None:
    return Expert.objects.select_related("elicitation").filter(pk=pk).first()


def _death(expert: Expert, now: datetime) -> Dead | None:
    status = expert.elicitation.status
    if status == WeightElicitation.Status.DRAFT:
        return Dead.UNKNOWN
    return Dead.CLOSED if status == WeightElicitation.Status.CLOSED else None


LINKS = PersonalLinks("resimate.elicitation.personal-link", "elicitation:answer", _by_id, _death)
token_for, url_for = LINKS.token_for, LINKS.url_for
