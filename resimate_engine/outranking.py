"""Aggregations that rank the units of the call against each other, child by child, instead of averaging scores.

The node's value is the method's own score. Source: OECD/JRC Handbook (2008), section 6.6 (non-compensatory
multi-criteria approach); Munda and Nardo (2009).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Final

import numpy as np

from resimate_engine.aggregation import Children, total, weight_present
from resimate_engine.arrays import LEVEL, Array, divide, known, weigh
from resimate_engine.registry import method

MOST_IN_A_CYCLE: Final = 16


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
    level = LEVEL * math.fsum(children.weights)
    values, weights = np.stack(children.columns), np.array(children.weights)[:, np.newaxis]
    for row in range(values.shape[1]):
        own = values[:, row : row + 1]  # comparisons with what is missing are false
        better = np.greater(own, values).view(np.int8) - np.less(own, values).view(np.int8)
        margin = (better * weights).sum(axis=0)
        yield np.where(np.abs(margin) > level, margin, 0.0)


@method("aggregation", "borda", relative=True)
def borda(children: Children) -> Array:
    """Return the weighted sum over children of how many units are worse; missing children are made up for (Borda)."""
    points = [_beaten(column) for column in children.columns]
    everything = math.fsum(children.ratios())
    return divide(total(weigh(points, children.weights)) * everything, weight_present(children))


def _beaten(column: Array) -> Array:
    counts = np.searchsorted(np.sort(known(column)), column, side="left").astype(np.float64)
    return np.where(np.isnan(column), np.nan, counts)


@method("aggregation", "kemeny", relative=True, failure="too_many_units")
def kemeny(children: Children) -> Array:
    """Return minus the rank in the order that agrees most with the pairwise comparisons (Kemeny, 1959).

    Exact. Where every unit of one part beats every unit of the other, every best order keeps the parts apart (Truchon,
    An extension of the Condorcet criterion and Kemeny orders, 1998), so each part is put in order by itself, by dynamic
    programming over sets of units; those of a part of more than ``MOST_IN_A_CYCLE`` different units have no value.
    Units that are alike in every child share the better rank. Between orders that agree equally much values decide.
    """
    result = np.full(len(children.columns[0]), np.nan)
    alike = _alike(children)
    margin = _margins_between(children, [rows[0] for rows in alike])
    rank = 1
    for part in _parts(margin):
        sizes = [len(alike[place]) for place in part]
        if len(part) <= MOST_IN_A_CYCLE:
            order = _best_order(margin[np.ix_(part, part)] * np.outer(sizes, sizes))
            for place, before in zip(order, accumulate((sizes[place] for place in order), initial=0), strict=False):
                result[alike[part[place]]] = -float(rank + before)
        rank += sum(sizes)
    return result


def _alike(children: Children) -> list[list[int]]:
    """Return the units with a value, those that are alike in every child together, the best by their values first."""
    found: dict[tuple[float, ...], list[int]] = {}
    for row in np.flatnonzero(weight_present(children) > 0).tolist():
        found.setdefault(_profile(children, row), []).append(row)
    return [found[profile] for profile in sorted(found)]


def _profile(children: Children, row: int) -> tuple[float, ...]:
    """Return what orders units that the comparisons leave open: their values, the best first."""
    return tuple(float("inf") if np.isnan(column[row]) else -float(column[row]) for column in children.counted())


def _margins_between(children: Children, rows: Sequence[int]) -> Array:
    chosen = replace(children, columns=[column[rows] for column in children.columns])
    return np.array(list(margins(chosen)), dtype=np.float64).reshape(len(rows), len(rows))


def _parts(margin: Array) -> list[list[int]]:
    """Return the smallest parts of which each beats all that follow: whoever is in an earlier one has beaten more."""
    if not len(margin):
        return []
    beats = margin > 0
    order = np.argsort(-beats.sum(axis=1), kind="stable")
    unbeaten = ~beats[np.ix_(order, order)]
    furthest = len(order) - 1 - np.argmax(unbeaten[:, ::-1], axis=1)
    ends = np.flatnonzero(np.maximum.accumulate(furthest) == np.arange(len(order))) + 1
    return [sorted(part.tolist()) for part in np.split(order, ends[:-1])]


def _best_order(margin: Array) -> list[int]:
    """Return the order whose sum of margins of earlier over later is largest."""
    size = len(margin)
    sets = np.arange(1 << size)
    gained = [_sums_over_sets(margin[:, candidate]) for candidate in range(size)]
    best, last = np.zeros(1 << size), np.zeros(1 << size, dtype=np.int64)
    for count in range(1, size + 1):
        chosen = sets[np.bitwise_count(sets) == count]
        best[chosen] = -np.inf
        for candidate in range(size):
            ending = chosen[chosen >> candidate & 1 == 1]
            before = ending ^ 1 << candidate
            value = best[before] + gained[candidate][before]
            better = value >= best[ending]
            best[ending[better]], last[ending[better]] = value[better], candidate
    order = []
    left = (1 << size) - 1
    while left:
        order.append(int(last[left]))
        left ^= 1 << int(last[left])
    return order[::-1]


def _sums_over_sets(values: Array) -> Array:
    """Return the sum of ``values`` over every set of places, a set being the bits of its number."""
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums, sums + value])
    return sums
