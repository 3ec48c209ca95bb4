"""The personal link of an expert, and what its messages tell."""

from typing import Any

from django.db.models import QuerySet

from apps.elicitation import judgement_values
from apps.elicitation.messages import INVITATION, REMINDER
from apps.elicitation.models import Expert, WeightElicitation
from apps.outreach.kinds import declare


def _rows() -> QuerySet[Expert]:
    return Expert.objects.select_related("elicitation__version__model", "key").defer("elicitation__version__document")


def _facts(elicitation: WeightElicitation) -> dict[str, Any]:
    return {
        "elicitation": elicitation.name,
        "model": str(elicitation.version.model),
        "introduction": elicitation.introduction,
        "answer_by": elicitation.answer_by,
        "questions": judgement_values.count_questions(elicitation.method, elicitation.asked),
    }


LINKS = declare(
    Expert,
    "elicitation",
    route="elicitation:answer",
    rows=_rows,
    invitation=INVITATION,
    reminder=REMINDER,
    facts=_facts,
)
token_for, url_for = LINKS.token_for, LINKS.url_for
