"""Agreement between raters, against published tables and by the endpoint's request."""

import statistics
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resimate_engine import DataInvalid, measure_agreement
from resimate_engine.agreement import mid_ranks

pytestmark = pytest.mark.requirement("CMS-001", "CMS-002")
# Krippendorff (2011), section E: four observers, twelve units.
OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]
# Shrout and Fleiss (1979), table 2: six targets by four judges.
JUDGES = [[9, 6, 8, 7, 10, 6], [2, 1, 4, 1, 5, 2], [5, 3, 6, 2, 6, 4], [8, 2, 8, 6, 9, 7]]
# Fleiss (1971) in the form of ten units, fourteen raters, five categories.
COUNTS = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]
# Fleiss (1971), table 1: thirty patients, six psychiatrists, five diagnoses.
DIAGNOSES = [
    [0, 0, 0, 6, 0], [0, 3, 0, 0, 3], [0, 1, 4, 0, 1], [0, 0, 0, 0, 6], [0, 3, 0, 3, 0], [2, 0, 4, 0, 0],
    [0, 0, 4, 0, 2], [2, 0, 3, 1, 0], [2, 0, 0, 4, 0], [0, 0, 0, 0, 6], [1, 0, 0, 5, 0], [1, 1, 0, 4, 0],
    [0, 3, 3, 0, 0], [1, 0, 0, 5, 0], [0, 2, 0, 3, 1], [0, 0, 5, 0, 1], [3, 0, 0, 1, 2], [5, 1, 0, 0, 0],
    [0, 2, 0, 4, 0], [1, 0, 2, 0, 3], [0, 0, 0, 0, 6], [0, 1, 0, 5, 0], [0, 2, 0, 1, 3], [2, 0, 0, 4, 0],
    [1, 0, 0, 4, 1], [0, 5, 0, 1, 0], [4, 0, 0, 0, 2], [0, 2, 0, 4, 0], [1, 0, 5, 0, 0], [0, 0, 0, 0, 6],
]  # fmt: skip
# Krippendorff (2004), three coders, fifteen units, with gaps.
CODERS = [
    [None, None, None, None, None, 3, 4, 1, 2, 1, 1, 3, 3, None, 3],
    [1, None, 2, 1, 3, 3, 4, 3, None, None, None, None, None, None, None],
    [None, None, 2, 1, 3, 4, 4, None, 2, 1, 1, 3, 3, None, 4],
]
# Siegel (1956), table 9.9: three executives rank six applicants.
EXECUTIVES = [[1, 6, 3, 2, 5, 4], [1, 5, 6, 4, 2, 3], [6, 3, 2, 5, 4, 1]]


