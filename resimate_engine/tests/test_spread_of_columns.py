"""Means and spreads of whole tables of columns, and the weights that follow from them."""

import math
import statistics

import numpy as np
import pytest

from resimate_engine import find_weights
from resimate_engine.arrays import deviations, standard_deviation, variance
from resimate_engine.tests.documents import branch, document, leaf, results

pytestmark = pytest.mark.requirement("CMS-002")
COLUMNS = [[2.0, 4.0, 9.0, 5.0], [10.0, 80.0, 20.0, 30.0], [0.5, 0.25, 0.5, 0.75]]


@pytest.mark.parametrize("power", [-900, -200, 0, 200, 900])
def test_every_column_of_a_table_has_its_own_spread(power):
    columns = [*COLUMNS, [value * 2.0**power for value in COLUMNS[0]], [-7.0] * 4]

    found = standard_deviation(np.array(columns)).tolist()

    scaled = statistics.stdev(COLUMNS[0]) * 2.0**power
    assert found == pytest.approx([*map(statistics.stdev, COLUMNS), scaled, 0.0], rel=1e-14, abs=0)


def test_variance_is_the_square_of_the_spread():
    assert float(variance(np.array([2.0, 4.0, 6.0]) * 2.0**200)) == 4 * 2.0**400
    assert float(variance(np.array([2.0, 4.0, 6.0]) * 2.0**-200)) == 4 * 2.0**-400
    assert math.isnan(float(variance(np.array([2.0, 4.0, 6.0]) * 2.0**600)))


@pytest.mark.parametrize("far", [2.0**1000, -(2.0**1000)])
def test_distances_are_brought_near_by_the_farthest_on_either_side(far):
    apart, exponent = deviations(np.array([[0.0, 0.0, far], [1.0, 2.0, 3.0], [0.0, 0.0, 2.0**-1060]]))

    assert exponent.tolist() == [1000, 0, -1000]
    assert apart[1].tolist() == [-1.0, 0.0, 1.0]
    assert np.abs(apart[0]).max() == pytest.approx(2 / 3)
    assert np.abs(apart[2]).max() == pytest.approx(2 / 3 * 2.0**-60)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_distances_beyond_the_doubles_are_none(sign):
    apart, exponent = deviations(np.array([[1.7e308 * sign] * 3 + [-1.7e308 * sign], [1.0, 1.0, 1.0, 5.0]]))

    assert np.isnan(apart[0]).all()
    assert apart[1].tolist() == [-1.0, -1.0, -1.0, 3.0]
    assert exponent.tolist() == [0, 0]


def _spread_out(column, direction):
    low, high = min(column), max(column)
    return [((value - low) if direction > 0 else (high - value)) / (high - low) for value in column]


@pytest.mark.parametrize("directions", [[1, 1, 1], [1, -1, 1]])
def test_weights_come_from_columns_spread_over_zero_to_one(directions):
    spread_out = [_spread_out(*pair) for pair in zip(COLUMNS, directions, strict=True)]
    spreads = [statistics.stdev(column) for column in spread_out]
    conflict = [sum(1 - statistics.correlation(one, other) for other in spread_out) for one in spread_out]
    amounts = [spread * against for spread, against in zip(spreads, conflict, strict=True)]

    data = [list(row) for row in zip(*COLUMNS, strict=True)]
    request = {"data": data, "directions": directions}

    found = find_weights({"method": "standard_deviation", **request})["weights"]
    assert found == pytest.approx([spread / sum(spreads) for spread in spreads], rel=1e-12)
    found = find_weights({"method": "critic", **request})["weights"]
    assert found == pytest.approx([amount / sum(amounts) for amount in amounts], rel=1e-12)


@pytest.mark.parametrize("method", ["entropy", "critic", "pca"])
def test_a_models_weights_rest_on_units_with_all_values_and_belong_to_their_children(method):
    rows = [*zip("pqrs", *COLUMNS, strict=True), ("t", 1.0, None, 0.1)]
    units = [{"id": name, "values": dict(zip("abc", values, strict=True))} for name, *values in rows]
    expected = find_weights({"method": method, "data": [list(row) for row in zip(*COLUMNS, strict=True)]})["weights"]

    found = []
    for order in ("abc", "cab"):
        inner = branch("d", *(leaf(code, normalisation="none") for code in order))
        nodes = results(document(inner, mode="relative", weights={"d": method}), *units)[0]["nodes"]
        found.append([nodes[code]["weight"] for code in "abc"])

    assert found[0] == found[1] == pytest.approx(expected, rel=1e-12)
