"""Who came through an expert's personal link, and what they are asked."""

from functools import cached_property
from typing import Any

from apps.elicitation import judgement_values, links
from apps.elicitation.models import Expert, Judgement, WeightElicitation
from apps.elicitation.question_snapshot import AskedNode
from apps.outreach import visits
from apps.outreach.visits import ByPersonalLink


class Visit(visits.Visit[Expert]):
    """An expert behind a live link."""

    @property
    def elicitation(self) -> WeightElicitation:
        return self.holder.elicitation

    @cached_property
    def saved(self) -> dict[str, Judgement]:
        return {one.node: one for one in self.holder.judgements.all()}

    def value(self, node: AskedNode) -> dict[str, Any]:
        """What was answered about a node so far."""
        saved = self.saved.get(node.code)
        return dict(saved.value) if saved else judgement_values.empty(self.elicitation.method)

    def after(self, node: AskedNode) -> AskedNode | None:
        place = self.elicitation.asked.index(node) + 1
        return self.elicitation.asked[place] if place < len(self.elicitation.asked) else None


by_personal_link = ByPersonalLink(links.LINKS, Visit, "elicitation/answer/closed.html")
