"""Weights of a node's children, by method. Weights are relative: only their ratios matter.

The functions on plain numbers serve the stateless calculation of weights; the methods of the table call them with what
a document says, and with the children's columns over the population, in the order of the document. ``columns`` as one
array has a row a column, and its units in an order of their own: sums go by it.
Sources: OECD/JRC Handbook (2008), step 6; Saaty, The Analytic Hierarchy Process (1980); Barron and Barrett (1996);
Diakoulaki et al., CRITIC (1995); Shannon entropy after Zeleny (1982).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul, sub
from typing import Final, TypeAlias

import numpy as np

from resimate_engine import arrays
from resimate_engine.agreement import correlations
from resimate_engine.arrays import Array
from resimate_engine.model import Node
from resimate_engine.registry import Parameter, method, numbers, table
from resimate_text.sentences import Sentence

Row: TypeAlias = Sequence[float]
Matrix: TypeAlias = Sequence[Row]

RANDOM_INDEX: Final = {
    3: 0.58, 4: 0.90, 5: 1.12, 6: 1.24, 7: 1.32, 8: 1.41, 9: 1.45, 10: 1.49,
    11: 1.51, 12: 1.48, 13: 1.56, 14: 1.57, 15: 1.59,
}  # fmt: skip
MOST_STARTS: Final = 10
SQUARINGS: Final = 5
MOST_ROUNDS: Final = 50
MOST_COMPARED: Final = 100
LEAST_COMPARISON: Final = 1e-9
STILL: Final = 1e-15
LEAST: Final = 5e-324
SHIFT: Final = 128
APART: Final = 1e-9
TOO_FEW: Final = Sentence("at least two units are needed")
MATRIX: Final = Parameter({"type": "array", "items": table(minimum=0).schema, "minItems": 1, "maxItems": 1000})


class WeightsUndefined(ValueError):
    """Numbers from which a method cannot make weights; the message is fit to show."""


def shares(values: Row) -> list[float]:
    """Return non-negative values by their sum.

    >>> shares([1.0, 3.0])
    [0.25, 0.75]
    """
    try:
        whole = math.fsum(values)
    except OverflowError:
        whole = math.inf
    _check_whole(whole, min(values))
    return [value / whole for value in values]


def _check_whole(whole: float, least: float) -> None:
    if not (whole > 0 and math.isfinite(whole)) or least < 0:
        raise WeightsUndefined(Sentence("weights must be non-negative numbers, not all of them zero"))


def budget_allocation(allocations: Matrix) -> list[float]:
    """Return the mean over experts of how each has shared out a budget.

    >>> budget_allocation([[60.0, 40.0], [3.0, 1.0]])
    [0.675, 0.325]
    """
    experts = [shares(allocation) for allocation in allocations]
    return shares([arrays.mean(column) for column in zip(*experts, strict=True)])


def rank_order_centroid(ranks: Row) -> list[float]:
    """Return w_r = 1/n sum over k from r to n of 1/k; ties share the mean of their places (Barron and Barrett, 1996).

    >>> rank_order_centroid([1, 2])
    [0.75, 0.25]
    """
    n = len(ranks)
    sums = [0]
    for k in range(n, 0, -1):  # exact: every 1 / k is a whole number of 2**-SHIFT
        sums.append(sums[-1] + int(math.ldexp(1.0 / k, SHIFT)))
    return _by_place(ranks, [whole / (1 << SHIFT) / n for whole in sums[:0:-1]])


def rank_sum(ranks: Row) -> list[float]:
    """Return w_r in proportion to n + 1 - r; ties share the mean of their places (Stillwell et al., 1981).

    >>> rank_sum([2, 1])
    [0.3333333333333333, 0.6666666666666666]
    """
    n = len(ranks)
    return _by_place(ranks, shares([float(n + 1 - place) for place in range(1, n + 1)]))


def _by_place(ranks: Row, places: Row) -> list[float]:
    tied: dict[float, list[float]] = {}
    for rank, place in zip(sorted(ranks), places, strict=True):
        tied.setdefault(rank, []).append(place)
    means = {rank: arrays.mean(shared) for rank, shared in tied.items()}
    return [means[rank] for rank in ranks]


def ahp(matrices: Sequence[Matrix]) -> list[float]:
    """Return the principal eigenvector of a matrix of pairwise comparisons, summing to one (Saaty, 1980).

    Several experts' matrices are combined first. Raises ``WeightsUndefined`` as ``combined`` does.
    """
    return principal(combined(matrices))


def combined(matrices: Sequence[Matrix]) -> Matrix:
    """Return the geometric means of the experts' entries (Aczel and Saaty, 1983).

    Raises ``WeightsUndefined`` for a matrix that is not square and positive.
    """
    _check_square(matrices)
    if len(matrices) == 1:
        return matrices[0]
    places = range(len(matrices[0]))
    return [[_geometric_mean([matrix[i][j] for matrix in matrices]) for j in places] for i in places]


def _check_square(matrices: Sequence[Matrix]) -> None:
    size = len(matrices[0])
    if size > MOST_COMPARED:
        raise WeightsUndefined(Sentence("at most {most} things can be compared", most=MOST_COMPARED))
    for matrix in matrices:
        if len(matrix) != size or any(len(row) != size for row in matrix):
            raise WeightsUndefined(Sentence("matrices must be square and of one size"))
        if not (min(map(min, matrix)) >= LEAST_COMPARISON and max(map(max, matrix)) <= 1 / LEAST_COMPARISON):
            raise WeightsUndefined(Sentence("comparisons must be positive, and neither tiny nor huge"))


def _geometric_mean(values: Row) -> float:
    return math.exp(math.fsum(map(math.log, values)) / len(values))


def principal(matrix: Matrix) -> list[float]:
    """Return the principal eigenvector of a positive matrix, summing to one, by power iteration with exact sums.

    It starts from the rows of the matrix squared ``SQUARINGS`` times, which takes as long as a few steps; where
    comparisons contradict each other without measure, from those of it squared again and again.
    """
    power = np.array(matrix, dtype=np.float64)
    weights: list[float] = []
    change, starts = 1.0, 0
    while change > STILL and starts < MOST_STARTS:
        for _ in range(SQUARINGS):
            power = _squared(power)
        weights, change = _iterated(matrix, shares(list(map(math.fsum, power.tolist()))))
        starts += 1
    return weights


def _iterated(matrix: Matrix, weights: list[float]) -> tuple[list[float], float]:
    """Return where steps of power iteration come to, and how far the last one went."""
    change, rounds = 1.0, 0
    while change > STILL and rounds < MOST_ROUNDS:
        following = shares([math.fsum(map(mul, row, weights)) for row in matrix])
        change = max(map(abs, map(sub, following, weights)))
        weights, rounds = following, rounds + 1
    return weights, change


def _squared(matrix: Array) -> Array:
    """Return a positive matrix times itself, over its largest entry; things may be compared in any order."""
    terms = matrix[:, np.newaxis, :] * matrix.T
    terms.sort(axis=-1)
    product = terms.sum(axis=-1)
    return np.asarray(product / product.max(), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Consistency:
    """How consistent comparisons are: no ``ratio`` without a random index."""

    lambda_max: float
    index: float
    ratio: float | None


def consistency(matrix: Matrix, weights: Row) -> Consistency:
    """Return the principal eigenvalue of comparisons, the index (lambda - n) / (n - 1) and its ratio to chance's."""
    size = len(matrix)
    products = [math.fsum(map(mul, row, weights)) / weight for row, weight in zip(matrix, weights, strict=True)]
    lambda_max = max(arrays.mean(products), float(size))
    index = (lambda_max - size) / (size - 1) if size > 1 else 0.0
    if size < 3:
        return Consistency(lambda_max, index, 0.0)
    by_chance = RANDOM_INDEX.get(size)
    return Consistency(lambda_max, index, index / by_chance if by_chance else None)


