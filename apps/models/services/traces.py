"""Why a stored score is what it is, and the file by which anybody can calculate it again and compare."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator

import resimate_engine as engine
from apps.accounts import authz
from apps.core.errors import Invalid, Problem, Refused
from apps.core.fields import fingerprint
from apps.models import disclosure
from apps.models.models import Assessment, Response, ScoreInput, ScoreRun
from apps.models.services.calculations import calculate, explain
from apps.models.services.documents import model_of, parsed
from apps.models.services.inputs import units_of_input
from apps.models.services.references import compared_with
from apps.models.services.scoring import units_of
from resimate_engine import document
from resimate_text.pointers import pointer
from resimate_text.problems import MOST_PROBLEMS
from resimate_text.sentences import Sentence

KIND: Final = "resimate.trace/1"
SCHEMA: Final = Path(engine.__file__).parent / "schemas" / "trace.json"
RESULT: Final = ("score", "reason", "band", "coverage")
NODE: Final = ("value", "coverage", "weight", "flags", "reason", "raters")


class InputNotKept(Refused):
    code = "input_not_kept"
    title = "The input of this calculation was not stored"


class InputChanged(Refused):
    code = "input_changed"
    title = "What is stored is not what was scored"


@dataclass(frozen=True, slots=True)
class StoredCalculation:
    """A run with all that it was calculated from."""

    run: ScoreRun
    model: engine.Model
    unit: str
    units: list[dict[str, Any]]
    options: dict[str, Any]

    @property
    def holds_others(self) -> bool:
        """Whether there is more in it than the assessment's own values and answers."""
        return len(self.units) > 1 or bool(self.options)


def stored_calculation(run: ScoreRun) -> StoredCalculation:
    """Return what a run was calculated from; raises ``InputNotKept`` for runs older than the keeping.

    The run comes with its version, whose document may be deferred, and with the subject of its assessment.
    """
    kept = ScoreInput.objects.select_related("key", "reference_set__key")
    score_input = kept.filter(digest=run.input_digest).first()
    unit = run.unit or run.assessment.subject.code
    units = units_of_input(score_input) if score_input else []
    if score_input is None or all(entry["id"] != unit for entry in units):
        raise InputNotKept("This score was calculated before inputs were stored. Recalculate it to get an explanation.")
    options = {"reference": score_input.reference_set.units} if score_input.reference_set else {}
    return StoredCalculation(run, parsed(run.version), unit, units, options)


def may_take(user: Any, stored: StoredCalculation) -> bool:
    """Whether the user may read every answer of the trace: a relative score rests on others' assessments too.

    Single answers of confidential assessments are in no trace but as they stand at the end, whoever's trace it is.
    """
    return _may_read(user, stored) and _may_read_others(user, stored) and _may_read_reference(user, stored)


def _may_read_reference(user: Any, stored: StoredCalculation) -> bool:
    """Whether the user may read the answers that the reference set keeps, where these are of confidential ones."""
    frozen = compared_with(stored.run) if stored.options else None
    return frozen is None or disclosure.may_read_frozen(frozen, user, stored.model)


def _may_read(user: Any, stored: StoredCalculation) -> bool:
    """Whether the user may read the single answers that went in, of confidential assessments under any period."""
    held = _confidential_in(stored)
    if not held:
        return True
    return disclosure.may_read_answers(user) and all(_is_the_end_of(assessment, stored) for assessment in held)


def _confidential_in(stored: StoredCalculation) -> list[Assessment]:
    """The confidential assessments whose answers went in: pseudonyms tell, whatever has changed since."""
    own = stored.run.assessment
    if not (own.confidential or stored.model.relative):
        return []
    raters = {response.get("rater") for unit in stored.units for response in unit.get("responses") or ()}
    known = Response.objects.filter(assessment__version=stored.run.version_id, assessment__confidential=True)
    others = known.filter(rater__in=raters).exclude(assessment=own).values("assessment")
    rows = Assessment.objects.select_related("version", "subject", "latest_run").defer("version__document")
    return [*([own] if own.confidential else []), *rows.filter(pk__in=others)]


