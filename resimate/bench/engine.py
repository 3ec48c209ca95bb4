"""The engine against its peer pymcdm, on the same numbers in the same run, and how many scores a minute it makes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
from pymcdm import normalizations as their
from pymcdm import weights as weigh
from pymcdm.helpers import normalize_matrix, rankdata
from pymcdm.methods import WPM, WSM
from pymcdm.weights.subjective import AHP

from apps.models.starters import load
from resimate_engine import METHODS, Model, normalisation, score, weighting
from resimate_engine.aggregation import Children, arithmetic_mean, product
from resimate_engine.arrays import Array
from resimate_engine.document import parse
from resimate_engine.model import Scale
from resimate_engine.normalisation import Sample

Row = dict[str, Any]
UNITS: Final = 3142  # the counties of the United States
INDICATORS: Final = 45
BATCH: Final = 5000
SAME: Final = 1e-9
UNIT_SCALE: Final = Scale(0.0, 1.0)
ROUNDS: Final = 9


def rows() -> Iterator[Row]:
    """Yield every measurement of the engine."""
    random = np.random.Generator(np.random.PCG64(2022))
    matrix = random.uniform(1.0, 100.0, (UNITS, INDICATORS))
    yield from against_pymcdm(matrix)
    yield from whole_calls(matrix)
    yield from batches(random)


Case = tuple[str, Callable[[], Any], Callable[[], Any], float]


def against_pymcdm(matrix: Array) -> Iterator[Row]:
    """Every method that both have: how many times as fast ours is, and how far the results are apart."""
    for what, ours, theirs, bar in (*_aggregations(matrix), *_normalisations(matrix), *_weightings(matrix)):
        apart = _apart(np.asarray(ours()), np.asarray(theirs()))
        mine, other = _turn_by_turn(ours, theirs)
        yield _ratio(f"{what} / pymcdm", mine, other, bar=bar, apart=apart)


def _aggregations(matrix: Array) -> Iterator[Case]:
    samples, weights = _samples(list(matrix.T.copy())), np.full(INDICATORS, 1.0 / INDICATORS)
    up, spread = np.ones(INDICATORS, dtype=int), WSM(their.minmax_normalization)

    def weighted_sum() -> Array:
        return arithmetic_mean(_family(_normalised(samples, normalisation.min_max), weights))

    def weighted_product() -> Array:
        return product(_family(_normalised(samples, normalisation.fraction_of_max), weights))

    unchecked = partial(spread, matrix, weights, up, validation=False)
    yield "min-max weighted sum", weighted_sum, partial(spread, matrix, weights, up), 10.0
    yield "min-max weighted sum, unchecked", weighted_sum, unchecked, 1.0
    yield "maximum weighted product", weighted_product, partial(WPM(their.max_normalization), matrix, weights, up), 1.0


def _normalisations(matrix: Array) -> Iterator[Case]:
    columns = list(matrix.T.copy())
    profit, cost = _samples(columns), _samples([-column for column in columns])
    up, down = np.ones(INDICATORS, dtype=int), -np.ones(INDICATORS, dtype=int)
    for what, samples, method, theirs, types in (
        ("min-max", profit, normalisation.min_max, their.minmax_normalization, up),
        ("min-max of costs", cost, normalisation.min_max, their.minmax_normalization, down),
        ("fraction of the maximum", profit, normalisation.fraction_of_max, their.max_normalization, up),
    ):
        yield what, partial(_normalised, samples, method), partial(_theirs, matrix, theirs, types), 1.0
    ranked = partial(_normalised, profit, normalisation.rank)
    yield "ranks", ranked, lambda: [rankdata(column) for column in columns], 1.0


def _theirs(matrix: Array, method: Any, types: Any) -> Any:
    return normalize_matrix(matrix, method, types).T


def _weightings(matrix: Array) -> Iterator[Case]:
    columns = matrix.T.copy()
    judged = np.array([[_judgement(i, j) for j in range(9)] for i in range(9)])
    deviation = weighting.standard_deviation

    def critic() -> Any:
        return weighting.critic(weighting.min_max(columns, [1] * len(columns)))

    equal = partial(METHODS["weights"]["equal"].function, list(columns), list(columns))
    yield "equal weights", equal, partial(weigh.equal_weights, matrix), 1.0
    yield "entropy weights", partial(weighting.entropy, columns), partial(weigh.entropy_weights, matrix), 1.0
    theirs = partial(weigh.standard_deviation_weights, matrix)
    yield "standard deviation weights", partial(deviation, columns), theirs, 1.0
    yield "CRITIC weights", critic, partial(weigh.critic_weights, matrix), 1.0
    yield "AHP weights", partial(weighting.ahp, [judged.tolist()]), lambda: AHP(matrix=judged)(), 1.0


def _apart(ours: Array, theirs: Array) -> float:
    """Return the largest difference; of weights only ratios matter, so one column is compared by its shares."""
    if ours.shape == (INDICATORS,):
        ours = ours / ours.sum()
    return float(np.abs(ours - theirs).max())


def _judgement(i: int, j: int) -> float:
    """One of Saaty's nine grades: the earlier of two matters the more, the further they are apart."""
    return 1.0 + j - i if j >= i else 1.0 / (1.0 + i - j)


def _samples(columns: Sequence[Array]) -> list[tuple[Array, Sample]]:
    return [(column, Sample(UNIT_SCALE, column, lambda _: 0.0)) for column in columns]


