"""Means of exact numbers are exact: bands, ties and ranks are those that a person with a pencil gets."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resimate_engine import exact, score
from resimate_engine.aggregation import Children, arithmetic_mean, weighted_sum
from resimate_engine.document import parse
from resimate_engine.model import Scale
from resimate_engine.tests.documents import document, leaf

WEIGHTS = st.decimals("0.001", "1000", places=3).map(float)
VALUES = st.one_of(
    st.integers(-1000, 1000).map(float), st.floats(-1e6, 1e6), st.sampled_from([1e-300, 1e200, 0.1, 1 / 3])
)


def family(columns: list[list[float]], weights: list[float]) -> Children:
    arrays = [np.array(column, dtype=np.float64) for column in columns]
    return Children([""] * len(arrays), arrays, weights, [False] * len(arrays), Scale(0.0, 100.0))


def pencil(values: list[float], weights: list[float]) -> float:
    parts = [exact.fraction(weight) for weight in weights]
    return float(sum(p * Fraction(v) for p, v in zip(parts, values, strict=True)) / sum(parts))


@settings(max_examples=300)
@given(st.lists(st.tuples(VALUES, WEIGHTS), min_size=1, max_size=8))
def test_a_mean_is_the_double_next_to_the_true_one(pairs: list[tuple[float, float]]) -> None:
    values, weights = [value for value, _ in pairs], [weight for _, weight in pairs]

    found = float(arithmetic_mean(family([[value] for value in values], weights))[0])

    true = pencil(values, weights)
    largest = max(abs(value) for value in values)
    assert found == true or abs(found - true) <= 2.0**-60 * largest  # only where values cancel out


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 100), WEIGHTS), min_size=1, max_size=8))
def test_a_sum_is_the_double_next_to_the_true_one(pairs: list[tuple[int, float]]) -> None:
    values, weights = [float(value) for value, _ in pairs], [weight for _, weight in pairs]

    found = weighted_sum(family([[value] for value in values], weights), rescale=False)

    assert found.tolist() == [float(sum(exact.fraction(w) * Fraction(v) for v, w in zip(values, weights, strict=True)))]


@given(st.lists(st.lists(VALUES, min_size=3, max_size=3), min_size=2, max_size=9), st.data())
def test_a_row_has_the_same_bits_whatever_stands_beside_it(rows: list[list[float]], data: Any) -> None:
    weights = data.draw(st.lists(WEIGHTS, min_size=3, max_size=3))
    columns = [list(column) for column in zip(*rows, strict=True)]
    together = arithmetic_mean(family(columns, weights)).tolist()

    alone = [float(arithmetic_mean(family([[value] for value in row], weights))[0]) for row in rows]

    assert together == alone


BANDS = [{"from": 0, "code": "low"}, {"from": 50, "code": "good"}]
GOALPOSTS: dict[str, Any] = {"normalisation": {"method": "goalposts", "low": 0, "high": 100}}


def scored(aggregation: Any, units: list[dict[str, Any]], weights: tuple[float, float] = (0.1, 0.2)) -> list[Any]:
    leaves = [leaf(code, weight=weight, **GOALPOSTS) for code, weight in zip("ab", weights, strict=True)]
    model = parse(document(*leaves, root={"aggregation": aggregation}, bands=BANDS))
    results = score(model, [{"id": str(n), "values": unit} for n, unit in enumerate(units)]).results
    return [(result["score"], result["band"], result["rank"]) for result in results]


@pytest.mark.parametrize(
    "aggregation",
    [
        "arithmetic_mean",
        {"method": "power_mean", "exponent": 1},
        {"method": "owa", "weights": [0.2, 0.1]},
        {"method": "sum", "rescale": True},
    ],
)
def test_a_score_on_the_edge_of_a_band_is_in_it_and_ties_with_its_equal(aggregation: Any) -> None:
    weights = (0.1, 0.2) if aggregation != {"method": "sum", "rescale": True} else (0.1, 0.9)
    values = {"a": 30, "b": 60} if weights == (0.1, 0.2) else {"a": 50, "b": 50}

    assert scored(aggregation, [values, {"a": 50, "b": 50}], weights) == [(50.0, "good", 1), (50.0, "good", 1)]


def test_a_penalty_in_tenths_is_exact() -> None:
    found = scored({"method": "min_penalised", "lambda": 0.7}, [{"a": 30, "b": 60}])

    assert found == [(44.0, "low", 1)]  # 0.7 * 50 + 0.3 * 30


def test_values_between_decimal_goalposts_are_exact() -> None:
    posts: dict[str, Any] = {"normalisation": {"method": "goalposts", "low": 0.1, "high": 0.5}}
    model = parse(document(leaf("a", **posts), bands=BANDS))

    (result,) = score(model, [{"id": "x", "values": {"a": 0.3}}]).results

    assert (result["score"], result["band"]) == (50.0, "good")


def test_a_missing_child_leaves_the_mean_of_the_others_exact() -> None:
    columns = [[30.0], [60.0], [float("nan")]]

    assert arithmetic_mean(family(columns, [0.1, 0.2, 0.4])).tolist() == [50.0]
