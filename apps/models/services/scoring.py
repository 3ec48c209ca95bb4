"""From stored answers and values to stored scores: a few reads, one calculation and a handful of writes, for one
assessment as for hundreds."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, Q, Subquery

import resimate_engine as engine
from apps import audit
from apps.core import events
from apps.core.bulk_insert import insert_values
from apps.core.errors import Gone, Invalid
from apps.core.fields import fingerprint, new_id
from apps.core.locking import all_locked
from apps.models import disclosure, metrics
from apps.models.answers import values_of
from apps.models.documents import problems_of
from apps.models.models import Assessment, ReferenceSet, Response, Score, ScoreInput, ScoreRun
from apps.models.sealed import said
from apps.models.services import budgets, result_cache
from apps.models.services.documents import parsed
from apps.models.services.inputs import CalculationInput, store_inputs, units_of_input

Unit = dict[str, Any]
#: Which responses the releases count that are due: by assessment.
Releases = Mapping[UUID, Collection[UUID]]


@dataclass(frozen=True, eq=False)
class Basis:
    """What assessments are scored by: a model and, if it compares them with one, a reference set."""

    model: engine.Model
    reference_set: ReferenceSet | None = None

    @cached_property
    def options(self) -> Mapping[str, Any]:
        return {"reference": self.reference_set.units} if self.reference_set else {}

    @cached_property
    def digest_of(self) -> Callable[[Sequence[Unit]], str]:
        return engine.input_digests(self.model, self.options)

    @property
    def scores_units_alone(self) -> bool:
        """Whether a unit scores the same whatever other units are calculated with it."""
        return self.reference_set is not None or not self.model.relative


@dataclass(frozen=True)
class ScoringCase:
    """What gives one assessment its score: the calculation's input, and which of its units the assessment is."""

    assessment: Assessment
    basis: Basis
    unit: str
    units: Sequence[Unit]

    @cached_property
    def digest(self) -> str:
        """The fingerprint of what is calculated."""
        return fingerprint(self.basis.digest_of(self.units))

    @property
    def is_done(self) -> bool:
        """Whether the latest run had the very same input."""
        latest = self.assessment.latest_run
        return latest is not None and latest.input_digest == self.digest

    @property
    def own(self) -> Unit:
        return next(unit for unit in self.units if unit["id"] == self.unit)


def score_assessment(assessment: Assessment, *, now: datetime, requested_by: UUID | None = None) -> ScoreRun:
    """Calculate the scores of one assessment, and keep them: see :func:`score_assessments`.

    Raises ``NotReleased`` for a confidential one of which nothing may be seen yet.
    """
    runs = score_assessments([assessment], now=now, requested_by=requested_by)
    if not runs:
        raise disclosure.NotReleased(assessment.least_people)
    return runs[0]


@transaction.atomic
def score_assessments(
    assessments: Iterable[Assessment], *, now: datetime, requested_by: UUID | None = None
) -> list[ScoreRun]:
    """Calculate the scores of assessments from the responses that were submitted, and keep them: all or none.

    Returns the latest run of each. The same input scores only once: when nothing has changed since the latest run, that
    run is the answer. A confidential assessment is scored when a release is due and never between, so that there is
    nothing to be seen that was not released; without a release it has no run.
    """
    wanted = [assessment.pk for assessment in assessments]
    locked = _locked(wanted)
    releases = {assessment.pk: disclosure.due_release(assessment) for assessment in locked if assessment.confidential}
    due = [assessment for assessment in locked if not assessment.confidential or releases[assessment.pk]]
    fresh = [case for case in _cases(due, releases) if not case.is_done]
    runs = {assessment.pk: assessment.latest_run for assessment in locked if assessment.latest_run is not None}
    runs |= _made(fresh, now=now, requested_by=requested_by) if fresh else {}
    counted = [pk for case in fresh for pk in releases.get(case.assessment.pk, ())]
    Response.objects.filter(pk__in=counted).update(is_counted=True)
    return [runs[pk] for pk in wanted if pk in runs]


