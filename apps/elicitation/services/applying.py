"""From judgements to the draft's document, which then explains its weights by itself."""

from copy import deepcopy
from datetime import datetime
from typing import Any

from django.db import transaction

from apps import audit
from apps.accounts import authz
from apps.accounts.models import User
from apps.core import events
from apps.core.locking import lock
from apps.elicitation import judgement_values
from apps.elicitation.models import Judgement, WeightElicitation
from apps.elicitation.question_snapshot import AskedNode
from apps.elicitation.services.guards import (
    ElicitationNotReady,
    locked,
    refuse_changed_nodes,
    refuse_unless_draft,
)
from apps.models.models import ModelVersion, ResilienceModel
from apps.models.services import parsed, update_draft


@transaction.atomic
def apply_weights(elicitation: WeightElicitation, *, acting_user: User | None, now: datetime) -> WeightElicitation:
    """Write every judgement that was sent into the draft's ``weights``, by parent and without names.

    The engine combines them wherever the document goes. A node that nobody judged keeps the weights it has.
    Raises ``VersionNotDraft``, ``NodesChanged`` and ``ElicitationNotReady``, and changes nothing then.
    """
    elicitation = locked(elicitation)
    if elicitation.status != WeightElicitation.Status.CLOSED:
        raise ElicitationNotReady("Close the elicitation first. Until then, experts can change their judgements.")
    version = _locked_version(elicitation)
    authz.require(acting_user, "models:update", elicitation.version.model)
    refuse_unless_draft(version)
    refuse_changed_nodes(elicitation, version)
    steps = _steps(elicitation, version)
    if not steps:
        raise ElicitationNotReady("No expert has sent a judgement yet, so there is nothing to apply.")
    document = deepcopy(version.document)
    document["weights"] = {**document.get("weights", {}), **steps}
    changed = update_draft(version, document, acting_user=acting_user, now=now)
    elicitation.applied_at = now
    elicitation.save(update_fields=["applied_at"])
    details = {"nodes": sorted(steps), "version": str(changed.pk), "digest": changed.digest}
    audit.record("elicitation.applied", now=now, target=elicitation, actor=acting_user, details=details)
    payload = {"elicitation_id": str(elicitation.pk), "version_id": str(changed.pk)}
    events.publish("elicitation.applied", payload, now=now)
    return elicitation


def _locked_version(elicitation: WeightElicitation) -> ModelVersion:
    """The version, under the lock of its resilience model: whoever changes a version holds that."""
    lock(ResilienceModel.objects.filter(pk=elicitation.version.model_id))
    return ModelVersion.objects.get(pk=elicitation.version_id)


def _steps(elicitation: WeightElicitation, version: ModelVersion) -> dict[str, dict[str, Any]]:
    rows = Judgement.objects.filter(expert__elicitation=elicitation, sent__isnull=False).order_by("expert_id")
    sent: dict[str, list[Any]] = {}
    for judgement in rows:
        sent.setdefault(judgement.node, []).append(judgement.sent)
    return {
        node.code: _step(elicitation, node, version, sent[node.code]) for node in elicitation.asked if node.code in sent
    }


def _step(elicitation: WeightElicitation, node: AskedNode, version: ModelVersion, sent: list[Any]) -> dict[str, Any]:
    """One row a judgement, its columns in the order that the children have in the draft now.

    Rows are in the order of what they say, so that their place does not tell whose they are.
    """
    codes = [child.code for child in parsed(version).nodes[node.code].children]
    rows = sorted(judgement_values.row_of(elicitation.method, codes, one) for one in sent)
    return judgement_values.step_of(elicitation.method, rows)