def _normalised(samples: Sequence[tuple[Array, Sample]], method: Callable[..., Array]) -> list[Array]:
    return [method(column, sample) for column, sample in samples]


def _family(columns: Sequence[Array], weights: Array) -> Children:
    return Children([""] * len(columns), columns, weights.tolist(), [False] * len(columns), UNIT_SCALE)


def whole_calls(matrix: Array) -> Iterator[Row]:
    """Whole calls, from JSON values with their check and digest to ranks, against the bare weighted sum."""
    model, weights = _indicators(INDICATORS), np.full(INDICATORS, 1.0 / INDICATORS)
    wider = np.concatenate([matrix, matrix[: BATCH - UNITS]])
    yield _whole("without nodes / pymcdm", model, matrix, [], partial(_their_sum, matrix, weights))
    yield _whole("without nodes / bare NumPy", model, matrix, [], partial(_bare, matrix, weights))
    yield _whole("without nodes / bare NumPy", model, wider, [], partial(_bare, wider, weights))
    yield _whole("with nodes / bare NumPy", model, wider, ["nodes"], partial(_bare, wider, weights))


def _whole(what: str, model: Model, matrix: Array, include: list[str], baseline: Callable[[], Any]) -> Row:
    units = [
        {"id": f"u{row}", "values": {f"i{at}": value for at, value in enumerate(values)}}
        for row, values in enumerate(matrix.tolist())
    ]
    mine, other = _turn_by_turn(partial(score, model, units, {"include": include}), baseline, rounds=3)
    return _ratio(f"{len(units):,} x {INDICATORS} {what}", mine, other)


def _their_sum(matrix: Array, weights: Array) -> Array:
    return np.asarray(WSM(their.minmax_normalization)(matrix, weights, np.ones(len(weights), dtype=int)))


def _bare(matrix: Array, weights: Array) -> Array:
    low, high = matrix.min(axis=0), matrix.max(axis=0)
    return np.asarray((matrix - low) / (high - low) @ weights, dtype=np.float64)


def batches(random: np.random.Generator) -> Iterator[Row]:
    """Scores a minute in memory, a response a unit."""
    yield _batch("13 indicators", parse(load("organisational_resilience")), random)
    yield _batch("216 questions", _questionnaire(), random)


def _batch(what: str, model: Model, random: np.random.Generator) -> Row:
    codes = [placed.question.code for placed in model.questions]
    units = [
        {"id": f"u{row}", "responses": [{"answers": dict(zip(codes, answers, strict=True))}]}
        for row, answers in enumerate(random.integers(1, 6, (BATCH, len(codes))).tolist())
    ]
    shares = random.random((BATCH, len(codes)))
    mine, other = _turn_by_turn(partial(score, model, units, {"include": []}), partial(_bare, shares, shares[0]))
    return {
        "what": f"scores a minute, {what}",
        "value": round(BATCH / mine * 60),
        "unit": "/min",
        "bar": ">= 1e6",
        "met": BATCH / mine * 60 >= 1_000_000,
        "detail": f"{BATCH:,} units a call in {mine * 1000:.0f} ms; bare weighted sum {other * 1000:.1f} ms",
    }


def _document(root: Row, **top: Any) -> Model:
    scale = {"low": 0, "high": 100}
    return parse(
        {"schema": "resimate.model/1", "code": "bench", "name": {"en": "B"}, "scale": scale, "root": root, **top}
    )


def _indicators(count: int) -> Model:
    leaves = [{"code": f"i{at}", "indicator": {"input": f"i{at}", "normalisation": "min_max"}} for at in range(count)]
    root = {"code": "root", "aggregation": "arithmetic_mean", "children": leaves}
    return _document(root, mode="relative")


def _questionnaire() -> Model:
    """12 dimensions of 6 indicators with 3 questions each."""
    options = [{"value": value} for value in range(1, 6)]

    def leaf(code: str) -> Row:
        return {"code": code, "indicator": {"questions": [{"code": f"{code}{at}", "scale": "s"} for at in "abc"]}}

    def dimension(code: str) -> Row:
        return {"code": code, "aggregation": "arithmetic_mean", "children": [leaf(f"{code}i{at}") for at in range(6)]}

    root = {"code": "root", "aggregation": "arithmetic_mean", "children": [dimension(f"d{at}") for at in range(12)]}
    return _document(root, mode="absolute", response_scales={"s": {"kind": "ordinal", "options": options}})


def _seconds(call: Callable[[], Any]) -> float:
    """Return the processor time of a call, which a busy machine stretches less than its time on the clock."""
    began = time.process_time()
    call()
    return time.process_time() - began


def _turn_by_turn(ours: Callable[[], Any], theirs: Callable[[], Any], rounds: int = ROUNDS) -> tuple[float, float]:
    """Return the median time of each, measured in turns so that a busy machine is as busy for both."""
    pairs = [(_seconds(ours), _seconds(theirs)) for _ in range(rounds)]
    mine, other = zip(*pairs, strict=True)
    return statistics.median(mine), statistics.median(other)


def _ratio(what: str, mine: float, other: float, *, bar: float | None = None, apart: float = 0.0) -> Row:
    ratio = other / mine
    same = f", results within {apart:.0e}" if bar is not None else ""
    return {
        "what": what,
        "value": round(ratio, 3),
        "unit": "times",
        "bar": "" if bar is None else f">= {bar:g}",
        "met": bar is None or (ratio >= bar and apart <= SAME),
        "detail": f"{mine * 1000:.2f} ms against {other * 1000:.2f} ms{same}",
    }
