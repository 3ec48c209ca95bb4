"""The personal link of an expert."""

from uuid import UUID

from apps.accounts.links import Dead, Found, PersonalLinks
from apps.elicitation.models import Expert, WeightElicitation

LINKS: PersonalLinks[Expert] = PersonalLinks("resimate.elicitation.personal-link", "elicitation:answer")
token_for, url_for = LINKS.token_for, LINKS.url_for


def find(token: str) -> Found[Expert]:
    """The expert that a token was made for, if it was."""
    return LINKS.find(token, by_id=_by_id, death=_death)


def _by_id(pk: UUID) -> Expert | None:
    return Expert.objects.select_related("elicitation").filter(pk=pk).first()


def _death(expert: Expert) -> Dead | None:
    status = expert.elicitation.status
    if status == WeightElicitation.Status.DRAFT:
        return Dead.UNKNOWN
    return Dead.CLOSED if status == WeightElicitation.Status.CLOSED else None