# Anxiety of twenty people by three raters, an example of R's packages irr and DescTools.
ANXIETY = [
    [3, 3, 3, 4, 5, 5, 2, 3, 5, 2, 2, 6, 1, 5, 2, 2, 1, 2, 4, 3],
    [3, 6, 4, 6, 2, 4, 2, 4, 3, 3, 2, 3, 3, 3, 2, 2, 1, 3, 3, 4],
    [2, 1, 4, 4, 3, 2, 1, 6, 1, 1, 1, 2, 3, 3, 1, 1, 3, 3, 2, 2],
]
# Eight wines by four judges, an example of real-statistics.com that the package pingouin is tested with.
WINES = [[1, 1, 3, 6, 6, 7, 8, 9], [2, 3, 8, 4, 5, 5, 7, 9], [0, 3, 1, 3, 5, 6, 7, 9], [1, 2, 4, 3, 6, 2, 9, 8]]
# Raters who are consistent but do not agree, as the package pyirr is tested with.
STEPS = [
    [5, 12, 11, 10, 9, 7, 5, 12, 12, 7, 12, 17, 15, 13, 6, 13, 20, 14, 13, 11],
    [14, 22, 21, 19, 22, 16, 13, 24, 20, 19, 26, 22, 26, 18, 10, 26, 30, 22, 23, 23],
    [27, 31, 29, 29, 32, 23, 29, 28, 30, 28, 31, 35, 34, 32, 30, 29, 39, 37, 33, 29],
]
# Ten items by fifteen people, and eleven by twelve with gaps, as pingouin is tested with against R's package psych.
ITEMS = [
    [3, 5, 7, 2, 6, 1, 4, 2, 6, 5, 4, 4, 5, 6, 4], [2, 4, 3, 4, 5, 2, 3, 4, 5, 4, 3, 2, 5, 5, 3],
    [4, 6, 5, 3, 6, 3, 5, 4, 5, 6, 5, 3, 6, 5, 5], [1, 3, 5, 3, 5, 4, 3, 3, 5, 4, 2, 2, 2, 4, 5],
    [4, 5, 6, 2, 4, 2, 5, 7, 1, 3, 5, 5, 3, 2, 3], [5, 1, 4, 2, 4, 5, 2, 2, 6, 5, 3, 3, 3, 2, 1],
    [1, 2, 3, 2, 4, 2, 1, 2, 5, 3, 2, 4, 2, 1, 3], [4, 5, 3, 6, 6, 3, 2, 4, 2, 1, 3, 2, 4, 4, 2],
    [3, 5, 6, 6, 7, 5, 4, 6, 3, 7, 4, 3, 4, 6, 3], [2, 5, 5, 3, 5, 2, 3, 5, 2, 2, 1, 4, 5, 5, 4],
]  # fmt: skip
PEOPLE = [
    "11111111111", "11111111010", ".011.111100", "11101101100", "11111000100", "01.01111000",
    "11110010000", "11111000000", "01011000010", "10010100.00", "11100000000", "10010000000",
]  # fmt: skip
# Gwet (2014), as the package irrCAC is tested with: five observers, two raters, four with gaps, four without.
OBSERVED = ["112.001122.0131", "1130000.2110231", "203000222100221", ".13....0.10022.", "2..0001.2....31"]
BEN_AND_GERRY = ["aabbdcccedda", "babbbccce.dd"]
FOUR_WITH_GAPS = ["abccbadab...bb", "abccbbdabe..ba", ".cccbcdbbeaccc", "abccbddabea.bb"]
FOUR = ["aaaaabbbcaaaaab", "aaaababccaaaaba", "abbcaabbcabbcaa", "ccccaabbcccccaa"]


def value(**request):
    return measure_agreement(request)["value"]


@pytest.mark.parametrize(
    ("level", "alpha"), [("nominal", 0.743421), ("ordinal", 0.815388), ("interval", 0.849107), ("ratio", 0.797403)]
)
def test_krippendorffs_alpha_of_his_own_example(level, alpha):
    assert value(measure="krippendorff_alpha", level=level, ratings=OBSERVERS) == pytest.approx(alpha, abs=1e-6)


@pytest.mark.parametrize(("level", "alpha"), [("nominal", 0.691), ("interval", 0.811)])
def test_krippendorffs_alpha_with_many_gaps(level, alpha):
    assert value(measure="krippendorff_alpha", level=level, ratings=CODERS) == pytest.approx(alpha, abs=0.0005)


def read(rows):
    """Return ratings that are written as a character each, a gap as a point."""
    return [[None if rating == "." else int(rating, 36) for rating in row] for row in rows]


@pytest.mark.parametrize(
    ("rows", "alpha"), [(OBSERVED, 0.481), (BEN_AND_GERRY, 0.665), (FOUR_WITH_GAPS, 0.632), (FOUR, 0.143)]
)
def test_krippendorffs_alpha_of_the_handbook_of_inter_rater_reliability(rows, alpha):
    assert value(measure="krippendorff_alpha", level="nominal", ratings=read(rows)) == pytest.approx(alpha, abs=0.0005)


def test_fleiss_kappa_of_the_handbook_of_inter_rater_reliability():
    counts = [[unit.count(category) for category in "abc"] for unit in zip(*FOUR, strict=True)]

    assert value(measure="fleiss_kappa", counts=counts) == pytest.approx(0.129, abs=0.0005)