def _made(fresh: Sequence[ScoringCase], *, now: datetime, requested_by: UUID | None) -> dict[UUID, ScoreRun]:
    """Score and keep, and say by metrics what came out and what one of them took."""
    began = time.perf_counter()
    runs = _keep(fresh, _results(fresh), now=now, requested_by=requested_by)
    seconds = (time.perf_counter() - began) / len(fresh)
    for run in runs.values():
        metrics.SCORES.labels("none" if run.score is None else "scored").inc()
        metrics.SCORE_SECONDS.observe(seconds)
    return runs


def _locked(wanted: Sequence[UUID]) -> list[Assessment]:
    """The latest run is read under the lock: so whoever waited sees the run that somebody else has just made."""
    rows = Assessment.objects.select_related("version", "subject", "latest_run", "reference_set__key")
    rows = rows.defer("version__document", "reference_set__units")
    found = list(all_locked(rows.filter(pk__in=wanted), no_key=True))
    if len(found) < len(set(wanted)):
        raise Gone("It no longer exists.")
    return found


def _cases(assessments: Sequence[Assessment], releases: Releases) -> Iterator[ScoringCase]:
    """Say what each assessment's score is calculated from.

    A relative model compares units: with those of the reference set if the assessment has one, else with the latest
    assessment of every other subject, by the same version in the same period. Of a confidential one the others are
    compared with what was released and shown, whatever release of its own is due at the same moment.
    """
    bases: dict[tuple[UUID, UUID | None], Basis] = {}
    alone: list[Assessment] = []
    waves: dict[tuple[UUID, str], list[Assessment]] = {}
    for assessment in assessments:
        basis = bases.setdefault(_basis_key(assessment), Basis(parsed(assessment.version), assessment.reference_set))
        (
            alone if basis.scores_units_alone else waves.setdefault((assessment.version_id, assessment.period), [])
        ).append(assessment)
    for assessment, unit in zip(alone, units_of(alone, releases), strict=True):
        yield ScoringCase(assessment, bases[_basis_key(assessment)], unit["id"], [unit])
    for wave in waves.values():
        yield from _cases_of_wave(bases[_basis_key(wave[0])], wave, releases)


def _basis_key(assessment: Assessment) -> tuple[UUID, UUID | None]:
    return assessment.version_id, assessment.reference_set_id


def _cases_of_wave(basis: Basis, assessments: Sequence[Assessment], releases: Releases) -> Iterator[ScoringCase]:
    rows = Assessment.objects.filter(version=assessments[0].version_id, period=assessments[0].period)
    latest = list(rows.select_related("subject").order_by("subject_id", "-pk").distinct("subject_id"))
    wave = dict(zip((one.pk for one in latest), units_of(latest), strict=True))
    together = _in_order(wave.values())
    for assessment in assessments:
        if assessment.pk in wave and not releases.get(assessment.pk):
            yield ScoringCase(assessment, basis, assessment.subject.code, together)
        else:  # a later one of its subject has its place in the wave, or it alone is seen with its release whole
            (own,) = units_of([assessment], releases)
            others = [unit for unit in together if unit["id"] != own["id"]]
            yield ScoringCase(assessment, basis, own["id"], _in_order([own, *others]))


def _in_order(units: Iterable[Unit]) -> list[Unit]:
    """The order changes no result, so one order lets a whole wave share one calculation."""
    return sorted(units, key=lambda unit: str(unit["id"]))


def units_of(assessments: Sequence[Assessment], releases: Releases | None = None) -> list[Unit]:
    """Return assessments as units of a calculation, with the responses that were submitted.

    Of confidential ones these are the responses of the release that is due, else what the latest release has shown.
    """
    due = {pk for pks in (releases or {}).values() for pk in pks}
    plain = [assessment.pk for assessment in assessments if not assessment.confidential]
    units = {assessment.pk: _unit(assessment, []) for assessment in assessments}
    counts = Q(assessment__in=plain, submitted_at__isnull=False) | Q(pk__in=due, assessment__in=units)
    for pk, response in _answered(counts):
        units[pk]["responses"].append(response)
    for assessment in assessments:
        if assessment.confidential:
            of_release = bool(releases and releases.get(assessment.pk))
            units[assessment.pk] = (
                _released(assessment, units[assessment.pk]) if of_release else _shown_unit(assessment)
            )
    return list(units.values())


