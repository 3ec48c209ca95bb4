"""Groups are names that people type: one group however it is spelt, and known spellings are kept."""

from collections.abc import Iterable
from dataclasses import replace

from apps.campaigns.models import Stakeholder
from apps.models.models import ModelVersion
from apps.models.services import parsed
from apps.outreach.contacts import Contact
from resimate_text.identity import folded, tidied


def spelt(contacts: Iterable[Contact], wanted: Iterable[str] = ()) -> list[Contact]:
    """The contacts with their groups as ``wanted`` spells them, else as they are known, else as they come first."""
    listed = list(contacts)
    spellings = _spellings([*wanted, *_known()], [one.group for one in listed])
    return [replace(one, group=spellings[folded(one.group)]) for one in listed]


def known_spelling(group: str) -> str:
    return _spellings(_known(), [group])[folded(group)]


def with_spelling_of(group: str, known: Iterable[str]) -> list[str]:
    """Those of the known groups that are this one, however it is spelt."""
    form = folded(group)
    return [one for one in known if folded(one) == form]


def of_model(version: ModelVersion) -> list[str]:
    """The groups that the version weighs, in its own spelling."""
    steps = [node.indicator.rater_aggregation for node in parsed(version).nodes.values() if node.indicator]
    weighed = (step.parameters["weights"] for step in steps if step.name == "by_group")
    return list(dict.fromkeys(name for weights in weighed for name in weights))


def _known() -> list[str]:
    return list(Stakeholder.objects.exclude(group="").order_by("group").values_list("group", flat=True).distinct())


def _spellings(known: Iterable[str], typed: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in (*known, *map(tidied, typed)):
        found.setdefault(folded(name), name)
    return found