@pytest.mark.parametrize(
    ("ratings", "form", "icc"),
    [
        (ANXIETY, "2_1", 0.198), (STEPS, "2_1", 0.108), (STEPS, "3_1", 0.695),
        *((WINES, form, icc) for form, icc in [("1_1", 0.728), ("2_1", 0.728), ("3_1", 0.729)]),
        *((WINES, form, icc) for form, icc in [("1_k", 0.914), ("2_k", 0.914), ("3_k", 0.915)]),
    ],
)  # fmt: skip
def test_intraclass_correlations_of_statistics_packages(ratings, form, icc):
    assert value(measure="icc", form=form, ratings=ratings) == pytest.approx(icc, abs=0.0005)


def test_kendalls_w_with_ties_of_statistics_packages():
    assert value(measure="kendall_w", ratings=ANXIETY) == pytest.approx(0.54, abs=0.0005)


def test_cronbachs_alpha_of_statistics_packages():
    gappy = [list(item) for item in zip(*read(PEOPLE), strict=True)]

    assert value(measure="cronbach_alpha", ratings=ITEMS) == pytest.approx(0.592, abs=0.0005)
    assert value(measure="cronbach_alpha", ratings=gappy) == pytest.approx(0.801695, abs=5e-7)


def test_cronbachs_standardised_alpha_follows_from_the_mean_correlation():
    items = [[1, 3, 2, 5, 4], [2, 3, 3, 5, 3], [10, 20, 10, 50, 40], [5, 3, 4, 4, 5]]
    mean = statistics.fmean(statistics.correlation(one, other) for one, other in combinations(items, 2))

    answer = measure_agreement({"measure": "cronbach_alpha", "ratings": items})

    assert answer["values"]["standardised"] == pytest.approx(4 * mean / (1 + 3 * mean), rel=1e-12)


def test_alpha_without_variation_is_undefined_and_warned_of():
    answer = measure_agreement({"measure": "krippendorff_alpha", "level": "nominal", "ratings": [[1, 1], [1, 1]]})

    assert answer["value"] is None
    assert [warning["code"] for warning in answer["warnings"]] == ["not_defined"]


def test_alpha_of_zeros_on_the_ratio_level():
    assert value(measure="krippendorff_alpha", level="ratio", ratings=[[0, 1], [0, 1]]) == 1.0


@pytest.mark.parametrize(
    ("form", "icc"), [("1_1", 0.17), ("2_1", 0.29), ("3_1", 0.71), ("1_k", 0.44), ("2_k", 0.62), ("3_k", 0.91)]
)
def test_six_intraclass_correlations_of_shrout_and_fleiss(form, icc):
    assert value(measure="icc", form=form, ratings=JUDGES) == pytest.approx(icc, abs=0.005)


def test_all_forms_at_once():
    answer = measure_agreement({"measure": "icc", "ratings": JUDGES})

    assert set(answer["values"]) == {"1_1", "2_1", "3_1", "1_k", "2_k", "3_k"}
    assert (answer["value"], answer["raters"], answer["units"], answer["warnings"]) == (None, 4, 6, [])


def test_intraclass_correlation_of_too_little_or_of_equals_is_undefined():
    assert measure_agreement({"measure": "icc", "ratings": [[1, 2, 3]]})["warnings"]
    assert measure_agreement({"measure": "icc", "ratings": [[2, 2], [2, 2]]})["warnings"]


@pytest.mark.parametrize("measure", ["icc", "kendall_w", "cronbach_alpha"])
def test_units_without_all_ratings_are_left_out_and_warned_of(measure):
    whole = measure_agreement({"measure": measure, "ratings": JUDGES})
    gappy = measure_agreement({"measure": measure, "ratings": [[*row, None] for row in JUDGES]})
    empty = measure_agreement({"measure": measure, "ratings": [[None, None], [1, 2]]})

    assert {**gappy, "warnings": []} == whole
    assert [warning["code"] for warning in gappy["warnings"]] == ["incomplete_units"]
    assert [warning["code"] for warning in empty["warnings"]] == ["incomplete_units", "not_defined"]
    assert (empty["value"], empty["raters"], empty["units"]) == (None, 2, 0)


