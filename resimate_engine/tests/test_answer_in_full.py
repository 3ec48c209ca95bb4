"""What every public function answers, whole: nothing more, nothing less, nothing by another name."""

import pytest

from resimate_engine import (
    ENGINE_VERSION,
    Band,
    explain,
    find_weights,
    input_digest,
    measure_agreement,
    score,
    seek,
    sensitivity,
    uncertainty,
    what_if,
)
from resimate_engine.canonical import canonical
from resimate_engine.document import parse
from resimate_engine.model import in_language
from resimate_engine.tests.documents import answered, asked, branch, document, leaf, unit
from resimate_text.pointers import pointer

pytestmark = pytest.mark.requirement("CMS-001", "CMS-002")
GOALPOSTS = {"method": "goalposts", "low": 0, "high": 100}
BANDS = [{"from": 0, "code": "low"}, {"from": 50, "code": "high", "name": {"en": "High", "de": "Hoch"}}]
DATA = document(
    leaf("a", normalisation=GOALPOSTS, unit="km"),
    leaf("b", weight=3, normalisation=GOALPOSTS, node={"target": 80, "effort": 2}),
    bands=BANDS,
    name={"en": "Test", "de": "Probe"},
)
MODEL = parse(DATA)
UNITS = [unit("u", a=20, b=60), unit("v", a=90, b=70)]
IDENTITY = {"engine_version": ENGINE_VERSION, "input_digest": input_digest(MODEL, UNITS)}


def node(**given):
    """Return a node's account with what most have."""
    return {
        "parent": "root", "aggregation": None, "reason": None, "coverage": 1.0, "imputed": False, "target": 100.0,
        "min_coverage": {"share": 0.0, "of": "weights"},
        **given, "low": given["value"], "high": given["value"],
    }  # fmt: skip


def test_an_explanation():
    found = explain(MODEL, UNITS, "u")

    assert found == {
        **IDENTITY,
        "id": "u",
        "score": 50.0,
        "reason": None,
        "band": "high",
        "rank": 2,
        "coverage": 1.0,
        "next_band": None,
        "nodes": {
            "root": node(
                parent=None, aggregation={"method": "arithmetic_mean"}, value=50.0, weight=1.0, effective_weight=1.0,
                contribution=50.0, marginal_gain=1.0, gap=50.0, weighted_gap=50.0, priority=50.0,
            ),
            "a": node(
                value=20.0, weight=1.0, effective_weight=0.25, contribution=5.0, marginal_gain=0.25, gap=80.0,
                weighted_gap=20.0, priority=20.0,
            ),
            "b": node(
                value=60.0, weight=3.0, effective_weight=0.75, contribution=45.0, marginal_gain=0.75, target=80.0,
                gap=20.0, weighted_gap=15.0, priority=7.5,
            ),
        },
        "indicators": {
            "a": {**step_by_step(20.0), "input": "a", "unit": "km"},
            "b": {**step_by_step(60.0), "input": "b", "unit": ""},
        },
        "priorities": ["a", "b"],
        "warnings": [],
    }  # fmt: skip


def step_by_step(value):
    return {
        "direction": "positive", "denominator": None, "missing": {"method": "skip"}, "treatment": {"method": "none"},
        "transform": {"method": "none"}, "normalisation": {**GOALPOSTS, "clip": True}, "measured": value,
        "denominated": value, "imputed": value, "treated": value, "normalised": value,
        "normalised_with": {"low": 0, "high": 100, "clip": True},
    }  # fmt: skip


def test_the_questions_of_an_explanation():
    given = answered({"Q1": 5}, {"Q1": 3}, groups=("staff", None))

    found = explain(parse(document(asked("q", "Q1"))), [given], "u")["indicators"]["q"]

    assert found["questions"] == [
        {
            "code": "Q1",
            "weight": 1.0,
            "reverse": False,
            "answers": [
                {"rater": "r0", "group": "staff", "answer": 5, "share": 1.0},
                {"rater": "r1", "group": None, "answer": 3, "share": 0.5},
            ],
        }
    ]


