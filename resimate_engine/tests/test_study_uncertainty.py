"""How sure scores and ranks are, and which weights they depend on."""

import math

import pytest

from resimate_engine import DataInvalid, calculate, sensitivity, uncertainty
from resimate_engine.document import parse
from resimate_engine.sensitivity import _Study, points, sobol
from resimate_engine.tests.documents import answered, asked, branch, document, leaf, unit
from resimate_engine.uncertainty import draw_scores, read_settings

pytestmark = pytest.mark.requirement("CMS-001", "CMS-002")
GOALPOSTS = {"method": "goalposts", "low": 0, "high": 100}
MODEL = parse(document(leaf("a", normalisation=GOALPOSTS), leaf("b", normalisation=GOALPOSTS)))
UNITS = [unit("u", a=10, b=90), unit("v", a=40, b=50), unit("w")]


def studied(model=MODEL, units=UNITS, **options):
    found = uncertainty(model, units, {"draws": 200, **options})
    return found, {result["id"]: result for result in found["results"]}


def test_equal_settings_give_equal_results_and_another_seed_others():
    assert studied(seed=7) == studied(seed=7)
    assert studied(seed=7)[1]["u"] != studied(seed=8)[1]["u"]


@pytest.mark.parametrize("weights", ["uniform", "dirichlet"])
def test_weights_spread_scores_around_the_base(weights):
    _, found = studied(weights=weights, missing=False)

    score = found["u"]["score"]
    assert score["value"] == 50.0
    assert 10 < score["p5"] < score["median"] < score["p95"] < 90
    assert score["mean"] == pytest.approx(50, abs=2)
    assert found["u"]["rank"]["p5"] == 1.0


def test_nothing_drawn_is_nothing_spread():
    whole, found = studied(weights="fixed", missing=False, raters=False)

    assert found["u"]["score"] == {"value": 50.0, "mean": 50.0, "median": 50.0, "p5": 50.0, "p95": 50.0}
    assert found["u"]["rank"]["mean"] == 1.0
    assert whole["beats"]["u"] == {"v": 1.0, "w": 0.0}


def test_gaps_are_drawn_over_the_scale():
    _, found = studied(weights="fixed")

    assert found["w"]["score"]["value"] is None
    assert found["w"]["score"]["mean"] == pytest.approx(50, abs=6)
    assert found["w"]["top"] == 1.0


def test_what_has_no_score_in_any_draw_has_no_distribution():
    _, found = studied(missing=False, top=1)

    assert found["w"]["score"] == {"value": None, "mean": None, "median": None, "p5": None, "p95": None}
    assert found["w"]["top"] is None
    assert found["u"]["top"] + found["v"]["top"] == 1.0


def test_gaps_off_the_scale_stay_gaps():
    _, found = studied(parse(document(leaf("a"), leaf("b"))))

    assert found["w"]["score"]["mean"] is None


def test_raters_are_drawn_anew():
    model = parse(document(asked("q", "Q1")))
    divided = answered({"Q1": 1}, {"Q1": 5}, {"Q1": 5}, {"Q1": 1})

    _, found = studied(model, [divided, unit("nobody")])
    _, fixed = studied(model, [divided], raters=False)

    assert found["u"]["score"]["p5"] < 50 < found["u"]["score"]["p95"]
    assert fixed["u"]["score"]["p5"] == fixed["u"]["score"]["p95"] == 50.0


def test_pairs_are_compared_while_they_are_few():
    many = [unit(str(row), a=row, b=row) for row in range(101)]

    assert uncertainty(MODEL, many, {"draws": 1})["beats"] is None


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"draw": 1}, "/options/draw"),
        ({"draws": 0}, "/options/draws"),
        ({"draws": 1.5}, "/options/draws"),
        ({"seed": True}, "/options/seed"),
        ({"spread": 2}, "/options/spread"),
        ({"weights": "normal"}, "/options/weights"),
        ({"missing": 1}, "/options/missing"),
        ({"raters": "yes"}, "/options/raters"),
    ],
)
def test_bad_settings_are_refused(options, where):
    with pytest.raises(DataInvalid) as refused:
        uncertainty(MODEL, UNITS, options)
    assert [problem.pointer for problem in refused.value.problems] == [where]


def ishigami(rows):
    """Ishigami and Homma (1990): sin x1 + 7 sin^2 x2 + 0.1 x3^4 sin x1 on (-pi, pi)."""
    for row in rows.tolist():
        x, y, z = (math.pi * (2 * share - 1) for share in row)
        yield math.sin(x) + 7 * math.sin(y) ** 2 + 0.1 * z**4 * math.sin(x)


@pytest.mark.parametrize(("count", "tolerance"), [(8192, 0.02), (1000, 0.05)])
def test_sobol_indices_of_the_ishigami_function(count, tolerance):
    found = sobol(ishigami, 3, count)

    assert found is not None
    assert [indices.first for indices in found] == pytest.approx([0.31391, 0.44241, 0], abs=tolerance)
    assert [indices.total for indices in found] == pytest.approx([0.55759, 0.44241, 0.24368], abs=tolerance)


def test_an_output_that_does_not_vary_has_no_indices():
    assert sobol(lambda rows: [1.0] * len(rows), 2, 8) is None


def test_points_lie_in_the_cube_in_any_dimension():
    for dimensions in (1, 16, 17, 40):
        found = points(50, dimensions, seed=3)
        assert found.shape == (50, dimensions)
        assert ((found >= 0) & (found < 1)).all()


