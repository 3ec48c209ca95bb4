"""Distances by ratio of many numbers: the same sum as pair by pair, in a time that does not grow with the pairs."""

import math

import numpy as np
import pytest

from resimate_engine import agreement, ratios

RANDOM = np.random.Generator(np.random.PCG64(7))
CASES = {
    "one size": RANDOM.random(900) + 1e-3,
    "all sizes": 10 ** RANDOM.uniform(-300, 90, 900),
    "the smallest doubles": 5e-324 * np.arange(1, 300),
    "close together": 1000 + RANDOM.random(900),
    "a cluster and one far away": np.append(1 + RANDOM.random(900) * 1e-9, 2.0),
    "a cluster on the edge of a block": np.r_[0.5, math.e / 2 + np.arange(-400, 400) * 2e-13, 9.0],
    "whole numbers": np.arange(1.0, 900.0),
    "two clusters far apart": np.r_[1 + np.arange(40) * 1e-3, 1e50 + np.arange(40) * 1e47],
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_the_sum_over_all_pairs(case: str) -> None:
    values = np.unique(CASES[case])
    times = RANDOM.integers(1, 5, len(values)).astype(np.float64)

    assert ratios.by_blocks(values, times) == pytest.approx(ratios.directly(values, times), rel=1e-13)


@pytest.mark.parametrize("sign", [1, -1])
def test_alpha_is_the_same_with_few_and_with_many_different_ratings(sign: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ratings = (sign * RANDOM.integers(0, 400, (3, 200))).astype(float).tolist()
    found = agreement.krippendorff_alpha(ratings, "ratio")

    monkeypatch.setattr(agreement, "FEW", 10**9)

    assert found == pytest.approx(agreement.krippendorff_alpha(ratings, "ratio"), abs=1e-13)


def test_half_a_million_different_ratings_take_no_longer_than_reading_them() -> None:
    values = np.sort(RANDOM.random(200_000)) + 1e-6

    assert 0 < ratios.by_blocks(values, np.ones(len(values))) < len(values) ** 2  # pair by pair: minutes