def test_fleiss_kappa_of_his_own_table():
    answer = measure_agreement({"measure": "fleiss_kappa", "counts": DIAGNOSES})

    assert answer["value"] == pytest.approx(0.430, abs=0.0005)
    assert (answer["raters"], answer["units"]) == (6, 30)


def test_kendalls_w_of_siegels_executives():
    answer = measure_agreement({"measure": "kendall_w", "ratings": EXECUTIVES})

    assert answer["value"] == pytest.approx(0.16, abs=0.005)
    assert (answer["raters"], answer["units"]) == (3, 6)


def test_fleiss_kappa_of_the_textbook():
    assert value(measure="fleiss_kappa", counts=COUNTS) == pytest.approx(0.210, abs=0.0005)
    assert value(measure="fleiss_kappa", counts=[[2, 0], [2, 0]]) is None
    assert value(measure="fleiss_kappa", counts=[[2, 0], [1, 0]]) is None
    assert value(measure="fleiss_kappa", counts=[[1, 0], [0, 1]]) is None


def test_kendalls_w_of_full_agreement_none_and_ties():
    assert value(measure="kendall_w", ratings=[[1, 2, 3], [10, 20, 30]]) == 1.0
    assert value(measure="kendall_w", ratings=[[1, 2, 3], [3, 2, 1]]) == 0.0
    assert value(measure="kendall_w", ratings=[[1, 1, 2], [5, 5, 7]]) == pytest.approx(1.0, rel=1e-15)
    assert value(measure="kendall_w", ratings=[[1, 1], [2, 2]]) is None


def test_two_are_enough_to_agree_or_not():
    assert value(measure="icc", form="3_1", ratings=[[1, 2], [1, 2]]) == 1.0
    assert value(measure="kendall_w", ratings=[[1, 2], [1, 2]]) == 1.0
    assert value(measure="cronbach_alpha", ratings=[[1, 2], [1, 2]]) == 1.0
    assert value(measure="fleiss_kappa", counts=[[1, 1]]) == -1.0
    assert value(measure="krippendorff_alpha", level="nominal", ratings=[[1, 2], [1, 2]]) == 1.0


def test_as_many_as_allowed_are_measured():
    assert measure_agreement({"measure": "kendall_w", "ratings": [[*range(5000)], [*range(5000)]]})["units"] == 5000


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
def test_as_many_different_ratings_as_allowed_are_compared(level):
    """Two raters of 5,000 units who differ by one each: pair by pair that would take a minute."""
    units = range(1, 5001)
    ratings = [[10.0 * unit for unit in units], [10.0 * unit + 1 for unit in units]]

    alpha = value(measure="krippendorff_alpha", level=level, ratings=ratings)

    assert alpha == 0.0 if level == "nominal" else alpha == pytest.approx(1, abs=1e-4)


def test_without_pairs_there_is_no_alpha():
    assert value(measure="krippendorff_alpha", level="interval", ratings=[[1, None], [None, 2]]) is None


def test_r_wg_is_the_mean_over_units():
    answer = measure_agreement({"measure": "r_wg", "options": 5, "ratings": [[3, 3], [3, 4]]})

    assert (answer["values"], answer["value"]) == ([1.0, 0.75], 0.875)


def test_ranks_share_their_ties():
    assert mid_ranks([10.0, 30.0, 10.0, 20.0]) == [1.5, 4.0, 1.5, 3.0]


def test_r_wg_compares_the_spread_with_chance():
    answer = measure_agreement({"measure": "r_wg", "options": 5, "ratings": [[3, 1, 4], [3, 5, None], [3, 3, None]]})

    assert answer["values"] == [1.0, -1.0, None]
    assert answer["value"] == 0.0


