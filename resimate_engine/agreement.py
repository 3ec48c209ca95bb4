"""Agreement between raters. A measure that is not defined, because nothing varies or too little is there, is None.

Sources: Krippendorff, Computing Krippendorff's Alpha-Reliability (2011); Shrout and Fleiss (1979) for the six forms of
the intraclass correlation; Fleiss (1971); Kendall and Babington Smith (1939); James, Demaree and Wolf (1984);
Cronbach (1951).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from resimate_engine import arrays, ratios
from resimate_engine.arrays import LEVEL, Array

Ratings: TypeAlias = Sequence[Sequence[float | None]]
Complete: TypeAlias = Sequence[Sequence[float]]
Counts: TypeAlias = Counter[float]
Disagreement: TypeAlias = Callable[[Counts], float]  # the sum of squared distances of all pairs of ratings

FEW: Final = 256  # different values whose pairs take no longer one by one


def krippendorff_alpha(ratings: Ratings, level: str) -> float | None:
    """Return alpha = 1 - (N - 1) sum o_ck d_ck / sum n_c n_k d_ck; rows are raters, columns units.

    ``level`` is nominal, ordinal, interval or ratio. Units with a single rating say nothing about agreement.

    >>> krippendorff_alpha([[1, 2, 3], [1, 2, 3]], "nominal")
    1.0
    """
    units = [[value for value in column if value is not None] for column in zip(*ratings, strict=True)]
    paired = [Counter(unit) for unit in units if len(unit) > 1]
    counts = Counter(value for unit in paired for value in unit.elements())
    disagreement = LEVELS[level](counts)
    expected = disagreement(counts)
    if not 0 < expected < math.inf:
        return None
    observed = math.fsum(disagreement(unit) / (unit.total() - 1) for unit in paired)
    return 1.0 - (counts.total() - 1) * observed / expected


def _nominal(counts: Counts) -> Disagreement:
    return lambda unit: float(unit.total() ** 2 - sum(count * count for count in unit.values()))


def _interval(counts: Counts) -> Disagreement:
    return lambda unit: _distances(unit, {value: value for value in unit})


def _distances(unit: Counts, places: Mapping[float, float]) -> float:
    """Return the sum of squared distances of all pairs, by way of those from the mean, which are fewer."""
    if len(unit) < 2:
        return 0.0
    centre = math.fsum(count * places[value] for value, count in unit.items()) / unit.total()
    return 2 * unit.total() * math.fsum(count * (places[value] - centre) ** 2 for value, count in unit.items())


def _ratio(counts: Counts) -> Disagreement:
    """Numbers below zero are on no such scale: from one to its opposite the distance has no end."""
    return _shares_apart


def _shares_apart(unit: Counts) -> float:
    values = np.array(sorted(unit), dtype=np.float64)
    times = np.array([unit[value] for value in values.tolist()], dtype=np.float64)
    if len(values) <= FEW or values[0] < 0 < values[-1]:
        return ratios.directly(values, times)
    if values[0] < 0:
        values, times = -values[::-1], times[::-1]
    zeros = float(times[values == 0].sum())  # nothing is all the way from anything
    positive = values > 0
    return 2.0 * zeros * float(times[positive].sum()) + ratios.by_blocks(values[positive], times[positive])


def _ordinal(counts: Counts) -> Disagreement:
    """Distance is the number of ratings from one value to the other, the ends counting half."""
    upto: dict[float, float] = {}
    running = 0
    for value in sorted(counts):
        upto[value] = running + counts[value] / 2
        running += counts[value]
    return lambda unit: _distances(unit, upto)


LEVELS: Final[Mapping[str, Callable[[Counts], Disagreement]]] = {
    "nominal": _nominal,
    "ordinal": _ordinal,
    "interval": _interval,
    "ratio": _ratio,
}


@dataclass(frozen=True, slots=True)
class Squares:
    """Mean squares of n targets by k judges: between targets, within, between judges, residual."""

    n: int
    k: int
    between: float
    within: float
    judges: float
    error: float


FORMS: Final[Mapping[str, Callable[[Squares], tuple[float, float]]]] = {
    "1_1": lambda s: (s.between - s.within, s.between + (s.k - 1) * s.within),
    "2_1": lambda s: (s.between - s.error, s.between + (s.k - 1) * s.error + s.k * (s.judges - s.error) / s.n),
    "3_1": lambda s: (s.between - s.error, s.between + (s.k - 1) * s.error),
    "1_k": lambda s: (s.between - s.within, s.between),
    "2_k": lambda s: (s.between - s.error, s.between + (s.judges - s.error) / s.n),
    "3_k": lambda s: (s.between - s.error, s.between),
}


def icc(ratings: Complete) -> dict[str, float | None]:
    """Return the six intraclass correlations by form; rows are raters, columns units, without gaps."""
    if len(ratings) < 2 or len(ratings[0]) < 2:
        return dict.fromkeys(FORMS)
    squares = _squares(ratings)
    found = {form: parts(squares) for form, parts in FORMS.items()}
    return {form: above / below if below > 0 else None for form, (above, below) in found.items()}


def _squares(ratings: Complete) -> Squares:
    k, n = len(ratings), len(ratings[0])
    units = list(zip(*ratings, strict=True))
    grand = arrays.mean(value for row in ratings for value in row)
    all_ = math.fsum((value - grand) ** 2 for row in ratings for value in row)
    between = k * math.fsum((arrays.mean(unit) - grand) ** 2 for unit in units)
    judges = n * math.fsum((arrays.mean(row) - grand) ** 2 for row in ratings)
    return Squares(
        n=n,
        k=k,
        between=between / (n - 1),
        within=max(all_ - between, 0.0) / (n * (k - 1)),
        judges=judges / (k - 1),
        error=max(all_ - between - judges, 0.0) / ((n - 1) * (k - 1)),
    )


def fleiss_kappa(counts: Sequence[Sequence[int]]) -> float | None:
    """Return kappa = (P - Pe) / (1 - Pe); rows are units, columns how many raters chose each category.

    Every unit must have the same number of ratings, at least two; otherwise kappa is not defined.
    """
    ratings = sum(counts[0])
    if ratings < 2 or any(sum(row) != ratings for row in counts):
        return None
    agreed = arrays.mean((math.fsum(n * n for n in row) - ratings) / (ratings * (ratings - 1)) for row in counts)
    shares = [sum(column) / (len(counts) * ratings) for column in zip(*counts, strict=True)]
    chance = math.fsum(share * share for share in shares)
    return (agreed - chance) / (1.0 - chance) if chance < 1 else None


def kendall_w(ratings: Complete) -> float | None:
    """Return W = 12 S / (m^2 (n^3 - n) - m T), corrected for ties; rows are m raters, columns n units."""
    raters, units = len(ratings), len(ratings[0])
    if units < 2:
        return None
    ranks = [mid_ranks(row) for row in ratings]
    sums = [math.fsum(column) for column in zip(*ranks, strict=True)]
    centre = arrays.mean(sums)
    spread = math.fsum((total - centre) ** 2 for total in sums)
    ties = sum(count**3 - count for row in ratings for count in Counter(row).values())
    most = raters**2 * (units**3 - units) - raters * ties
    return 12.0 * spread / most if most > 0 else None


def mid_ranks(values: Sequence[float]) -> list[float]:
    """Return ranks from 1, ties sharing the mean of theirs.

    >>> mid_ranks([10.0, 30.0, 10.0])
    [1.5, 3.0, 1.5]
    """
    counts = Counter(values)
    below = dict.fromkeys(counts, 0)
    running = 0
    for value in sorted(counts):
        below[value] = running
        running += counts[value]
    return [below[value] + (counts[value] + 1) / 2 for value in values]


def r_wg(ratings: Ratings, options: int) -> list[float | None]:
    """Return 1 - s^2 / ((A^2 - 1) / 12) for every unit, with A ``options`` and the sample variance s^2 over raters."""
    chance = (options**2 - 1) / 12
    units = [[value for value in column if value is not None] for column in zip(*ratings, strict=True)]
    return [1.0 - _variance(unit) / chance if len(unit) > 1 else None for unit in units]


@dataclass(frozen=True, slots=True)
class Consistency:
    """Cronbach's alpha of a set of items: raw, and standardised from the mean correlation."""

    raw: float | None
    standardised: float | None


