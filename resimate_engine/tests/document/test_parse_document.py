"""What a model document may say."""

import json

import pytest

from resimate_engine import METHODS, in_language
from resimate_engine.document import canonical, digest, json_schema, parse
from resimate_engine.tests.conftest import ROOT
from resimate_engine.tests.documents import asked, branch, document, leaf

pytestmark = pytest.mark.requirement("CMS-001")
STARTERS = sorted((ROOT / "apps" / "models" / "starters").glob("*.json"))


def test_the_published_schema_is_the_one_of_the_table_of_methods():
    published = json.loads((ROOT / "resimate_engine" / "schemas" / "model.json").read_text())

    assert published == json.loads(json.dumps(json_schema()))


@pytest.mark.parametrize("path", STARTERS, ids=lambda path: path.stem)
def test_every_starter_is_valid(path):
    model = parse(json.loads(path.read_text()))

    assert model.title("en")
    assert model.sources
    for band in model.bands:
        assert model.scale.low <= band.start < model.scale.high
    for text in [*(node.name for node in model.nodes.values()), *(placed.question.text for placed in model.questions)]:
        assert text.keys() >= {"en", "de", "fr"}


def test_defaults_are_filled_in():
    root = parse(document(leaf("a"))).root

    assert (root.weight, root.min_coverage, root.missing.name, root.critical) == (1.0, 0.0, "skip", False)
    indicator = root.children[0].indicator
    assert indicator is not None
    assert indicator.normalisation.name == "none"
    assert root.children[0].title("en") == "a"


def test_a_step_may_be_a_bare_name():
    short = document(leaf("a", normalisation="none", transform="ln"))
    long = document(leaf("a", normalisation={"method": "none"}, transform={"method": "ln"}))

    assert parse(short).root == parse(long).root


def test_questions_come_in_order_with_their_section():
    data = document(branch("d", asked("p", "P1", "P2")), branch("e", branch("f", asked("q", "Q1"))), asked("r", "R1"))

    found = [(placed.section.code, placed.node.code, placed.question.code) for placed in parse(data).questions]

    assert found == [("d", "p", "P1"), ("d", "p", "P2"), ("e", "q", "Q1"), ("r", "r", "R1")]


def test_inputs_come_once_denominators_last():
    data = document(leaf("a", unit="km", denominator="people"), leaf("b", denominator="people"), leaf("people"))

    assert [(item.name, item.unit, item.node.code) for item in parse(data).inputs] == [
        ("a", "km", "a"),
        ("b", "", "b"),
        ("people", "", "people"),
    ]


def test_a_single_leaf_is_a_model_with_itself_as_section():
    model = parse({**document(), "root": asked("q", "Q1")})

    assert [placed.section.code for placed in model.questions] == ["q"]


def test_text_falls_back_from_region_to_language_to_the_documents_own():
    model = parse(document(leaf("a"), language="fr", name={"fr": "Un", "de": "Eins"}))

    assert [model.title(language) for language in ("de-AT", "fr", "es")] == ["Eins", "Un", "Un"]
    assert in_language({"it": "Uno", "pt": "Um"}, "es") == "Uno"
    assert in_language({}, "es", otherwise="code") == "code"


def test_one_document_has_one_canonical_form():
    assert canonical({"b": [1, 0.1], "a": "é"}) == '{"a":"é","b":[1,0.1]}'.encode()
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 2, "b": 1})
    assert parse(document(leaf("a"))).digest == digest(document(leaf("a")))


def test_a_band_is_found_for_every_score():
    model = parse(document(leaf("a"), bands=[{"from": 0, "code": "low"}, {"from": 50, "code": "high"}]))

    assert [band.code if band else None for band in map(model.band_of, (None, -1, 0, 49.9, 50, 200))] == [
        None,
        None,
        "low",
        "low",
        "high",
        "high",
    ]


def test_a_document_is_absolute_unless_it_says_otherwise():
    data = document(leaf("a"))
    del data["mode"]

    assert not parse(data).relative
    assert parse({**data, "mode": "relative"}).relative


PUBLISHED_EXAMPLE = """
{
  "schema": "resimate.model/1", "code": "hdi", "name": {"en": "Human Development Index"},
  "mode": "absolute", "scale": {"low": 0, "high": 1},
  "bands": [{"from": 0, "code": "low", "name": {"en": "Low"}}, {"from": 0.55, "code": "medium"}],
  "response_scales": {"likert5": {"kind": "ordinal", "options": [
    {"value": 1, "name": {"en": "Strongly disagree"}}, {"value": 5, "name": {"en": "Strongly agree"}}],
    "allow_not_applicable": true, "allow_dont_know": true}},
  "root": {
    "code": "hdi", "aggregation": {"method": "geometric_mean", "zero": "error"}, "min_coverage": 0,
    "children": [
      {"code": "health", "weight": 1,
       "indicator": {"input": "life_expectancy", "unit": "years", "direction": "positive",
                     "normalisation": {"method": "goalposts", "low": 20, "high": 85, "clip": true}}},
      {"code": "income", "weight": 1,
       "indicator": {"input": "gni_per_capita", "transform": "ln",
                     "normalisation": {"method": "goalposts", "low": 100, "high": 75000, "clip": true}}},
      {"code": "leadership", "name": {"en": "Leadership"}, "weight": 2,
       "indicator": {"questions": [{"code": "L1", "text": {"en": "…"}, "scale": "likert5",
                                    "weight": 1, "reverse": false}],
                     "rater_aggregation": {"method": "mean"}}}
    ]
  }
}
"""


def test_the_example_of_the_interface_is_valid():
    model = parse(json.loads(PUBLISHED_EXAMPLE))

    assert [item.name for item in model.inputs] == ["life_expectancy", "gni_per_capita"]
    assert [placed.question.code for placed in model.questions] == ["L1"]


EVERY_METHOD = {
    "normalisation": "goalposts min_max z_score distance_to_target distance_to_max distance_to_reference "
    "ratio_to_reference fraction_of_max rank borda percentile_rank categorical above_below_mean value_function none",
    "transform": "ln log10 sqrt none",
    "treatment": "winsorise percentile_winsorise box_cox none",
    "missing": "skip mean median group_mean group_median sibling_mean last_observation constant worst best",
    "rater_aggregation": "mean median trimmed_mean by_group",
    "aggregation": "arithmetic_mean geometric_mean harmonic_mean power_mean median min max sum product owa "
    "min_penalised gated copeland borda kemeny formula",
    "weights": "equal direct budget_allocation rank_order_centroid rank_sum ahp pca entropy critic standard_deviation",
}


@pytest.mark.parametrize(("place", "names"), EVERY_METHOD.items(), ids=EVERY_METHOD.keys())
def test_the_table_holds_every_method_of_the_interface(place, names):
    assert METHODS[place].keys() >= set(names.split())


def test_every_method_says_what_it_does():
    for methods in METHODS.values():
        for method in methods.values():
            summary = (method.function.__doc__ or "").strip().partition("\n\n")[0]
            assert summary.endswith((".", ").")), (method.place, method.name)
