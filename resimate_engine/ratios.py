"""Sums of ((x - y) / (x + y))^2 over all pairs of numbers, in a time that grows with the numbers, not with the pairs.

With u = ln x the square is (x - y)^2 / (x y) S(u - v), with S(t) = 1 / (4 cosh^2(t / 2)). S has no pole nearer than pi,
so over blocks of u one wide a polynomial through ``NODES`` Chebyshev points is S to the last digit, and a block acts on
others through its moments at these points alone: a fast multipole method on a line (Fong and Darve, The black-box fast
multipole method, 2009). Neighbours keep the factor (x - y)^2 apart, or digits of close values would cancel.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from resimate_engine.arrays import Array, Rows

NODES: Final = 18
AT_ONCE: Final = 2**16
APART: Final = 41  # blocks: from there on the square differs from 1 by less than a double shows
ANGLES: Final = (2 * np.arange(NODES) + 1) * np.pi / (2 * NODES)
POINTS: Final = np.cos(ANGLES) / 2
BARYCENTRIC: Final = np.sin(ANGLES) * (-1.0) ** np.arange(NODES)


def directly(values: Array, times: Array) -> float:
    """Return the sum over all pairs, each both ways round, pair by pair; ``times`` says how often each value comes."""
    chunk = max(1, AT_ONCE // len(values))
    parts = (_rows(values, times, slice(start, start + chunk)) for start in range(0, len(values), chunk))
    return math.fsum(part for rows in parts for part in rows)


def _rows(values: Array, times: Array, rows: slice) -> list[float]:
    one = values[rows, np.newaxis]
    with np.errstate(all="ignore"):
        share = np.where(one == values, 0.0, (one - values) / (one + values))
        found: list[float] = (times[rows] * (times * share**2).sum(axis=1)).tolist()
    return found


def by_blocks(values: Array, times: Array) -> float:
    """Return the same for different positive values in rising order, to some units in the last place."""
    blocks = _blocks(values, times)
    return math.fsum([*_far(blocks), *(part for apart in (0, 1) for part in _near(blocks, apart))])


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Values block by block: ``ids`` are the blocks' places on the line, ``starts`` where each begins and all end.

    ``basis`` holds a row a value: what the polynomial through each point makes of it.
    """

    values: Array
    times: Array
    basis: Array
    ids: Rows
    starts: Rows

    def pairs(self, apart: int) -> tuple[Rows, Rows]:
        """Return the blocks that have one so far further on, and which these are."""
        wanted = self.ids + apart
        found = np.searchsorted(self.ids, wanted)
        there = np.flatnonzero(self.ids[np.minimum(found, len(self.ids) - 1)] == wanted)
        return there, found[there]


def _blocks(values: Array, times: Array) -> _Blocks:
    way = np.log(values) - math.log(values[0])
    places = np.floor(way).astype(np.intp)
    ids, starts = np.unique(places, return_index=True)
    return _Blocks(values, times, _basis(way - places - 0.5), ids, np.append(starts, len(values)))


def _basis(places: Array) -> Array:
    """Return the values of the Lagrange polynomials through ``POINTS``, a row a place (barycentric formula)."""
    distances = places[:, np.newaxis] - POINTS
    on_a_point = distances == 0
    parts = BARYCENTRIC / np.where(on_a_point, 1.0, distances)
    basis = parts / parts.sum(axis=1, keepdims=True)
    rows = on_a_point.any(axis=1)
    basis[rows] = on_a_point[rows]
    return np.asarray(basis, dtype=np.float64)


def _far(blocks: _Blocks) -> Iterator[float]:
    """Yield twice the sums between blocks that do not touch: there the square itself has no small values."""
    moments = np.add.reduceat(blocks.times[:, np.newaxis] * blocks.basis, blocks.starts[:-1], axis=0)
    for apart in range(2, APART):
        ones, others = blocks.pairs(apart)
        square = np.tanh((POINTS[:, np.newaxis] - POINTS - apart) / 2) ** 2
        yield 2.0 * float(((moments[ones] @ square) * moments[others]).sum())
    upto = np.append(0.0, np.cumsum(blocks.times))
    beyond = upto[-1] - upto[blocks.starts[np.searchsorted(blocks.ids, blocks.ids + APART)]]
    yield 2.0 * float((np.diff(upto[blocks.starts]) * beyond).sum())


def _near(blocks: _Blocks, apart: int) -> Iterator[float]:
    """Yield the sums within blocks, or twice those between neighbours, by powers of distances from a common mean."""
    smooth = 0.25 / np.cosh((POINTS[:, np.newaxis] - POINTS - apart) / 2) ** 2
    for one, other in zip(*blocks.pairs(apart), strict=True):
        start, end = blocks.starts[one], blocks.starts[other + 1]
        middle = blocks.starts[one + 1]
        centre = blocks.values[start]
        scaled = blocks.values[start:end] / centre
        times = blocks.times[start:end]
        mean = float((times * scaled).sum() / times.sum())
        powers = _powers(times * mean / scaled, (scaled - mean) / mean)
        here = powers[:, : middle - start] @ blocks.basis[start:middle]
        there = powers[:, (middle - start) * apart :] @ blocks.basis[blocks.starts[other] : end]
        acting = here @ smooth
        yield (1 + apart) * float(acting[2] @ there[0] - 2.0 * (acting[1] @ there[1]) + acting[0] @ there[2])


def _powers(weights: Array, distances: Array) -> Array:
    return np.stack([weights, weights * distances, weights * distances * distances])
