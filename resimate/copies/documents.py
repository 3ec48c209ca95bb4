"""JSON on its way into a copy: its shape, numbers and codes arrive, words do not."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any, Final

from resimate.copies.disguise import Disguise
from resimate_engine.answers import ABSENCES

#: Of a model's document, whatever stands in these is text in languages.
TEXTS: Final = frozenset({"name", "description", "text", "help"})
#: What of it says where the model comes from, and in what it is measured, counts for nothing.
DROPPED: Final = frozenset({"sources", "licence", "unit"})

#: Where it names what is measured.
INPUTS: Final = frozenset({"input", "denominator"})
#: What a reference is that is no unit.
MARKS: Final = frozenset({"mean", "best", "worst"})


def texts(disguise: Disguise, value: Any, row: Any) -> Any:
    return disguise.texts(value)


def model(disguise: Disguise, value: Any, row: Any) -> Any:
    return _model(disguise, value)


def _model(disguise: Disguise, value: Any) -> Any:
    if isinstance(value, list):
        return [_model(disguise, one) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: _in_model(disguise, key, one, value) for key, one in value.items() if key not in DROPPED}


def _in_model(disguise: Disguise, key: str, value: Any, holder: Mapping[str, Any]) -> Any:
    if key in TEXTS and isinstance(value, dict):
        return disguise.texts(value)
    if key in INPUTS:
        return disguise.input(value)
    if key == "reference":
        return value if value in MARKS else disguise.unit(value)
    if key == "value" and isinstance(value, str):
        return disguise.choice(value)
    if key == "weights" and holder.get("method") == "by_group":
        return {disguise.word("group", group): weight for group, weight in value.items()}
    return _model(disguise, value)


def units(disguise: Disguise, value: Any, row: Any) -> Any:
    """Of a reference set."""
    return [_unit(disguise, unit) for unit in value]


def _unit(disguise: Disguise, unit: Mapping[str, Any]) -> dict[str, Any]:
    """What is not known of a unit stays behind."""
    made: dict[str, Any] = {"id": disguise.unit(str(unit["id"]))}
    if unit.get("group"):
        made["group"] = disguise.word("group", unit["group"])
    made |= {key: _numbers(disguise, unit[key]) for key in ("values", "previous") if key in unit}
    if "responses" in unit:
        made["responses"] = [_response(disguise, one) for one in unit["responses"]]
    return made


def _response(disguise: Disguise, response: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "answers": {question: _answer(disguise, value) for question, value in response["answers"].items()}
    }
    made |= {"rater": disguise.mark("rater", response["rater"], 16)} if response.get("rater") else {}
    return made | ({"group": disguise.word("group", response["group"])} if response.get("group") else {})


def numbers(disguise: Disguise, value: Any, row: Any) -> Any:
    """Of what was measured, by input."""
    return _numbers(disguise, value)


def _numbers(disguise: Disguise, value: Mapping[str, Any]) -> dict[str, Any]:
    return {disguise.input(name): one if _counts(one) else None for name, one in value.items()}


def _counts(value: Any) -> bool:
    return value is None or isinstance(value, int | float) or value in ABSENCES


def entries(disguise: Disguise, value: Any, row: Any) -> Any:
    """Of one person's answers: what was chosen, never what was written beside it."""
    return {
        question: [_answer(disguise, answer), disguise.word("text", comment), _moved(disguise, moment)]
        for question, (answer, comment, moment) in value.items()
    }


def _answer(disguise: Disguise, value: Any) -> Any:
    """Answers are numbers, or lists of what options are called."""
    if isinstance(value, list):
        return [disguise.choice(one) if isinstance(one, str) else one for one in value]
    return value if _counts(value) else None


def _moved(disguise: Disguise, moment: str) -> str:
    """The day alone: by the second one could tell who was there then."""
    return datetime.combine(disguise.moment(datetime.fromisoformat(moment)), time.min, UTC).isoformat()


def asked(disguise: Disguise, value: Any, row: Any) -> Any:
    """What experts were asked: nodes by code and name."""
    return _model(disguise, value)


def judgement(disguise: Disguise, value: Any, row: Any) -> Any:
    """Points by code, or which of two codes matters more."""
    if value is None:
        return None
    points = {code: point for code, point in value.get("points", {}).items() if isinstance(point, int)}
    compared = [
        {key: one[key] for key in ("more", "less", "strength") if key in one} for one in value.get("comparisons", ())
    ]
    return {"points": points} if "points" in value else {"comparisons": compared}