def test_an_explanation_is_of_its_options_too():
    model = parse(document(leaf("a", normalisation="min_max"), mode="relative"))
    options = {"reference": [unit("x", a=0), unit("y", a=10)]}

    found = explain(model, [unit(a=5)], "u", options)

    assert found["input_digest"] == input_digest(model, [unit(a=5)], options) != input_digest(model, [unit(a=5)])


def test_results_and_their_warnings():
    model = parse(document(leaf("a", normalisation="min_max"), mode="relative"))

    found = score(model, [unit(a=5, z=1)], {"include": ["normalised", "denominated"]}).as_dict()

    assert found == {
        "engine_version": ENGINE_VERSION,
        "input_digest": input_digest(model, [unit(a=5, z=1)], {"include": ["normalised", "denominated"]}),
        "results": [
            {
                "id": "u", "score": None, "reason": "nothing_present", "band": None, "rank": None, "coverage": 0.0,
                "normalised": {"a": None}, "denominated": {"a": 5.0},
            }
        ],
        "warnings": [
            {"code": "unknown_input", "detail": found["warnings"][0]["detail"], "pointer": ""},
            {"code": "not_normalised", "detail": found["warnings"][1]["detail"], "pointer": ""},
        ],
    }  # fmt: skip


def test_a_study_of_uncertainty():
    options = {"draws": 8, "seed": 3, "weights": "fixed", "top": 1}
    always = {"mean": 1.0, "median": 1.0, "p5": 1.0, "p95": 1.0}

    found = uncertainty(MODEL, UNITS, options)

    assert found == {
        "engine_version": ENGINE_VERSION,
        "input_digest": input_digest(MODEL, UNITS, options),
        "draws": 8,
        "seed": 3,
        "results": [
            {"id": "u", "score": spread(50.0), "rank": dict.fromkeys(always, 2.0), "top": 0.0},
            {"id": "v", "score": spread(75.0), "rank": always, "top": 1.0},
        ],
        "beats": {"u": {"v": 0.0}, "v": {"u": 1.0}},
    }


def spread(value):
    return {"value": value, "mean": value, "median": value, "p5": value, "p95": value}


def test_a_study_of_sensitivity():
    options = {"unit": "u", "points": 64, "spread": 0.5}

    found = sensitivity(MODEL, UNITS, options)

    assert found == {
        "engine_version": ENGINE_VERSION,
        "input_digest": input_digest(MODEL, UNITS, options),
        "output": "score",
        "base": 50.0,
        "factors": found["factors"],
        "one_at_a_time": {
            "a": {"low": (10 + 180) / 3.5, "high": (30 + 180) / 4.5},
            "b": {"low": (20 + 90) / 2.5, "high": pytest.approx((20 + 270) / 5.5, rel=1e-15)},
        },
        "left_out": {"a": 60.0, "b": 20.0},
    }
    assert [sorted(found["factors"][code]) for code in "ab"] == [["first", "total"]] * 2


def test_what_a_change_would_do_and_a_plan():
    assert what_if(MODEL, UNITS, "u", [{"input": "a", "add": 10}]) == {
        "id": "u",
        "nodes": {
            "root": {"before": 50.0, "after": 52.5, "delta": 2.5},
            "a": {"before": 20.0, "after": 30.0, "delta": 10.0},
            "b": {"before": 60.0, "after": 60.0, "delta": 0.0},
        },
    }
    assert seek(MODEL, UNITS, "u", 65) == {
        "id": "u",
        "score": 50.0,
        "target": 65,
        "short": 0.0,
        "steps": [{"code": "b", "from": 60.0, "to": 80.0, "points": 20.0}],
    }