def _unit(assessment: Assessment, responses: Sequence[Any]) -> Unit:
    subject = assessment.subject
    return {
        "id": subject.code,
        "group": subject.group or None,
        "values": assessment.values,
        "responses": list(responses),
    }


def _released(assessment: Assessment, unit: Unit) -> Unit:
    named = disclosure.grouped(unit["responses"], parsed(assessment.version), assessment.least_people)
    return {**unit, "responses": named}


def counted_unit(assessment: Assessment) -> Unit:
    """A confidential assessment with whom its last release counts, and every group: only to calculate from."""
    counted = Q(assessment=assessment, is_counted=True)
    return _unit(assessment, [response for _, response in _answered(counted)])


def _answered(which: Q) -> Iterator[tuple[UUID, dict[str, Any]]]:
    """Yield responses as calculations take them, each with the id of its assessment."""
    rows = Response.objects.filter(which).order_by("rater")
    for assessment, rater, group, entries in said(rows, "assessment", "rater", "group", few_in_memory=False):
        yield assessment, {"rater": rater, "group": group or None, "answers": values_of(entries)}


def _shown_unit(assessment: Assessment) -> Unit:
    """A confidential assessment as others are compared with it: its latest release, without what that withholds."""
    run = assessment.latest_run
    score_input = ScoreInput.objects.select_related("key").filter(digest=run.input_digest).first() if run else None
    own = (
        next((unit for unit in units_of_input(score_input) if unit["id"] == assessment.subject.code), None)
        if score_input
        else None
    )
    if run is None or own is None:
        return _unit(assessment, [])
    questions = disclosure.questions_shown(parsed(assessment.version), run)
    answers = [
        {**response, "answers": {code: value for code, value in response["answers"].items() if code in questions}}
        for response in own["responses"]
    ]
    return _unit(assessment, answers)


@dataclass(frozen=True, slots=True)
class Scored:
    """A unit's result, and its part of the time that the calculation took; no time when the cache had it."""

    result: engine.UnitResult
    duration_ms: float


def _results(cases: Sequence[ScoringCase]) -> list[Scored]:
    """Return each case's result: from the cache, or calculated together with those of the same basis."""
    cached = result_cache.look_up({(case.digest, case.unit) for case in cases})
    groups: dict[Basis | str, dict[str, ScoringCase]] = {}
    for case in cases:
        if (case.digest, case.unit) not in cached:
            shared_by = case.basis if case.basis.scores_units_alone else case.digest
            groups.setdefault(shared_by, {})[case.digest] = case
    fresh = {key: scored for group in groups.values() for key, scored in _calculated(list(group.values()))}
    result_cache.store({key: scored.result for key, scored in fresh.items()})
    scored_by_key = {key: Scored(result, 0.0) for key, result in cached.items()} | fresh
    return [scored_by_key[case.digest, case.unit] for case in cases]


def _calculated(cases: Sequence[ScoringCase]) -> Iterator[tuple[result_cache.Key, Scored]]:
    """Calculate once for all: any case of a wave holds all of its units, the others hold their own."""
    first, basis = cases[0], cases[0].basis
    alone = basis.scores_units_alone
    units = [{**case.own, "id": case.digest} for case in cases] if alone else first.units
    started = time.perf_counter()
    try:
        results = budgets.score(basis.model, units, basis.options).results
    except engine.DataInvalid as error:
        problems = problems_of(error.problems)
        raise Invalid("The stored answers cannot be scored.", errors=problems, more=error.more) from None
    duration_ms = (time.perf_counter() - started) * 1000 / len(results)
    by_unit = {result["id"]: result for result in results}
    if alone:
        return (((case.digest, case.unit), Scored(by_unit[case.digest], duration_ms)) for case in cases)
    return (((first.digest, unit), Scored(result, duration_ms)) for unit, result in by_unit.items())


