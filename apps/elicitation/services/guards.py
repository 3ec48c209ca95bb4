"""What several verbs lock and refuse."""

from collections.abc import Sequence

from apps.core import locking
from apps.core.errors import Problem, Refused
from apps.elicitation.models import WeightElicitation
from apps.elicitation.question_snapshot import Change, changes
from apps.models.models import ModelVersion
from apps.models.services import VersionNotDraft, parsed


class ElicitationNotReady(Refused):
    code = "elicitation_not_ready"
    title = "The elicitation is not ready for this"


class NodesChanged(Refused):
    """``changes`` say which nodes, and how."""

    code = "nodes_changed"
    title = "The draft no longer has the nodes that experts were asked about"

    def __init__(self, found: Sequence[Change]) -> None:
        problems = [Problem(f"/nodes/{one.place}", one.in_words, "node_changed") for one in found]
        super().__init__("Nodes of the draft have other parts now than experts were asked about.", errors=problems)
        self.changes = tuple(found)


def locked(elicitation: WeightElicitation) -> WeightElicitation:
    return locking.locked(WeightElicitation.objects.select_related("version__model"), elicitation.pk)


def refuse_unless_draft(version: ModelVersion) -> None:
    if version.state != ModelVersion.State.DRAFT:
        raise VersionNotDraft("The model version is no longer a draft, so its weights cannot change.")


def refuse_changed_nodes(elicitation: WeightElicitation, version: ModelVersion) -> None:
    """Refuse when the draft has other children below a node than experts were asked to weigh; say which."""
    if found := changes(parsed(version), elicitation.asked):
        raise NodesChanged(found)
