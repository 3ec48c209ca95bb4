"""Groups of people that are large enough to be named."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import resimate_engine as engine
from resimate_engine import Node
from resimate_text.identity import folded


def counts_groups(model: engine.Model) -> bool:
    return any(map(weighs_groups, model.leaves))


def weighs_groups(leaf: Node) -> bool:
    return leaf.indicator is not None and leaf.indicator.rater_aggregation.name == "by_group"


def hidden_groups(raters: Mapping[str, int], least: int) -> set[str]:
    """The groups to hide: those with too few raters, and one more where the whole minus the rest would tell of them."""
    hidden = {group for group, count in raters.items() if count < least}
    shown = Counter({group: count for group, count in raters.items() if group not in hidden})
    if hidden and sum(raters[group] for group in hidden) < least and shown:
        hidden.add(min(shown, key=lambda group: (shown[group], group)))
    return hidden


def grouped(responses: Sequence[dict[str, Any]], model: engine.Model, least: int) -> list[dict[str, Any]]:
    """The responses of a release without the groups that are too small, unless the score itself rests on groups."""
    if counts_groups(model):
        return list(responses)
    hidden = hidden_groups(Counter(folded(one["group"] or "") for one in responses), least)
    return [one | {"group": None} if folded(one["group"] or "") in hidden else one for one in responses]
