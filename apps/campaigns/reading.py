"""Reading across campaigns, responses and scores: progress, results, and the wave before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Count, Q

from apps.campaigns.models import Campaign
from apps.campaigns.services import of_model, with_spelling_of
from apps.core import degraded
from apps.core.errors import Invalid
from apps.core.parts import Missing
from apps.models import disclosure
from apps.models.models import Assessment, ReferenceSet, Score, ScoreRun
from apps.models.services import calculate, compared_with, counted_unit, parsed
from resimate_engine import Model, Node
from resimate_text.identity import folded


@dataclass(frozen=True, slots=True)
class GroupProgress:
    group: str
    people: int
    invited: int
    opened: int
    started: int
    submitted: int


def progress_by_group(campaign: Campaign) -> list[GroupProgress]:
    """How far each group is, however it is spelt; five counts in one query."""
    part = campaign.participations.filter(revoked_at=None)
    rows = (
        part.values("stakeholder__group")
        .annotate(
            people=Count("pk"),
            invited=Count("pk", filter=Q(invited_at__isnull=False)),
            opened=Count("pk", filter=Q(opened_at__isnull=False)),
            started=Count("pk", filter=Q(response__started_at__isnull=False)),
            submitted=Count("pk", filter=Q(response__submitted_at__isnull=False)),
        )
        .order_by("stakeholder__group")
    )
    spelt = [GroupProgress(row.pop("stakeholder__group"), **row) for row in rows]
    groups: dict[str, list[GroupProgress]] = {}
    for one in spelt:
        groups.setdefault(folded(one.group), []).append(one)
    return [replace(total(alike), group=alike[0].group) for alike in groups.values()]


def in_group(rows: Any, field: str, group: str) -> Any:
    """The rows whose group is this one, however it is spelt."""
    spellings = rows.order_by(field).values_list(field, flat=True).distinct()
    return rows.filter(**{f"{field}__in": with_spelling_of(group, spellings)})


def unweighed_groups(campaign: Campaign, groups: Sequence[GroupProgress]) -> list[GroupProgress]:
    """The groups of people that a model which weighs groups does not know: their answers do not count."""
    weighed = {folded(name) for name in of_model(campaign.version)}
    return [one for one in groups if weighed and folded(one.group) not in weighed]


def total(groups: Sequence[GroupProgress]) -> GroupProgress:
    counts = [sum(getattr(one, name) for one in groups) for name in GroupProgress.__slots__[1:]]
    return GroupProgress("", *counts)


@dataclass(frozen=True, slots=True)
class NodeResult:
    """One dimension or indicator; ``level`` is 0 for the whole."""

    code: str
    name: str
    level: int
    value: float | None
    coverage: float | None
    weight: float | None
    previous: float | None = None


@dataclass(frozen=True, slots=True)
class GroupResult:
    """A group's overall score; hidden when too few answered, or when it would give a hidden group away."""

    group: str
    raters: int
    value: float | None
    hidden: bool


@dataclass(frozen=True, slots=True)
class Results:
    campaign: Campaign
    model: Model
    run: ScoreRun
    previous_campaign: Campaign | None
    previous_run: ScoreRun | None
    nodes: tuple[NodeResult, ...]
    groups: tuple[GroupResult, ...]
    sent: int
    reference: ReferenceSet | None = None

    @property
    def dimensions(self) -> tuple[NodeResult, ...]:
        return tuple(node for node in self.nodes if node.level == 1)


def results_of(campaign: Campaign, language: str) -> Results | None:
    """The scores of the campaign's latest release; None before the first."""
    assessment = _assessment(campaign)
    if assessment is None or assessment.latest_run is None:
        return None
    model = parsed(campaign.version)
    run = assessment.latest_run
    run.assessment = assessment
    before = previous_wave(campaign)
    previous_run = before.assessment.latest_run if before and before.assessment else None
    values = {score.node: score for score in run.scores.all()}
    earlier = _values(previous_run)
    nodes = tuple(
        _node(node, level, values.get(node.code), earlier.get(node.code), language, model)
        for node, level in _levels(model.root, 0)
    )
    groups = tuple(_groups(assessment, model))
    reference = compared_with(run) if model.relative else None
    sent = disclosure.sent_to(assessment)
    return Results(campaign, model, run, before, previous_run, nodes, groups, sent, reference)