def _is_the_end_of(assessment: Assessment, stored: StoredCalculation) -> bool:
    """Whether what went in of a confidential assessment is what may be read of it, once nothing changes any more."""
    if not disclosure.is_at_its_end(assessment) or disclosure.names_small_groups(assessment, stored.model):
        return False
    if assessment.pk == stored.run.assessment_id:
        return assessment.latest_run_id == stored.run.pk
    (end,) = units_of([assessment])
    return any(unit["id"] == end["id"] and unit.get("responses") == end["responses"] for unit in stored.units)


def _may_read_others(user: Any, stored: StoredCalculation) -> bool:
    if not stored.holds_others or authz.everywhere(user, "assessments:read"):
        return True
    seen = authz.visible(Assessment.objects.all(), user, "assessments:read")
    return not Assessment.objects.filter(version=stored.run.version_id).exclude(pk__in=seen.values("pk")).exists()


def explain_score(stored: StoredCalculation) -> dict[str, Any]:
    """Explain a stored score by the engine of today, which another engine's score says.

    The digest of what went in is the run's: against that of the engine, few answers could be tried by whoever reads it.
    """
    explanation = explain(stored.model, stored.units, stored.unit, stored.options)
    explanation = disclosure.explanation_for(stored.run, explanation, stored.model)
    return {
        "run": str(stored.run.pk),
        "assessment": str(stored.run.assessment_id),
        "calculated_by": stored.run.engine_version,
        "agrees": explanation["score"] == stored.run.score,
        **explanation,
        "input_digest": stored.run.input_digest,
    }


def trace_of(stored: StoredCalculation) -> dict[str, Any]:
    """Return a stored score with everything it rests on: ``resimate_engine/schemas/trace.json`` says what is what.

    Raises ``InputChanged`` where the run, and with it the audit trail, names something else than what is stored.
    """
    run = stored.run
    return {
        "schema": KIND,
        "run": str(run.pk),
        "assessment": str(run.assessment_id),
        "calculated_at": run.calculated_at.isoformat(),
        "engine_version": run.engine_version,
        "model_digest": run.version.digest,
        "input_digest": _digest_of(stored),
        "model": run.version.document,
        "units": stored.units,
        "options": stored.options,
        "unit": stored.unit,
        "result": _whole(stored),
        "explanation": explain(stored.model, stored.units, stored.unit, stored.options),
    }


def _digest_of(stored: StoredCalculation) -> str:
    """What anybody calculates who has the trace; the run has its fingerprint."""
    run = stored.run
    found = document.digest([run.engine_version, stored.model.digest, stored.units, stored.options])
    if run.input_digest not in (fingerprint(found), found):  # the second: of a process of the version before
        raise InputChanged("What is stored of this calculation is not what was scored. Tell whoever runs this service.")
    return found


def _whole(stored: StoredCalculation) -> dict[str, Any]:
    """The stored result; what a release withheld of it is calculated, since who takes a trace may see it."""
    shown = _stored_result(stored.run)
    if stored.run.disclosed is None or stored.model.nodes.keys() <= stored.run.disclosed.keys():
        return shown
    results = calculate(stored.model, stored.units, stored.options)["results"]
    whole = _result(next(result for result in results if result["id"] == stored.unit))
    nodes = {
        code: node if code in stored.run.disclosed else whole["nodes"][code] for code, node in shown["nodes"].items()
    }
    return {**(shown if stored.model.root.code in stored.run.disclosed else whole), "nodes": nodes}


def _stored_result(run: ScoreRun) -> dict[str, Any]:
    """The result as its columns hold it, which keep every bit; JSON made by the database would not."""
    nodes = {score.node: {name: getattr(score, name) for name in NODE} for score in run.scores.all()}
    return _result({**{name: getattr(run, name) for name in RESULT}, "nodes": nodes})