def _keep(
    cases: Sequence[ScoringCase], results: Sequence[Scored], *, now: datetime, requested_by: UUID | None
) -> dict[UUID, ScoreRun]:
    """Store inputs, runs and scores; say in the trail and to whoever listens that they are there."""
    store_inputs(map(_input, cases))
    runs = [_run(case, scored, now, requested_by) for case, scored in zip(cases, results, strict=True)]
    ScoreRun.objects.bulk_create(runs)
    seen = [_seen(case, each.result, run.disclosed) for case, each, run in zip(cases, results, runs, strict=True)]
    scores = (score for run, result in zip(runs, seen, strict=True) for score in _scores(run, result))
    insert_values(Score, list(scores))
    latest = ScoreRun.objects.filter(pk__in=[run.pk for run in runs], assessment=OuterRef("pk"))
    scored = Assessment.objects.filter(pk__in=[run.assessment_id for run in runs])
    scored.update(latest_run=Subquery(latest.values("pk")))
    _tell(runs, now)
    return {run.assessment_id: run for run in runs}


def _input(case: ScoringCase) -> CalculationInput:
    is_wave = not case.basis.scores_units_alone
    return CalculationInput(case.digest, case.units, case.assessment.reference_set_id, is_wave)


def _tell(runs: Sequence[ScoreRun], now: datetime) -> None:
    """Many scores are one entry of the trail, and an event each."""
    details = [
        {"run": str(run.pk), "input_digest": run.input_digest, "engine_version": run.engine_version} for run in runs
    ]
    if len(runs) == 1:
        audit.record("score.calculated", now=now, target=runs[0].assessment, details=details[0])
    else:
        audit.record("score.calculated", now=now, details={"count": len(runs), "runs": details})
    payloads = [{"assessment_id": str(run.assessment_id), "run_id": str(run.pk)} for run in runs]
    events.publish_many("score.calculated", payloads, now=now)


def _run(case: ScoringCase, scored: Scored, now: datetime, requested_by: UUID | None) -> ScoreRun:
    disclosed = _disclosed(case, scored.result)
    result = _seen(case, scored.result, disclosed)
    before = _run_before(case.assessment)
    return ScoreRun(
        id=new_id(),
        assessment=case.assessment,
        number=before.number + 1 if before else 1,
        version=case.assessment.version,
        engine_version=engine.ENGINE_VERSION,
        input_digest=case.digest,
        unit=case.unit,
        score=result["score"],
        reason=result["reason"] or "",
        band=result["band"] or "",
        coverage=result["coverage"],
        rater_count=len(case.own["responses"]),
        duration_ms=scored.duration_ms,
        calculated_at=now,
        requested_by=requested_by,
        disclosed=disclosed,
    )


def _run_before(assessment: Assessment) -> ScoreRun | None:
    """The latest run, or the last of those that a confidential assessment keeps and does not show."""
    if assessment.latest_run is not None or not assessment.confidential:
        return assessment.latest_run
    return ScoreRun.objects.filter(assessment=assessment).order_by("number").last()


def _disclosed(case: ScoringCase, result: engine.UnitResult) -> dict[str, int] | None:
    """What a release may show; None where everything may be seen."""
    if not case.assessment.confidential:
        return None
    values = {code: node["value"] for code, node in result["nodes"].items()}
    earlier = disclosure.earlier_shown(case.assessment)
    final, least = disclosure.is_final(case.assessment), case.assessment.least_people
    return disclosure.nodes_shown(case.basis.model, case.own["responses"], values, earlier, final=final, least=least)


def _seen(case: ScoringCase, result: Mapping[str, Any], disclosed: Mapping[str, int] | None) -> Mapping[str, Any]:
    if disclosed is None:
        return result
    return disclosure.withheld_from(result, disclosed, case.basis.model.root.code)


def _scores(run: ScoreRun, result: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for code, node in result["nodes"].items():
        yield {
            "id": new_id(),
            "run_id": run.pk,
            "node": code,
            "value": node["value"],
            "coverage": node["coverage"],
            "weight": node["weight"],
            "flags": node["flags"],
            "reason": node["reason"] or "",
            "raters": node.get("raters"),
        }