@dataclass(frozen=True, slots=True)
class Remarks:
    """What people wrote beside their answers to one question, in an order drawn by lot."""

    question: str
    comments: tuple[str, ...]


def remarks_on(campaign: Campaign, language: str) -> list[Remarks]:
    """The comments of a closed campaign by question, of questions that enough people have answered.

    Nothing says whose a comment is, of which group, or which other comment is by the same person.
    """
    assessment = _assessment(campaign)
    if assessment is None or not disclosure.is_final(assessment):
        return []
    model = parsed(campaign.version)
    written = disclosure.comments_in(assessment)
    return [
        Remarks(model.text(placed.question.text, language, otherwise=placed.question.code), tuple(comments))
        for placed in model.questions
        if (comments := written.get(placed.question.code))
    ]


def waits_for_worker(campaign: Campaign) -> Missing | None:
    """Return since when no worker has been seen, if a score is due that none has calculated yet."""
    worker = degraded.missing("worker")
    if worker is None or campaign.assessment_id is None:
        return None
    assessment = Assessment.objects.only("state", "least_people").get(pk=campaign.assessment_id)
    return worker if disclosure.is_waiting(assessment) else None


def previous_wave(campaign: Campaign) -> Campaign | None:
    """The campaign before this one that was closed: same subject, same resilience model, whatever the version."""
    closed = Campaign.objects.filter(
        status=Campaign.Status.CLOSED,
        subject=campaign.subject_id,
        version__model=campaign.version.model_id,
        assessment__latest_run__isnull=False,
        opened_at__lt=campaign.opened_at,
    )
    related = closed.select_related("assessment__latest_run").defer("assessment__values")
    return related.exclude(pk=campaign.pk).order_by("-closed_at").first()


def _assessment(campaign: Campaign) -> Assessment | None:
    if campaign.assessment_id is None:
        return None
    rows = Assessment.objects.select_related("latest_run", "subject", "version").defer("version__document")
    return rows.filter(pk=campaign.assessment_id).first()


def _values(run: ScoreRun | None) -> dict[str, float | None]:
    return dict(Score.objects.filter(run=run).values_list("node", "value")) if run else {}


def _levels(node: Node, level: int) -> list[tuple[Node, int]]:
    below = [pair for child in node.children for pair in _levels(child, level + 1)]
    return [(node, level), *below]


def _node(
    node: Node, level: int, score: Score | None, previous: float | None, language: str, model: Model
) -> NodeResult:
    return NodeResult(
        node.code,
        node.title(language, model.language),
        level,
        score.value if score else None,
        score.coverage if score else None,
        score.weight if score else None,
        previous,
    )


def _groups(assessment: Assessment, model: Model) -> list[GroupResult]:
    """Each group's score from its own raters alone, once nothing changes any more.

    A relative model compares subjects, so there it has no groups.
    """
    run = assessment.latest_run
    is_whole = run is not None and model.root.code in (run.disclosed or {})
    if model.relative or not disclosure.is_final(assessment) or not is_whole:
        return []
    unit = counted_unit(assessment)
    spelt: dict[str, str] = {}
    by_group: dict[str, list[Any]] = {}
    for response in unit["responses"]:
        written = response["group"] or ""
        by_group.setdefault(spelt.setdefault(folded(written), written), []).append(response)
    if len(by_group) < 2:
        return []
    hidden = disclosure.groups_to_hide(model, by_group, assessment.least_people)
    large_enough = {group: responses for group, responses in by_group.items() if group not in hidden}
    scores = _scores(model, unit, large_enough)
    return [
        GroupResult(group, len(responses), scores.get(group), group in hidden)
        for group, responses in sorted(by_group.items())
    ]


def _scores(model: Model, unit: dict[str, Any], shown: dict[str, list[Any]]) -> dict[str, float | None]:
    units = [
        {"id": f"g{number}", "values": unit["values"], "responses": responses}
        for number, responses in enumerate(shown.values())
    ]
    if not units:
        return {}
    try:
        results = calculate(model, units)["results"]
    except Invalid:
        return {}
    return {group: result["score"] for group, result in zip(shown, results, strict=True)}