def _result(source: Mapping[str, Any]) -> dict[str, Any]:
    """One form for a result, from the engine or from the database, where text that is not there is empty."""
    return {
        **{name: _or_none(source[name]) for name in RESULT},
        "nodes": {code: {name: _or_none(node.get(name)) for name in NODE} for code, node in source["nodes"].items()},
    }


def _or_none(value: Any) -> Any:
    return None if value == "" else value


@dataclass(frozen=True, slots=True)
class Difference:
    """A place (JSON pointer) where a trace says something other than the calculation."""

    pointer: str
    told: Any
    found: Any

    def __str__(self) -> str:
        told, found = (json.dumps(value) for value in (self.told, self.found))
        sentence = SENTENCES.get(self.pointer, "{pointer}: the trace says {told}, the calculation gives {found}.")
        return sentence.format(pointer=self.pointer, told=told, found=found)


SENTENCES: Final = {
    "/model_digest": "The model document is not the one that was scored: its digest is {found}, the trace says {told}.",
    "/input_digest": "Units, options or engine version are not those that were scored: "
    "their digest is {found}, the trace says {told}.",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of calculating a trace again: ``result`` is the new one, ``differences`` are the first of them."""

    unit: str
    calculated_by: str
    input_digest: str
    result: dict[str, Any]
    differences: list[Difference]


def verify_trace(trace: Any) -> Verdict:
    """Calculate a trace again and compare every digest, number and word of it. Needs no database.

    The explanation is compared when this engine's version has made it. Raises ``Invalid`` for what is no trace, or
    holds a model or units that cannot be scored.
    """
    _check(trace)
    model = model_of(trace["model"], at="/model")
    units, unit, options = trace["units"], trace["unit"], trace["options"]
    results = calculate(model, units, options)["results"]
    result = next((_result(unit_result) for unit_result in results if unit_result["id"] == unit), None)
    if result is None:
        raise Invalid(
            "The trace does not contain its unit.",
            errors=[Problem("/unit", Sentence("there is no unit {unit!r}", unit=unit))],
        )
    recalculated = {
        "model_digest": model.digest,
        "input_digest": document.digest([trace["engine_version"], model.digest, units, options]),
        "result": result,
    }
    if trace["explanation"]["engine_version"] == engine.ENGINE_VERSION:
        recalculated["explanation"] = explain(model, units, unit, options)
    recalculated = json.loads(json.dumps(recalculated))
    told = {name: trace[name] for name in recalculated}
    differences = list(islice(_differences(told, recalculated, ""), MOST_PROBLEMS))
    return Verdict(unit, trace["engine_version"], recalculated["input_digest"], result, differences)


def trace_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a trace."""
    schema: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return schema


@lru_cache(maxsize=1)
def _validator() -> Draft202012Validator:
    return Draft202012Validator(trace_schema())


def _check(trace: Any) -> None:
    errors = islice(_validator().iter_errors(trace), MOST_PROBLEMS + 1)
    problems = [Problem(pointer(*error.absolute_path), error.message[:200], "bad_trace") for error in errors]
    if problems:
        raise Invalid("The file is not the trace of a score.", errors=problems)


def _differences(told: Any, found: Any, place: str) -> Iterator[Difference]:
    """Yield where two JSON values differ, in the order of what was calculated."""
    if isinstance(told, dict) and isinstance(found, dict):
        for key in (*found, *sorted(told.keys() - found.keys())):
            yield from _differences(told.get(key), found.get(key), place + pointer(key))
    elif isinstance(told, list) and isinstance(found, list) and len(told) == len(found):
        for row, (value, other) in enumerate(zip(told, found, strict=True)):
            yield from _differences(value, other, place + pointer(row))
    elif isinstance(told, bool) is not isinstance(found, bool) or told != found:
        yield Difference(place, told, found)