def cronbach_alpha(items: Complete) -> Consistency:
    """Return k / (k - 1) (1 - sum var / var total), raw and of z-scores; rows are items, columns cases.

    Of z-scores it is k r / (1 + (k - 1) r), with r the mean correlation of the items.
    """
    k = len(items)
    if k < 2 or len(items[0]) < 2:
        return Consistency(None, None)
    spreads = [math.sqrt(_variance(item)) for item in items]
    if not min(spreads) > 0:
        return Consistency(_raw(items), None)
    return Consistency(_raw(items), _raw(list(map(_scored, items, spreads))))


def _scored(values: Sequence[float], spread: float) -> list[float]:
    centre = arrays.mean(values)
    return [(value - centre) / spread for value in values]


def _raw(items: Complete) -> float | None:
    k = len(items)
    parts = math.fsum(map(_variance, items))
    total = _variance([math.fsum(case) for case in zip(*items, strict=True)])
    return k / (k - 1) * (1.0 - parts / total) if total > LEVEL * parts else None


def _variance(values: Sequence[float]) -> float:
    return float(arrays.variance(np.sort(values)))  # sums go by rows, and raters have no order of their own


def correlations(columns: Array) -> Array:
    """Return Pearson's r of every pair of columns, which are the rows of an array; 0 where one does not vary.

    >>> correlations(np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]])).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    apart, _ = arrays.deviations(columns)  # r does not depend on units
    products = np.array([(apart * column).sum(axis=-1) for column in apart])
    spreads = np.diagonal(products)
    scale = np.sqrt(np.outer(spreads, spreads))
    coefficients: Array = np.divide(products, scale, out=np.zeros_like(products), where=scale > 0)
    return coefficients.clip(-1.0, 1.0)
