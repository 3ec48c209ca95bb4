"""Aggregations that rank the units of the call against each other, child by child, instead of averaging scores.

The node's value is the method's own score. Source: OECD/JRC Handbook (2008), section 6.6 (non-compensatory
multi-criteria approach); Munda and Nardo (2009).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from apps.models.engine.aggregation import Children, total, weight_present
from apps.models.engine.arrays import Array, divide, known, weigh
from apps.models.engine.registry import method

MOST_UNITS_FOR_KEMENY: Final = 14


@method("aggregation", "copeland", relative=True)
def copeland(children: Children) -> Array:
    """Return how many units a unit beats minus how many beat it.

    A unit beats another when the children in which it is better weigh more than those in which it is worse, of the
    children in which both have a value (Copeland, 1951).
    """
    scores = [np.sign(row).sum() for row in margins(children)]
    return np.array(scores, dtype=np.float64)


def margins(children: Children) -> Iterator[Array]:
    """Yield, unit by unit, the weight for minus the weight against it in comparison with every unit."""
    for row in range(len(children.columns[0])):
        better = [np.nan_to_num(np.sign(column[row] - column)) for column in children.columns]
        yield total(weigh(better, children.weights))


@method("aggregation", "borda", relative=True)
def borda(children: Children) -> Array:
    """Return the weighted sum over children of how many units are worse; missing children are made up for (Borda)."""
    points = [_beaten(column) for column in children.columns]
    everything = math.fsum(children.weights)
    return divide(total(weigh(points, children.weights)) * everything, weight_present(children))


def _beaten(column: Array) -> Array:
    counts = np.searchsorted(np.sort(known(column)), column, side="left").astype(np.float64)
    return np.where(np.isnan(column), np.nan, counts)


@method("aggregation", "kemeny", relative=True, failure="too_many_units")
def kemeny(children: Children) -> Array:
    """Return minus the rank in the order that agrees most with the pairwise comparisons (Kemeny, 1959).

    Exact, by dynamic programming over sets of units, up to ``MOST_UNITS_FOR_KEMENY`` units with a value; with more
    there is no value. Between orders that agree equally much the first by their values decides.
    """
    result = np.full(len(children.columns[0]), np.nan)
    rows = [int(row) for row in np.flatnonzero(weight_present(children) > 0)]
    if len(rows) > MOST_UNITS_FOR_KEMENY:
        return result
    rows.sort(key=lambda row: _profile(children, row))
    margin = list(margins(children))
    order = _best_order([[float(margin[row][other]) for other in rows] for row in rows])
    for rank, place in enumerate(order, start=1):
        result[rows[place]] = -float(rank)
    _share_ties(children, rows, result)
    return result


def _profile(children: Children, row: int) -> tuple[float, ...]:
    """Return what orders units that the comparisons leave open: their values, the best first."""
    return tuple(float("inf") if np.isnan(column[row]) else -float(column[row]) for column in children.columns)


def _best_order(margin: Sequence[Sequence[float]]) -> list[int]:
    """Return the order whose sum of margins of earlier over later is largest."""
    size = len(margin)
    best: list[float] = [0.0] * (1 << size)
    last: list[int] = [0] * (1 << size)
    for chosen in range(1, 1 << size):
        inside = [place for place in range(size) if chosen >> place & 1]
        gains = [(best[chosen ^ 1 << place] + sum(margin[other][place] for other in inside), place) for place in inside]
        best[chosen], last[chosen] = max(gains)
    order = []
    chosen = (1 << size) - 1
    while chosen:
        order.append(last[chosen])
        chosen ^= 1 << last[chosen]
    return order[::-1]


def _share_ties(children: Children, rows: Sequence[int], ranks: Array) -> None:
    """Give units that are alike in every child the better of their ranks."""
    for before, after in pairwise(sorted(rows, key=lambda row: -ranks[row])):
        if _profile(children, before) == _profile(children, after):
            ranks[after] = ranks[before]