def test_cronbachs_alpha_of_parallel_items():
    answer = measure_agreement({"measure": "cronbach_alpha", "ratings": [[1, 2, 3, 4], [2, 4, 6, 8]]})

    assert answer["values"]["standardised"] == pytest.approx(1.0, rel=1e-15)
    assert answer["value"] == pytest.approx(2 * (1 - (5 + 20) / 45), rel=1e-12)
    assert measure_agreement({"measure": "cronbach_alpha", "ratings": [[1, 2]]})["warnings"]
    assert measure_agreement({"measure": "cronbach_alpha", "ratings": [[1, 1], [1, 1]]})["warnings"]
    assert value(measure="cronbach_alpha", ratings=[[1, 1, 1], [1, 2, 3]]) == 0.0
    assert value(measure="cronbach_alpha", ratings=[[1, 2, 3], [3, 2, 1]]) is None


def test_opposites_on_a_ratio_scale_have_no_alpha():
    assert value(measure="krippendorff_alpha", level="ratio", ratings=[[-1, 2], [1, 2]]) is None
    assert value(measure="krippendorff_alpha", level="interval", ratings=[[-1, 2], [1, 2]]) == 0.5


@given(st.lists(st.tuples(*[st.floats(0, 9)] * 4), min_size=2, max_size=40), st.permutations(range(4)))
def test_the_order_of_raters_does_not_change_a_bit(cases, order):
    rows = [list(row) for row in zip(*cases, strict=True)]
    turned = [rows[at] for at in order]

    for measure in ("icc", "kendall_w", "cronbach_alpha"):
        answers = [measure_agreement({"measure": measure, "ratings": ratings}) for ratings in (rows, turned)]
        assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        (None, ("", "not_an_object")),
        ({}, ("/measure", "unknown_measure")),
        ({"measure": "icc", "ratings": [[1]], "level": "x"}, ("/level", "unknown_key")),
        ({"measure": "icc", "ratings": [[1, 2], [1, 2]], "form": "4_1"}, ("/form", "unknown_form")),
        ({"measure": "icc", "ratings": [[1, "2"], [1, 2]]}, ("/ratings/0/1", "not_a_number")),
        ({"measure": "icc", "ratings": []}, ("/ratings", "not_a_list")),
        ({"measure": "kendall_w", "ratings": [[1, 2], [1]]}, ("/ratings/1", "wrong_length")),
        ({"measure": "kendall_w", "ratings": [[float("nan")]]}, ("/ratings/0/0", "out_of_range")),
        ({"measure": "kendall_w", "ratings": [[10**400]]}, ("/ratings/0/0", "out_of_range")),
        ({"measure": "icc", "ratings": [[-1e200, 1]]}, ("/ratings/0/0", "out_of_range")),
        ({"measure": "krippendorff_alpha", "ratings": [[1, True]], "level": "ratio"}, ("/ratings/0/1", "not_a_number")),
        ({"measure": "krippendorff_alpha", "ratings": [[1], [1, 2]], "level": "ratio"}, ("/ratings/1", "wrong_length")),
        ({"measure": "krippendorff_alpha", "ratings": [[1, 2]]}, ("/level", "unknown_level")),
        ({"measure": "fleiss_kappa", "counts": [[1, -1]]}, ("/counts/0/1", "out_of_range")),
        ({"measure": "fleiss_kappa", "counts": [[1, 0.5]]}, ("/counts", "not_whole")),
        ({"measure": "fleiss_kappa", "counts": [[10**9 + 1, 0]]}, ("/counts", "out_of_range")),
        ({"measure": "fleiss_kappa", "counts": [[1], [1, 2]]}, ("/counts/1", "wrong_length")),
        ({"measure": "icc", "ratings": [[1] * 5001]}, ("/ratings/0", "not_a_list")),
        ({"measure": "icc", "ratings": {}}, ("/ratings", "not_a_list")),
        ({"measure": "r_wg", "ratings": [[1]]}, ("/options", "not_a_number")),
        ({"measure": "r_wg", "ratings": [[1]], "options": 1}, ("/options", "out_of_range")),
        ({"measure": "r_wg", "ratings": [[1]], "options": 2.5}, ("/options", "not_whole")),
    ],
)
def test_a_bad_request_is_refused_with_a_pointer(request_, found):
    with pytest.raises(DataInvalid) as refused:
        measure_agreement(request_)
    assert [(problem.pointer, problem.code) for problem in refused.value.problems] == [found]
