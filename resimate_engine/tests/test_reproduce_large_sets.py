"""Models in the shape of large published indices, on made-up numbers, against a few lines of NumPy."""

from typing import Any

import numpy as np
import pytest

from resimate_engine import score
from resimate_engine.document import parse
from resimate_engine.tests.documents import branch, document, leaf

pytestmark = pytest.mark.requirement("CMS-001", "CMS-002")


def measured(units: int, indicators: int, gaps: float) -> np.ndarray:
    random = np.random.Generator(np.random.PCG64(45))
    numbers = random.lognormal(size=(units, indicators)) * 10.0 ** random.integers(-3, 4, indicators)
    numbers[random.random((units, indicators)) < gaps] = np.nan
    return numbers


def as_units(numbers: np.ndarray) -> list[dict[str, Any]]:
    rows = [[None if np.isnan(value) else value for value in row] for row in numbers.tolist()]
    return [
        {"id": f"u{at}", "values": {f"i{place}": value for place, value in enumerate(row)}}
        for at, row in enumerate(rows)
    ]


def spread(numbers: np.ndarray, low: float, high: float) -> np.ndarray:
    least, most = np.nanmin(numbers, axis=0), np.nanmax(numbers, axis=0)
    return low + (numbers - least) / (most - least) * (high - low)


def test_readiness_less_vulnerability_of_192_countries_with_gaps():
    """The shape of ND-GAIN: 50 (readiness - vulnerability + 1) over 45 indicators, means of what is there."""
    places = np.split(np.arange(45), [36])
    parts = [
        branch(name, *(leaf(f"i{at}", normalisation="min_max") for at in of))
        for name, of in zip(("vulnerability", "readiness"), places, strict=True)
    ]
    root = {"aggregation": {"method": "formula", "expression": "50 * (readiness - vulnerability + 1)"}}
    model = parse(document(*parts, root=root, mode="relative", scale={"low": 0, "high": 1}))
    numbers = measured(192, 45, gaps=0.15)

    found: list[Any] = [result["score"] for result in score(model, as_units(numbers)).results]

    shares = spread(numbers, 0, 1)
    vulnerability, readiness = (np.nanmean(shares[:, of], axis=1) for of in places)
    assert found == pytest.approx((50 * (readiness - vulnerability + 1)).tolist(), rel=1e-12)


def test_six_capitals_of_3142_counties():
    """The shape of BRIC: min-max indicators, their means as capitals, the capitals' sum from 0 to 6."""
    places = np.array_split(np.arange(45), 6)
    parts = [
        branch(f"capital{at}", *(leaf(f"i{place}", normalisation="min_max") for place in of))
        for at, of in enumerate(places)
    ]
    data = document(*parts, root={"aggregation": "sum"}, mode="relative", scale={"low": 0, "high": 1})
    numbers = measured(3142, 45, gaps=0.0)

    found: list[Any] = [result["score"] for result in score(parse(data), as_units(numbers), {"include": []}).results]

    shares = spread(numbers, 0, 1)
    assert found == pytest.approx(sum(shares[:, of].mean(axis=1) for of in places).tolist(), rel=1e-12)
    assert 0 < min(found) < max(found) < 6