def entropy(columns: Array) -> list[float]:
    """Return weights in proportion to 1 - e, with e = -sum p ln p / ln n of each column's shares p.

    With q = n p, a value by its column's mean, 1 - e is the mean of q ln q - (q - 1) by ln n: of columns that hardly
    vary little would be left of 1 - e itself. Raises ``WeightsUndefined`` for negative values, and when no column
    tells units apart.
    """
    _check_rows(columns)
    with np.errstate(over="ignore"):
        whole = columns.sum(axis=-1)
    for total, least in zip(whole.tolist(), columns.min(axis=-1).tolist(), strict=True):
        _check_whole(total, least)
    centre = arrays.means(columns)[:, np.newaxis]
    with np.errstate(all="ignore"):  # the mean of the smallest doubles may be zero: then there are no weights
        ratio, apart = columns / centre, (columns - centre) / centre
        logarithm = np.log(np.maximum(ratio, LEAST))  # 0 ln 0 is 0
        near = (apart.min(axis=-1) > -0.5) & (apart.max(axis=-1) < 0.5)
        if near.any():
            logarithm[near] = np.log1p(apart[near])
        order = (ratio * logarithm - apart).mean(axis=-1)
    return shares(np.maximum(order, 0.0).tolist())


def _check_rows(columns: Array) -> None:
    if columns.shape[-1] < 2:
        raise WeightsUndefined(TOO_FEW)


def standard_deviation(columns: Array) -> list[float]:
    """Return weights in proportion to each column's standard deviation."""
    _check_rows(columns)
    return shares(arrays.standard_deviation(columns).tolist())


