"""An elicitation's life: draft, open, closed."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from apps import audit
from apps.accounts import authz
from apps.accounts.models import User
from apps.core import events, moments
from apps.core.errors import Invalid, Problem, Refused
from apps.elicitation import judgement_values, question_snapshot
from apps.elicitation.models import Expert, Judgement, WeightElicitation
from apps.elicitation.services.experts import invite
from apps.elicitation.services.guards import (
    ElicitationNotReady,
    NodesChanged,
    locked,
    refuse_changed_nodes,
    refuse_unless_draft,
)
from apps.models.models import ModelVersion
from apps.models.services import parsed
from apps.notifications import services as notifications
from apps.notifications.about import About
from apps.outreach import services as outreach
from resimate_text.sentences import Sentence, paragraph

DRAFT, OPEN, CLOSED = WeightElicitation.Status.DRAFT, WeightElicitation.Status.OPEN, WeightElicitation.Status.CLOSED

__all__ = ["ElicitationNotReady", "NodesChanged"]


class NobodyToRemind(Refused):
    code = "nobody_to_remind"
    title = "There is no expert to remind"


@transaction.atomic
def create_elicitation(
    *,
    name: str,
    version: ModelVersion,
    method: str,
    nodes: Sequence[str],
    introduction: str = "",
    answer_by: date | None = None,
    acting_user: User | None,
    now: datetime,
) -> WeightElicitation:
    """Prepare an elicitation for the children of the nodes with these codes; nobody hears of it before it is opened."""
    authz.require(acting_user, "models:update", version.model)
    refuse_unless_draft(version)
    _refuse_day(answer_by, now)
    elicitation = WeightElicitation.objects.create(
        name=name,
        introduction=introduction,
        version=version,
        method=method,
        nodes=_frozen(version, method, nodes),
        answer_by=answer_by,
        owner=acting_user,
        created_at=now,
    )
    audit.record("elicitation.created", now=now, target=elicitation, actor=acting_user)
    return elicitation


def _refuse_day(answer_by: date | None, now: datetime) -> None:
    if wrong := moments.problem_of_day(answer_by, now.date(), "/answer_by"):
        raise Invalid(wrong.detail, errors=[wrong])


def _frozen(version: ModelVersion, method: str, codes: Sequence[str]) -> list[question_snapshot.Json]:
    model = parsed(version)
    counts = {node.code: len(node.children) for node in question_snapshot.parents(model)}
    problems = [
        problem for place, code in enumerate(codes) if (problem := _problem(place, code, method, counts, codes[:place]))
    ]
    if not codes:
        problems = [Problem("/nodes", Sentence("Choose at least one node."), "required")]
    if problems:
        raise Invalid(paragraph(problem.detail for problem in problems), errors=problems)
    return question_snapshot.frozen(model, codes)


def _problem(place: int, code: str, method: str, counts: dict[str, int], before: Sequence[str]) -> Problem | None:
    if code in before:
        return Problem(f"/nodes/{place}", Sentence("{code!r} is named twice.", code=code), "duplicate")
    if code not in counts:
        detail = Sentence("There is no node {code!r} with at least two children.", code=code)
        return Problem(f"/nodes/{place}", detail, "unknown_node")
    if method == judgement_values.AHP and counts[code] > judgement_values.MOST_COMPARED:
        detail = Sentence(
            "{code!r} has {count} children, but at most {most} can be compared in pairs.",
            code=code,
            count=counts[code],
            most=judgement_values.MOST_COMPARED,
        )
        return Problem(f"/nodes/{place}", detail, "too_many")
    return None


@transaction.atomic
def change_elicitation(
    elicitation: WeightElicitation, changes: dict[str, Any], *, acting_user: User | None, now: datetime
) -> WeightElicitation:
    """Change a draft; what is asked stays as it is once somebody has judged it."""
    elicitation = locked(elicitation)
    if elicitation.status != DRAFT:
        raise ElicitationNotReady(
            "Only a draft elicitation can be changed. Once it is open, experts rely on what they were told."
        )
    asks_anew = changes.keys() & {"version", "method", "nodes"}
    if asks_anew and Judgement.objects.filter(expert__elicitation=elicitation).exists():
        raise ElicitationNotReady(
            "Judgements have already been entered, so the questions cannot change. Create a new elicitation."
        )
    if "answer_by" in changes:
        _refuse_day(changes["answer_by"], now)
    codes = changes.pop("nodes", None) or [node.code for node in elicitation.asked]
    for field, value in changes.items():
        setattr(elicitation, field, value)
    if asks_anew:
        authz.require(acting_user, "models:update", elicitation.version.model)
        refuse_unless_draft(elicitation.version)
        elicitation.nodes = _frozen(elicitation.version, elicitation.method, codes)
    elicitation.save()
    fields = sorted(asks_anew | changes.keys())
    audit.record("elicitation.changed", now=now, target=elicitation, actor=acting_user, details={"fields": fields})
    return WeightElicitation.objects.select_related("version__model").get(pk=elicitation.pk)


@transaction.atomic
def delete_elicitation(elicitation: WeightElicitation, *, acting_user: User | None, now: datetime) -> None:
    """Delete an elicitation with its experts and their judgements; weights that were applied stay in the document."""
    elicitation = locked(elicitation)
    if elicitation.status == OPEN:
        raise ElicitationNotReady("Experts are answering. Close the elicitation before you delete it.")
    audit.record("elicitation.deleted", now=now, target=elicitation, actor=acting_user)
    elicitation.delete()


@transaction.atomic
def open_elicitation(elicitation: WeightElicitation, *, acting_user: User | None, now: datetime) -> WeightElicitation:
    """Open a draft and write to its experts, but not to those whose judgements were entered on their behalf."""
    elicitation = locked(elicitation)
    if elicitation.status != DRAFT:
        raise ElicitationNotReady("Only a draft elicitation can be opened.")
    refuse_unless_draft(elicitation.version)
    refuse_changed_nodes(elicitation, elicitation.version)
    if not elicitation.experts.exists():
        raise ElicitationNotReady("Add at least one expert first.")
    elicitation.status, elicitation.opened_at = OPEN, now
    elicitation.save(update_fields=["status", "opened_at"])
    audit.record("elicitation.opened", now=now, target=elicitation, actor=acting_user)
    events.publish("elicitation.opened", {"elicitation_id": str(elicitation.pk)}, now=now)
    invite(elicitation, now=now)
    return elicitation


@transaction.atomic
def remind(elicitation: WeightElicitation, *, acting_user: User | None, now: datetime) -> int:
    """Remind those who have not sent their judgements: each at most once a day. Returns how many."""
    elicitation = locked(elicitation)
    if elicitation.status != OPEN:
        raise ElicitationNotReady("You can send reminders only while the elicitation is open.")
    day = outreach.day_of(now)
    silent = elicitation.experts.silent().order_by("pk")
    waiting = list(silent.filter(pk__in=outreach.unreminded(elicitation, silent, day=day)))
    if not waiting:
        raise NobodyToRemind("Everybody has sent their judgements or has already been reminded today.")
    outreach.remind(elicitation, waiting, day=day, now=now)
    details = {"count": len(waiting)}
    audit.record("elicitation.reminded", now=now, target=elicitation, actor=acting_user, details=details)
    return len(waiting)


@transaction.atomic
def close_elicitation(elicitation: WeightElicitation, *, acting_user: User | None, now: datetime) -> WeightElicitation:
    """Take no more judgements; those that were sent count."""
    elicitation = locked(elicitation)
    if elicitation.status != OPEN:
        raise ElicitationNotReady("Only an open elicitation can be closed.")
    elicitation.status, elicitation.closed_at = CLOSED, now
    elicitation.save(update_fields=["status", "closed_at"])
    notifications.cancel(About.of(elicitation), now=now)
    counted = Expert.objects.filter(elicitation=elicitation, sent_at__isnull=False).count()
    audit.record("elicitation.closed", now=now, target=elicitation, actor=acting_user, details={"experts": counted})
    events.publish("elicitation.closed", {"elicitation_id": str(elicitation.pk)}, now=now)
    return elicitation
