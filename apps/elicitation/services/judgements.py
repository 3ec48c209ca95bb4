"""Judgements: saved as an expert goes, sent when whole, or entered on experts' behalf."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from apps import audit
from apps.accounts.models import User
from apps.core.errors import Invalid, Problem, Refused
from apps.core.locking import all_locked
from apps.core.locking import locked as locked_row
from apps.elicitation import judgement_file, judgement_values
from apps.elicitation.judgement_file import Read
from apps.elicitation.models import Expert, Judgement, WeightElicitation
from apps.elicitation.question_snapshot import AskedNode
from apps.elicitation.services.experts import by_address
from apps.elicitation.services.guards import ElicitationNotReady, locked
from apps.outreach import services as outreach
from resimate_text.sentences import Sentence


class NothingToSend(Refused):
    code = "judgements_not_whole"
    title = "The judgements cannot be sent yet"
    status = 422


@dataclass(frozen=True, slots=True)
class Entry:
    """One whole judgement of one expert; ``at`` points at where it stood in what was sent."""

    expert: Expert
    node: str
    value: Mapping[str, Any]
    at: str = ""


@transaction.atomic
def save_judgement(
    expert: Expert, node: AskedNode, value: Mapping[str, Any], *, seen: str | None, now: datetime
) -> tuple[Judgement, bool]:
    """Keep what the expert has answered so far, gaps and all; what was sent before still counts.

    ``seen`` is the state that the answer was given on. Returns the judgement as it is now, and whether this was
    saved: it is not when another device has saved something else since.
    """
    known, is_new = Judgement.objects.get_or_create(
        expert=expert, node=node.code, defaults={"value": value, "saved_at": now}
    )
    known = known if is_new else locked_row(Judgement.objects.all(), known.pk)
    if is_new or known.value == value:
        return known, True
    if seen is not None and seen != known.saved_at.isoformat():
        return known, False
    known.value, known.saved_at = dict(value), now
    known.save(update_fields=["value", "saved_at"])
    return known, True


@transaction.atomic
def send_judgements(expert: Expert, *, now: datetime) -> Expert:
    """Let what the expert has saved count, in the place of what was sent before.

    A node of which nothing was answered is left out; one with gaps refuses the whole.
    """
    elicitation = locked_row(WeightElicitation.objects.all(), expert.elicitation_id)
    if elicitation.status != WeightElicitation.Status.OPEN:
        raise ElicitationNotReady("The elicitation no longer accepts judgements.")
    saved = {judgement.node: judgement for judgement in all_locked(expert.judgements.all())}
    complete = [
        node
        for node in elicitation.asked
        if node.code in saved and not judgement_values.is_empty(saved[node.code].value)
    ]
    with_gaps = [
        node.code
        for node in complete
        if not judgement_values.is_whole(elicitation.method, node, saved[node.code].value)
    ]
    if with_gaps or not complete:
        problems = [Problem(f"/{code}", Sentence("is not complete"), "incomplete") for code in with_gaps]
        raise NothingToSend("Complete the judgements you have started, then send them.", errors=problems)
    for judgement in saved.values():
        judgement.sent = judgement.value if judgement.node in {node.code for node in complete} else None
    Judgement.objects.bulk_update(saved.values(), ["sent"])
    outreach.withdraw_reminders(expert, now=now)
    return _mark_sent(expert, now)


def _mark_sent(expert: Expert, now: datetime) -> Expert:
    expert.sent_at = now
    expert.save(update_fields=["sent_at"])
    audit.record("expert.judged", now=now, target=expert)
    return expert


@transaction.atomic
def enter_judgements(
    elicitation: WeightElicitation, entries: Sequence[Entry], *, acting_user: User | None, now: datetime
) -> list[Judgement]:
    """Enter whole judgements on experts' behalf, all of them or none; they count at once.

    They take the place of what the expert had for the same node.
    """
    elicitation = locked(elicitation)
    if not elicitation.takes_judgements:
        raise ElicitationNotReady("The elicitation is closed and no longer accepts judgements.")
    problems = _problems(elicitation, entries)
    if problems:
        raise Invalid("Some of the judgements are not valid.", errors=problems)
    experts = {entry.expert.pk: entry.expert for entry in entries}
    Judgement.objects.bulk_create(
        [
            Judgement(expert=entry.expert, node=entry.node, value=entry.value, sent=entry.value, saved_at=now)
            for entry in entries
        ],
        update_conflicts=True,
        unique_fields=["expert", "node"],
        update_fields=["value", "sent", "saved_at"],
    )
    Expert.objects.filter(pk__in=experts).update(sent_at=now)
    details = {"experts": [str(pk) for pk in experts], "nodes": sorted({entry.node for entry in entries})}
    audit.record("elicitation.judgements_entered", now=now, target=elicitation, actor=acting_user, details=details)
    keys = {(entry.expert.pk, entry.node) for entry in entries}
    rows = Judgement.objects.filter(expert__in=experts, node__in=details["nodes"]).select_related("expert")
    return [judgement for judgement in rows.order_by("pk") if (judgement.expert_id, judgement.node) in keys]


def _problems(elicitation: WeightElicitation, entries: Iterable[Entry]) -> list[Problem]:
    nodes = {node.code: node for node in elicitation.asked}
    found: list[Problem] = []
    seen: set[tuple[Any, str]] = set()
    for entry in entries:
        if entry.node not in nodes:
            detail = Sentence("experts are not asked about {node!r}", node=entry.node)
            found.append(Problem(f"{entry.at}/node", detail, "unknown_node"))
            continue
        if (entry.expert.pk, entry.node) in seen:
            found.append(
                Problem(f"{entry.at}/node", Sentence("this expert has two judgements of this node"), "duplicate")
            )
        seen.add((entry.expert.pk, entry.node))
        found += [
            Problem(entry.at + one.pointer, one.detail, one.code)
            for one in judgement_values.problems(elicitation.method, nodes[entry.node], entry.value)
        ]
    return found


@transaction.atomic
def import_judgements(
    elicitation: WeightElicitation, text: str, *, dry_run: bool, acting_user: User | None, now: datetime
) -> dict[str, Any]:
    """Enter the judgements of a CSV file on experts' behalf, all or none; a dry run only says whether it would do.

    Pointers name the line and the column: ``/csv/3/points``.
    """
    codes = [code for node in elicitation.asked for code in (node.code, *node.codes)]
    read, notes = judgement_file.read(elicitation.method, text, codes)
    expert_of = by_address(elicitation)
    experts = {judgement.email: expert_of(judgement.email) for judgement in read}
    problems = [
        Problem(
            f"/csv/{judgement.line}/email",
            Sentence("there is no expert with the address {email!r}: add them first", email=judgement.email),
            "unknown_expert",
        )
        for judgement in read
        if experts[judgement.email] is None
    ]
    problems += _problems_of_file(elicitation, read)
    if problems:
        raise Invalid("The file cannot be used as it is.", errors=problems)
    entries = [
        Entry(expert, judgement.node, judgement.value) for judgement in read if (expert := experts[judgement.email])
    ]
    made = enter_judgements(elicitation, entries, acting_user=acting_user, now=now)
    transaction.set_rollback(dry_run)
    experts_judged = len({entry.expert.pk for entry in entries})
    return {"dry_run": dry_run, "experts": experts_judged, "judgements": len(made), "warnings": notes}


def _problems_of_file(elicitation: WeightElicitation, read: Iterable[Read]) -> list[Problem]:
    nodes = {node.code: node for node in elicitation.asked}
    problems = []
    for judgement in read:
        if judgement.node not in nodes:
            detail = Sentence("experts are not asked about {node!r}", node=judgement.node)
            problems.append(Problem(f"/csv/{judgement.line}/node", detail, "unknown_node"))
            continue
        problems += [
            Problem(judgement.place_of(problem.pointer), problem.detail, problem.code)
            for problem in judgement_values.problems(elicitation.method, nodes[judgement.node], judgement.value)
        ]
    return problems
