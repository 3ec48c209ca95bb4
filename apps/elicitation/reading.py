"""What judgements come to: by expert, combined, and how far experts lie apart."""

from dataclasses import dataclass

from django.utils.functional import cached_property

from apps.elicitation import judgement_values
from apps.elicitation.judgement_values import Outcome, Row, Spread, Value
from apps.elicitation.models import Expert, Judgement, WeightElicitation
from apps.elicitation.question_snapshot import AskedNode, Item


@dataclass(frozen=True, slots=True)
class Doubtful:
    """The comparison that fits the others least, by names' items; ``fitting`` is what the others suggest."""

    more: Item
    less: Item
    said: float
    fitting: float
    place: int


@dataclass(frozen=True)
class Judged:
    """One whole judgement of one node, and what it comes to."""

    method: str
    node: AskedNode
    value: Value
    expert: Expert

    @cached_property
    def row(self) -> Row:
        return judgement_values.row_of(self.method, self.node.codes, self.value)

    @cached_property
    def outcome(self) -> Outcome:
        return judgement_values.outcome(self.method, [self.row])

    @property
    def weights(self) -> dict[str, float]:
        return dict(zip(self.node.codes, self.outcome.weights, strict=True))

    @cached_property
    def doubtful(self) -> Doubtful | None:
        """None where judgements are consistent enough, or cannot contradict each other."""
        if not self.outcome.is_inconsistent:
            return None
        doubt = judgement_values.least_consistent(self.row, self.outcome.weights)
        first, second = self.node.children[doubt.first], self.node.children[doubt.second]
        pair = self.node.pairs.index((first, second))
        if doubt.said >= 1:
            return Doubtful(first, second, doubt.said, doubt.fitting, pair)
        return Doubtful(second, first, 1 / doubt.said, 1 / doubt.fitting, pair)


@dataclass(frozen=True)
class NodeReport:
    """All that experts sent about one node."""

    method: str
    node: AskedNode
    judged: tuple[Judged, ...]

    @cached_property
    def combined(self) -> Outcome | None:
        """Budgets by their mean, comparisons by the geometric mean of each; None while there are none."""
        return judgement_values.outcome(self.method, [one.row for one in self.judged]) if self.judged else None

    @cached_property
    def spreads(self) -> tuple[Spread, ...]:
        """For each child, over experts."""
        return tuple(map(judgement_values.spread, zip(*(one.outcome.weights for one in self.judged), strict=True)))


def results_of(elicitation: WeightElicitation) -> list[NodeReport]:
    """A report for each node that was asked about, from one query; experts in the order they were named in."""
    rows = Judgement.objects.filter(expert__elicitation=elicitation, sent__isnull=False)
    by_node: dict[str, list[Judgement]] = {}
    for judgement in rows.select_related("expert__key").order_by("expert_id"):
        by_node.setdefault(judgement.node, []).append(judgement)
    return [
        NodeReport(
            elicitation.method,
            node,
            tuple(Judged(elicitation.method, node, one.sent, one.expert) for one in by_node.get(node.code, [])),
        )
        for node in elicitation.asked
    ]