def critic(columns: Array) -> list[float]:
    """Return weights in proportion to s_j times the sum over k of 1 - r_jk (Diakoulaki et al., 1995)."""
    _check_rows(columns)
    conflict = map(math.fsum, (1.0 - correlations(columns)).tolist())
    spreads = arrays.standard_deviation(columns).tolist()
    return shares([max(spread * against, 0.0) for spread, against in zip(spreads, conflict, strict=True)])


def pca(columns: Array) -> list[float]:
    """Return the squared loadings of the first principal component of the correlations: its variance, by column.

    Squares keep weights positive where loadings differ in sign (OECD/JRC Handbook, section 6.1). Raises
    ``WeightsUndefined`` where no component comes first, as when nothing varies or nothing varies together.
    """
    _check_rows(columns)
    found = correlations(columns)
    sizes, vectors = np.linalg.eigh(found)
    second, first = [0.0, *sizes.tolist()][-2:]
    if not first - second > APART * first:
        raise WeightsUndefined(Sentence("no principal component stands out from the others"))
    varying = np.diagonal(found) > 0  # the others' loadings are nothing but rounding
    return shares(np.where(varying, vectors[:, -1] ** 2, 0.0).tolist())


def min_max(columns: Array, directions: Sequence[int]) -> Array:
    """Return columns spread over 0 to 1, turned where the direction is negative; one that does not vary is all zero."""
    turned = columns * np.array(directions, dtype=np.float64)[:, np.newaxis]
    low, high = turned.min(axis=-1, keepdims=True), turned.max(axis=-1, keepdims=True)
    with np.errstate(over="ignore"):
        return arrays.divide(turned - low, np.where(high > low, high - low, 1.0))


@method("weights", "direct")
def _direct(children: Sequence[Node], columns: Sequence[Array]) -> list[float]:
    """Take the weights written on the children."""
    return [child.weight for child in children]


@method("weights", "equal")
def _equal(children: Sequence[Node], columns: Sequence[Array]) -> list[float]:
    """Take one for every child, whatever is written on it."""
    return [1.0] * len(children)


@method("weights", "budget_allocation", parameters={"allocations": table(minimum=0)})
def _budget_allocation(children: Sequence[Node], columns: Sequence[Array], *, allocations: Matrix) -> list[float]:
    """Take the mean of the experts' shares: a row an expert, a column a child."""
    return budget_allocation(allocations)


@method("weights", "rank_order_centroid", parameters={"ranks": numbers(minimum=1)})
def _rank_order_centroid(children: Sequence[Node], columns: Sequence[Array], *, ranks: Row) -> list[float]:
    """Take the centroid of all weights that respect the children's ranks, 1 being the most important."""
    return rank_order_centroid(ranks)


@method("weights", "rank_sum", parameters={"ranks": numbers(minimum=1)})
def _rank_sum(children: Sequence[Node], columns: Sequence[Array], *, ranks: Row) -> list[float]:
    """Take weights that fall evenly with the children's ranks."""
    return rank_sum(ranks)


@method("weights", "ahp", parameters={"matrices": MATRIX})
def _ahp(children: Sequence[Node], columns: Sequence[Array], *, matrices: Sequence[Matrix]) -> list[float]:
    """Take the principal eigenvector of the experts' comparisons of children, in the order of the document."""
    return ahp(matrices)


@method("weights", "entropy", relative=True)
def _entropy(children: Sequence[Node], columns: Sequence[Array]) -> list[float]:
    """Weigh children by how unevenly their scores are spread over units."""
    return entropy(complete(columns))


@method("weights", "critic", relative=True)
def _critic(children: Sequence[Node], columns: Sequence[Array]) -> list[float]:
    """Weigh children by the spread of their scores and their conflict with the others."""
    return critic(min_max(complete(columns), [1] * len(columns)))


@method("weights", "standard_deviation", relative=True)
def _standard_deviation(children: Sequence[Node], columns: Sequence[Array]) -> list[float]:
    """Weigh children by the standard deviation of their scores."""
    return standard_deviation(complete(columns))


@method("weights", "pca", relative=True)
def _pca(children: Sequence[Node], columns: Sequence[Array]) -> list[float]:
    """Weigh children by their part in the first principal component of their scores."""
    order = sorted(range(len(children)), key=lambda place: children[place].code)  # one order, one set of bits
    found = dict(zip(order, pca(complete([columns[place] for place in order])), strict=True))
    return [found[place] for place in range(len(children))]


def complete(columns: Sequence[Array]) -> Array:
    """Return the columns of the units that have all values. Raises ``WeightsUndefined`` when these are too few."""
    stacked = np.stack(columns)
    if not np.isfinite(stacked).all():
        stacked = np.compress(np.isfinite(stacked).all(axis=0), stacked, axis=1)
    _check_rows(stacked)
    return stacked