def test_a_units_score_depends_on_the_weights_of_what_it_is_uneven_in():
    data = document(branch("d", leaf("a"), leaf("b"), weight=2), leaf("c"))

    found = sensitivity(parse(data), [unit("u", a=0, b=100, c=50)], {"unit": "u", "points": 128})

    assert (found["output"], found["base"]) == ("score", 50.0)
    assert found["factors"]["a"]["total"] == pytest.approx(0.5, abs=0.1)
    assert found["factors"]["c"]["total"] == pytest.approx(0, abs=0.05)
    assert found["left_out"] == {"a": pytest.approx(250 / 3), "b": pytest.approx(50 / 3), "c": 50.0}
    assert found["one_at_a_time"]["a"]["low"] > 50 > found["one_at_a_time"]["a"]["high"]


def test_ranks_shift_when_an_indicator_is_left_out():
    found = sensitivity(MODEL, UNITS, {"points": 16})

    assert (found["output"], found["base"]) == ("rank_shift", 0.0)
    assert found["left_out"] == {"a": 0.0, "b": 1.0}


def test_without_siblings_or_values_nothing_matters():
    single = sensitivity(parse(document(leaf("a"))), [unit("u", a=1)], {"unit": "u"})
    nothing = sensitivity(MODEL, [unit("w")], {"points": 4})

    assert (single["factors"], single["left_out"]) == ({}, {})
    assert (nothing["base"], nothing["factors"]) == (None, {})


def test_without_its_only_value_a_unit_has_no_score_rather_than_zero():
    found = sensitivity(MODEL, [unit("u", a=10)], {"unit": "u", "points": 4})

    assert (found["base"], found["left_out"]) == (10.0, {"a": None, "b": 10.0})


def test_an_output_that_is_not_always_there_has_no_indices():
    assert sobol(lambda rows: [math.nan if row[0] > 0.9 else row[0] for row in rows.tolist()], 2, 64) is None
    asked = []

    def gone_when_mixed(rows):
        asked.append(rows)
        return [math.nan if len(asked) > 2 else share for share in rows[:, 0].tolist()]

    assert sobol(gone_when_mixed, 2, 64) is None


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"points": 1}, "/options/points"),
        ({"unit": "x"}, "/options/unit"),
        ({"k": 1}, "/options/k"),
        ({"spread": "x"}, "/options/spread"),
    ],
)
def test_bad_options_are_refused(options, where):
    with pytest.raises(DataInvalid) as refused:
        sensitivity(MODEL, UNITS, options)
    assert [problem.pointer for problem in refused.value.problems] == [where]


def test_the_more_concentrated_the_closer_to_the_weights():
    def width(concentration):
        score = studied(weights="dirichlet", concentration=concentration)[1]["u"]["score"]
        return score["p95"] - score["p5"]

    assert width(1e9) < 0.1 < width(1e3) < width(10) < 80


def test_dirichlet_weights_keep_their_ratios_on_average():
    model = parse(document(leaf("a", weight=8, normalisation=GOALPOSTS), leaf("b", weight=2, normalisation=GOALPOSTS)))

    _, found = studied(model, [unit("u", a=0, b=100)], weights="dirichlet", draws=2000)

    assert found["u"]["score"]["mean"] == pytest.approx(20, abs=0.5)


def test_percentiles_are_those_of_the_draws():
    draws = draw_scores(calculate(MODEL, UNITS), UNITS, read_settings({"draws": 101, "missing": False}))

    _, found = studied(draws=101, missing=False)

    ordered = sorted(draws[:, 0].tolist())
    assert [found["u"]["score"][key] for key in ("p5", "median", "p95")] == [ordered[5], ordered[50], ordered[95]]


def test_a_hundred_units_are_still_compared_in_pairs():
    units = [unit(f"{row:03}", a=row, b=row) for row in range(100)]

    beats = uncertainty(MODEL, units, {"draws": 1})["beats"]

    assert beats["099"]["000"] == 1.0
    assert len(beats) == 100


def test_seeds_choose_other_points_and_the_same_seed_the_same():
    assert (points(4, 2, seed=1) == points(4, 2, seed=1)).all()
    assert (points(4, 2, seed=1)[0] == points(4, 2, seed=0)[1]).all()
    assert (points(4, 2, seed=0)[0] == points(4, 2)[0]).all()
    assert points(3, 17, seed=5).tolist() != points(3, 17, seed=6).tolist()


def test_weights_vary_by_the_spread_and_no_further():
    model, units = parse(document(leaf("a"), leaf("b"))), [unit("u", a=0, b=100)]
    seen = []

    class Study(_Study):
        def output(self, weights):
            seen.append(weights["a"])
            return 0.0

    study = Study(calculate(model, units), 0, 0.25)
    for share in (0.0, 0.5, 1.0):
        study.at(["a"], [share])

    assert seen == [0.75, 1.0, 1.25]


def test_raters_drawn_anew_are_those_there_are():
    model = parse(document(asked("q", "Q1")))
    divided = answered({"Q1": 1}, {"Q1": 5}, {"Q1": 5}, {"Q1": 1})
    settings = read_settings({"draws": 200, "weights": "fixed", "missing": False})

    drawn = draw_scores(calculate(model, [divided]), [divided], settings)

    assert set(drawn[:, 0].tolist()) == {0.0, 25.0, 50.0, 75.0, 100.0}


def test_the_seed_of_a_study_of_sensitivity_counts():
    found = [sensitivity(MODEL, UNITS, {"unit": "u", "points": 8, "seed": seed})["factors"] for seed in (0, 0, 5)]

    assert found[0] == found[1] != found[2]
    with pytest.raises(DataInvalid):
        sensitivity(MODEL, UNITS, {"seed": 2**31 + 1})
