"""Reference sets: the units that a relative model compares with, frozen under the fingerprint of what they hold."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

import resimate_engine as engine
from apps import audit
from apps.accounts import authz
from apps.accounts.models import User
from apps.core import events
from apps.core.errors import Invalid, Problem, Refused
from apps.core.fields import fingerprint
from apps.core.sizes import LARGEST_REFERENCE_SET, megabytes
from apps.keys.models import SubjectKey
from apps.models import disclosure
from apps.models.calculating import MOST_UNITS
from apps.models.documents import problems_of
from apps.models.models import Assessment, ModelVersion, ReferenceSet, ScoreInput, ScoreRun
from apps.models.services import budgets
from apps.models.services.documents import parsed
from apps.models.services.scoring import units_of
from apps.models.services.seen import unseen
from apps.models.services.spellings import periods_spelt
from resimate_engine.canonical import EXACT, canonical, digest
from resimate_text.sentences import Sentence

Unit = Mapping[str, Any]


class ReferenceSetTooLarge(Refused):
    code = "too_large"
    status = 413
    title = "The request is too large"


class NothingToFreeze(Refused):
    code = "nothing_to_freeze"
    status = 422
    title = "There is nothing to freeze"


@transaction.atomic
def freeze_reference_set(
    version: ModelVersion, name: str, units: Any, *, acting_user: User | None, now: datetime
) -> tuple[ReferenceSet, bool]:
    """Keep units for a published version of a relative model to compare with, for ever; they are what a calculation
    takes.

    Returns the set and whether it is new: the same content is kept once, under the name that it got first.
    """
    _refuse_unseen(version, acting_user)
    return _freeze(version, name, _checked(version, units), {}, acting_user, now)


def _refuse_unseen(version: ModelVersion, acting_user: User | None) -> None:
    authz.require(acting_user, "assessments:create")
    if refused := list(unseen(acting_user, version=version)):
        raise Invalid("There is no such version.", errors=refused)


@transaction.atomic
def freeze_period(
    version: ModelVersion,
    name: str,
    period: str,
    *,
    acting_user: User | None,
    now: datetime,
) -> tuple[ReferenceSet, bool]:
    """Keep the latest assessment of every subject in a period, with the responses that were submitted.

    Of those that the user may read; ones without a value and an answer are left out.
    """
    _refuse_unseen(version, acting_user)
    _refuse_unusable(version)
    among = authz.seen_by(acting_user, Assessment.objects.all(), "assessments:read")
    period = periods_spelt([(version.pk, period)])[version.pk, period]
    rows = among.filter(version=version, period=period).select_related("subject")
    latest = list(rows.order_by("subject_id", "-pk").distinct("subject_id")[: MOST_UNITS + 1])
    _refuse_unfinished(latest)
    units = [unit for unit in units_of(latest) if unit["values"] or unit["responses"]]
    if not units:
        problem = Problem("/period", Sentence("has no values and no submitted answers"), "nothing_to_freeze")
        raise NothingToFreeze("No assessment in this period has values or submitted answers.", errors=[problem])
    source = {"period": period, "assessments": len(units)}
    return _freeze(version, name, _checked(version, units), source, acting_user, now)


def _refuse_unfinished(assessments: Sequence[Assessment]) -> None:
    """Two sets of one campaign, of before and after somebody sent their answers anew, would show which are theirs."""
    if any(one.confidential and not disclosure.is_at_its_end(one) for one in assessments):
        detail = Sentence("a campaign in this period is open, or its final score has not been calculated yet")
        problem = Problem("/period", detail, "still_open")
        raise NothingToFreeze("The answers of a campaign can be frozen only once it is closed.", errors=[problem])


def _freeze(
    version: ModelVersion,
    name: str,
    units: Sequence[Unit],
    source: Mapping[str, Any],
    acting_user: User | None,
    now: datetime,
) -> tuple[ReferenceSet, bool]:
    content = {
        "name": name,
        "key": SubjectKey.objects.create,
        "units": units,
        "unit_count": len(units),
        "source": source,
        "created_at": now,
        "created_by": acting_user.pk if acting_user else None,
    }
    frozen, is_new = ReferenceSet.objects.defer("units").get_or_create(
        version=version, digest=fingerprint(digest(units)), defaults=content
    )
    if is_new:
        details = {"version": str(version.pk), "digest": frozen.digest, "units": len(units), **source}
        audit.record("reference_set.frozen", now=now, actor=acting_user, target=frozen, details=details)
        payload = {"reference_set_id": str(frozen.pk), "version_id": str(version.pk)}
        events.publish("reference_set.frozen", payload, now=now)
    return frozen, is_new


def _checked(version: ModelVersion, units: Any) -> list[Unit]:
    """Return what is kept of the units, in the order of their ids; the engine itself says what is wrong with them."""
    _refuse_unusable(version)
    model = parsed(version)
    problems = list(_problems(model, units))
    if problems:
        raise Invalid("These units cannot be a reference set.", errors=problems)
    kept = sorted((_kept(model, unit) for unit in units), key=lambda unit: str(unit["id"]))
    if len(canonical(kept)) > LARGEST_REFERENCE_SET:
        raise ReferenceSetTooLarge(
            Sentence("A reference set can be at most {most} MB.", most=megabytes(LARGEST_REFERENCE_SET))
        )
    return kept


def _refuse_unusable(version: ModelVersion) -> None:
    problem = None
    if version.state != ModelVersion.State.PUBLISHED:
        problem = Problem(
            "/version", Sentence("only a published version can have reference sets"), "version_not_published"
        )
    elif not parsed(version).relative:
        problem = Problem("/version", Sentence("this version does not compare units with each other"), "not_relative")
    elif ranking := ranking_node(parsed(version)):
        detail = Sentence(
            "{node} ranks the units of a call against each other, and a reference set cannot replace them",
            node=ranking.code,
        )
        problem = Problem("/version", detail, "ranks_units")
    if problem:
        raise Invalid("This version cannot have a reference set.", errors=[problem])


def ranking_node(model: engine.Model) -> engine.Node | None:
    """Return the first node whose aggregation ranks units against each other."""
    return next((one for one in model.nodes.values() if one.aggregation and one.aggregation.method.relative), None)


def _problems(model: engine.Model, units: Any) -> Iterator[Problem]:
    if isinstance(units, list) and not 1 <= len(units) <= MOST_UNITS:
        detail = Sentence(
            "a reference set must have 1 to {most:,} units, not {given:,}", most=MOST_UNITS, given=len(units)
        )
        yield Problem("/units", detail, "bad_length")
        return
    try:
        results = budgets.score(model, units, {"include": []})
    except engine.DataInvalid as error:
        yield from problems_of(error.problems)
        return
    for warning in results.warnings:
        if warning["code"] == "unknown_input":
            yield Problem("/units", warning["detail"], warning["code"])


def _kept(model: engine.Model, unit: Unit) -> Unit:
    """Return what the engine needs of a unit, in one spelling. It needs no names of raters, so none are kept."""
    observed = {item.name for item in model.inputs} | {leaf.code for leaf in model.leaves}
    kept = {
        "group": unit.get("group"),
        "values": _known(unit.get("values")),
        "previous": _known({name: value for name, value in (unit.get("previous") or {}).items() if name in observed}),
        "responses": _responses(model, unit),
    }
    return {"id": unit["id"], **{key: value for key, value in kept.items() if value}}


def _responses(model: engine.Model, unit: Unit) -> list[Unit]:
    """Responses in an order that says nothing of who gave them; with groups where groups have a weight."""
    counts_groups = any(leaf.indicator and leaf.indicator.rater_aggregation.name == "by_group" for leaf in model.leaves)
    kept = []
    for response in unit.get("responses") or ():
        group = response.get("group") if counts_groups else None
        kept.append(({"group": group} if group else {}) | {"answers": _known(response["answers"])})
    return sorted(kept, key=canonical)


def _known(given: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: _spelt(value) for name, value in (given or {}).items() if value is not None}


def _spelt(value: Any) -> Any:
    """Numbers in the one spelling that outlives the database, so that the digest of what is read is that of the set.

    >>> _spelt([5.0, -0.0, 0.1, 10**22, True, {"x": [2.0]}, "dont_know"])
    [5, 0, 0.1, 1e+22, True, {'x': [2]}, 'dont_know']
    """
    if isinstance(value, dict):
        return {key: _spelt(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_spelt(one) for one in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    number = float(value)
    return int(number) if number.is_integer() and abs(number) < EXACT else number


def compared_with(run: ScoreRun) -> ReferenceSet | None:
    """Return the reference set that a run compared with; None where it compared with a wave, or with nothing."""
    went_in = ScoreInput.objects.filter(digest=run.input_digest)
    return ReferenceSet.objects.defer("units").filter(pk__in=went_in.values("reference_set")).first()


def units_of_set(reference_set: ReferenceSet) -> list[dict[str, Any]]:
    """Return the units as a calculation takes them; the set has the fingerprint of their digest."""
    units: list[dict[str, Any]] = _spelt(reference_set.units)
    return units


def table_of_set(reference_set: ReferenceSet) -> Iterator[dict[str, Any]]:
    """Yield the units as rows of a data file: a row a unit where all is measured, else a row an answer.

    Raters are numbered: the set keeps no names of theirs.
    """
    model = parsed(reference_set.version)
    units = units_of_set(reference_set)
    if not model.questions:
        for unit in units:
            values = unit.get("values", {})
            measured = {item.name: values.get(item.name) for item in model.inputs}
            yield {"id": unit["id"], "group": unit.get("group"), **measured}
        return
    for unit in units:
        for rater, response in enumerate(unit.get("responses", ()), start=1):
            head = {"id": unit["id"], "rater": str(rater), "group": response.get("group")}
            yield from (head | {"question": name, "value": value} for name, value in response["answers"].items())
