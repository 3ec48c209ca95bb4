"""Calculations that leave nothing behind, from the body that was sent to the body of the answer.

Nothing here knows a request or a database, so it can be done in a process of its own: whoever answers others then
neither reads what is large nor calculates nor writes it. ``most`` is what may be done here, in seconds; beyond it
``TooMuchAtOnce`` is raised. ``ask`` is asked for what only the database knows: for a ``"version"``, a model; for a
``"reference"``, its units and what the answer says of it.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeGuard

import resimate_engine as engine
from apps.core.errors import Invalid, Problem
from apps.core.json_values import decode, encode
from apps.models.costing import TooMuchAtOnce, hold_to
from apps.models.documents import check_size, doubts_of, known_or_parsed, problems_of
from resimate_engine import costs, document
from resimate_text.pointers import pointer
from resimate_text.sentences import Sentence

Ask = Callable[[str, Any], Any]
Calculation = Callable[[bytes, float, Ask], bytes]

MOST_UNITS: Final = 5000
OF_SCORES: Final = ("model", "units")
OF_EXPLANATION: Final = (*OF_SCORES, "unit")


def scores(content: bytes, most: float, ask: Ask) -> bytes:
    """Score units by a model."""
    started = time.perf_counter()
    asked = asked_in(content, OF_SCORES)
    if isinstance(asked["units"], list) and len(asked["units"]) > MOST_UNITS:
        raise TooMuchAtOnce(Sentence("At most {most:,} units are scored while you wait.", most=MOST_UNITS))
    model, options, named = _resolved(asked, most, ask)
    with refusing("The units cannot be scored."):
        hold_to(most, costs.of_scores(model, asked["units"], options))
        results = engine.score(model, asked["units"], options)
    return encode(told(results, doubts_of(model, "/model"), started) | named)


def explanation(content: bytes, most: float, ask: Ask) -> bytes:
    """Trace one unit's score."""
    asked = asked_in(content, OF_EXPLANATION)
    model, options, named = _resolved(asked, most, ask)
    check_unit(asked["unit"])
    with refusing("The units cannot be scored."):
        hold_to(most, costs.of_explanation(model, asked["units"], options))
        return encode(engine.explain(model, asked["units"], asked["unit"], options) | named)


def weights(content: bytes, most: float, ask: Ask) -> bytes:
    """Determine weights from judgements, ranks, budgets or data."""
    asked = decode(content)
    with refusing("Weights cannot be determined from this."):
        hold_to(most, costs.of_weights(asked))
        return encode(engine.find_weights(asked))


def agreement(content: bytes, most: float, ask: Ask) -> bytes:
    """Measure how far raters agree."""
    asked = decode(content)
    with refusing("Agreement cannot be measured on this."):
        hold_to(most, costs.of_agreement(asked))
        return encode(engine.measure_agreement(asked))


def asked_in(content: bytes, required: Sequence[str]) -> dict[str, Any]:
    """Return what a body asks for: an object with these keys, and perhaps ``options``."""
    body = decode(content)
    if not isinstance(body, dict):
        raise Invalid("Send an object.", errors=[Problem("", "must be an object", "not_an_object")])
    known = {*required, "options"}
    problems = [Problem(f"/{key}", f"{key} is missing", "required") for key in required if key not in body]
    problems += [Problem(pointer(key), f"{key!r} is not allowed here", "unknown_key") for key in body.keys() - known]
    if not isinstance(body.get("options"), dict | None):
        problems.append(Problem("/options", "must be an object", "not_an_object"))
    if problems:
        raise Invalid("A calculation needs a model and units.", errors=problems)
    return body


def version_in(model: Any) -> Any:
    """Return the id of the stored version that is asked for; None where a document is sent."""
    return model["version"] if isinstance(model, dict) and model.keys() == {"version"} else None


def names_set(options: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a stored reference set is asked for."""
    return isinstance(options, dict) and isinstance(options.get("reference"), dict)


def _resolved(asked: Mapping[str, Any], most: float, ask: Ask) -> tuple[engine.Model, Any, dict[str, Any]]:
    """Return the model, the options with the units of a reference set in the place of its id, and what it is called."""
    version, options = version_in(asked["model"]), asked.get("options")
    model = _model(asked["model"], most) if version is None else ask("version", version)
    if not names_set(options):
        return model, options, {}
    units, named = ask("reference", options["reference"])
    return model, {**options, "reference": units}, {"reference": named}


def _model(data: Any, most: float) -> engine.Model:
    hold_to(most, check_size(data))
    try:
        return known_or_parsed(data)
    except document.DocumentInvalid as error:
        problems = problems_of(error.problems, "/model")
        raise Invalid("The model document is not valid.", errors=problems, more=error.more) from None


def check_unit(unit: Any) -> None:
    if not isinstance(unit, str):
        problem = Problem("/unit", Sentence("must be the id of a unit"), "wrong_type")
        raise Invalid("Name the unit to explain.", errors=[problem])


def told(results: engine.Results, doubts: Sequence[Any], started: float) -> dict[str, Any]:
    """Return the body of an answer with scores, and how long they took."""
    return {
        "engine_version": results.engine_version,
        "input_digest": results.input_digest,
        "duration_ms": round((time.perf_counter() - started) * 1000, 3),
        "results": results.results,
        "warnings": [*doubts, *results.warnings],
    }


@contextmanager
def refusing(detail: str) -> Iterator[None]:
    """Turn what the engine refuses into a refusal with pointers."""
    try:
        yield
    except engine.DataInvalid as error:
        raise Invalid(detail, errors=problems_of(error.problems), more=error.more) from None