def test_weights_and_agreement():
    assert find_weights({"method": "ahp", "matrices": [[[1, 1], [2, 1]]]}) == {
        "weights": pytest.approx([0.4142, 0.5858], abs=1e-4),
        "consistency": {
            "lambda_max": pytest.approx(2.4142, abs=1e-4),
            "index": pytest.approx(0.4142, abs=1e-4),
            "ratio": 0.0,
        },
        "warnings": [{"code": "not_reciprocal", "detail": SENTENCE, "pointer": ""}],
    }
    assert measure_agreement({"measure": "cronbach_alpha", "ratings": [[1, 2, 3, None], [1, 2, 3, 4]]}) == {
        "value": 1.0,
        "values": {"raw": 1.0, "standardised": 1.0},
        "raters": 2,
        "units": 3,
        "warnings": [{"code": "incomplete_units", "detail": SENTENCE, "pointer": ""}],
    }
    assert measure_agreement({"measure": "fleiss_kappa", "counts": [[2, 0], [0, 2]]}) == {
        "value": 1.0, "values": None, "raters": 2, "units": 2, "warnings": [],
    }  # fmt: skip
    assert measure_agreement({"measure": "r_wg", "options": 2, "ratings": [[1], [2]]}) == {
        "value": -1.0, "values": [-1.0], "raters": 2, "units": 1, "warnings": [],
    }  # fmt: skip


def test_what_is_warned_of_is_said_in_a_sentence():
    alike = {"measure": "icc", "form": "1_1", "ratings": [[2, 2], [2, 2]]}
    assert measure_agreement(alike) == {
        "value": None, "values": None, "raters": 2, "units": 2,
        "warnings": [{"code": "not_defined", "detail": SENTENCE, "pointer": ""}],
    }  # fmt: skip
    contradictory = [[1, 9, 1 / 9], [1 / 9, 1, 9], [9, 1 / 9, 1]]
    assert find_weights({"method": "ahp", "matrices": [contradictory]})["warnings"] == [
        {"code": "inconsistent", "detail": SENTENCE, "pointer": ""}
    ]


class Sentence:
    """Equal to any text of several words."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and len(other.split()) > 2

    __hash__ = None  # type: ignore[assignment]


SENTENCE = Sentence()


def test_texts_come_in_the_language_asked_for_or_the_models_own():
    model = parse({**DATA, "language": "de"})

    assert [model.title(language) for language in ("en", "de", "de-CH", "fr")] == ["Test", "Probe", "Probe", "Probe"]
    assert model.text({}, "en", otherwise="nothing") == "nothing"
    assert model.text({}, "en") == ""
    assert in_language({"en": "One", "de": "Eins"}, "fr") == "One"
    assert in_language({"pt": "Um", "it": "Uno"}, "fr") == "Uno"
    named = parse(document({**leaf("a"), "name": {"de": "Alter", "en": "Age"}}))
    assert [named.nodes["a"].title(language) for language in ("de-AT", "fr")] == ["Alter", "Age"]
    assert named.nodes["a"].title("fr", "de") == "Alter"
    assert named.root.title("de") == "root"


def test_a_model_knows_its_sections_inputs_and_bands():
    model = parse(document(branch("d", leaf("a", unit="m", denominator="n")), asked("q", "Q2", "Q1"), bands=BANDS))

    assert [section.code for section in model.sections] == ["d", "q"]
    assert [(placed.section.code, placed.node.code, placed.question.code) for placed in model.questions] == [
        ("q", "q", "Q2"),
        ("q", "q", "Q1"),
    ]
    assert [(item.name, item.unit, item.node.code) for item in model.inputs] == [("a", "m", "a"), ("n", "", "a")]
    assert [band.code if (band := model.band_of(value)) else None for value in (-1, 0, 49.9, 50, 99, None)] == [
        None, "low", "low", "high", "high", None,
    ]  # fmt: skip
    assert isinstance(model.band_of(50), Band)
    assert not model.relative
    assert parse(document(leaf("a"), mode="relative")).relative


def test_one_spelling_for_one_value():
    assert (
        canonical({"b": [1, 2.5, None, True], "a": {"é": "x y"}}) == '{"a":{"é":"x y"},"b":[1,2.5,null,true]}'.encode()
    )
    assert canonical(["\ud800"]) == b'["\xed\xa0\x80"]'
    with pytest.raises(ValueError, match="JSON"):
        canonical(float("nan"))


def test_a_pointer_escapes_what_separates_its_steps():
    assert pointer("units", 3, "values", "a/b~c") == "/units/3/values/a~1b~0c"
    assert pointer() == ""
