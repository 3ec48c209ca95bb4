"""Weights and agreement from plain numbers: what ``/calculations/weights/`` and ``/calculations/agreement/`` ask for.

Both functions take the JSON values of a request and return those of the answer; both raise ``DataInvalid``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeAlias

import numpy as np

from resimate_engine import agreement, weighting
from resimate_engine.arrays import HUGE, Array
from resimate_engine.problems import DataInvalid, Problem
from resimate_engine.weighting import WeightsUndefined
from resimate_text.pointers import pointer
from resimate_text.sentences import Sentence

Request: TypeAlias = Mapping[str, Any]
Answer: TypeAlias = dict[str, Any]

#: Above it judgements contradict each other more than a tenth of random ones do (Saaty, 1980).
INCONSISTENT: Final = 0.10
RECIPROCAL: Final = 1e-3
LARGEST: Final = 5000


@dataclass(frozen=True, slots=True)
class Calculator:
    """``answer`` calculates from a request that holds ``keys`` and no others; the first of them has the numbers."""

    answer: Callable[[Request], Answer]
    keys: tuple[str, ...]


def weights(request: Any) -> Answer:
    """Return ``{"weights", "consistency", "warnings"}`` for a method and its parameters.

    ``consistency`` is there for ``ahp`` alone. For methods on ``data`` rows are units, columns what is weighed.
    """
    request = _object(request)
    method = WEIGHTS[_choice(request, "method", WEIGHTS)]
    _only(request, {"method", *method.keys})
    try:
        return {"weights": [], "warnings": [], **method.answer(request)}
    except WeightsUndefined as undefined:
        raise DataInvalid([Problem(pointer(method.keys[0]), "weights_not_defined", str(undefined))]) from None


def measure_agreement(request: Any) -> Answer:
    """Return ``{"value", "values", "raters", "units", "warnings"}`` for a measure; undefined is null with a warning."""
    request = _object(request)
    measure = MEASURES[_choice(request, "measure", MEASURES)]
    _only(request, {"measure", *measure.keys})
    answer = {
        "value": None,
        "values": None,
        "raters": None,
        "units": None,
        "warnings": [],
        **measure.answer(request),
    }
    values = answer["values"] or {}
    found = [answer["value"], *(values.values() if isinstance(values, dict) else values)]
    if all(value is None for value in found):
        answer["warnings"].append(
            _warning("not_defined", Sentence("the ratings do not vary, or there are too few of them"))
        )
    return answer


def _warning(code: str, detail: str) -> dict[str, str]:
    return {"code": code, "detail": detail, "pointer": ""}


def _object(request: Any) -> Request:
    if not isinstance(request, Mapping):
        raise DataInvalid([Problem("", "not_an_object", Sentence("a request must be an object"))])
    return request


def _choice(request: Request, key: str, offered: Mapping[str, Any]) -> str:
    name = request.get(key)
    if not isinstance(name, str) or name not in offered:
        detail = Sentence("{key} must be one of {names}", key=key, names=", ".join(offered))
        raise DataInvalid([Problem(pointer(key), f"unknown_{key}", detail)])
    return name


def _only(request: Request, known: set[str]) -> None:
    problems = [
        Problem(pointer(key), "unknown_key", Sentence("{key!r} is not allowed here", key=key))
        for key in request.keys() - known
    ]
    if problems:
        raise DataInvalid(problems)


def _number(place: str, value: Any, *, low: float = -math.inf, gap: bool = False) -> float | None:
    if gap and value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DataInvalid([Problem(place, "not_a_number", Sentence("a number is needed here"))])
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not low <= number <= HUGE or number < -HUGE:
        detail = Sentence("a number from {low:g} to {high:g} is needed", low=max(low, -HUGE), high=HUGE)
        raise DataInvalid([Problem(place, "out_of_range", detail)])
    return number


def _list(place: str, value: Any) -> list[Any]:
    if not isinstance(value, list) or not 0 < len(value) <= LARGEST:
        raise DataInvalid(
            [Problem(place, "not_a_list", Sentence("a list of 1 to {most} entries is needed here", most=LARGEST))]
        )
    return value


def _row(place: str, value: Any, *, low: float = -math.inf) -> list[float]:
    found = [_number(f"{place}/{at}", item, low=low) for at, item in enumerate(_list(place, value))]
    return [number for number in found if number is not None]


def _gappy_row(place: str, value: Any) -> list[float | None]:
    return [_number(f"{place}/{at}", item, gap=True) for at, item in enumerate(_list(place, value))]


def _rows(place: str, value: Any, *, low: float = -math.inf) -> list[list[float]]:
    rows = [_row(f"{place}/{at}", row, low=low) for at, row in enumerate(_list(place, value))]
    _same_length(place, rows)
    return rows


def _gappy_rows(request: Request) -> list[list[float | None]]:
    given = _list("/ratings", request.get("ratings"))
    rows = [_gappy_row(pointer("ratings", at), row) for at, row in enumerate(given)]
    _same_length("/ratings", rows)
    return rows


def _same_length(place: str, rows: list[Any]) -> None:
    for at, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise DataInvalid(
                [Problem(f"{place}/{at}", "wrong_length", Sentence("all rows must have the same number of entries"))]
            )


def _columns(request: Request) -> Array:
    """Return the columns of what is weighed, each a row; units without names are put in the order of their numbers."""
    return np.array(sorted(_rows("/data", request.get("data"))), dtype=np.float64).T.copy()


def _directions(request: Request, size: int) -> list[int]:
    given = request.get("directions", [1] * size)
    if not isinstance(given, list) or len(given) != size or any(item not in (1, -1) for item in given):
        raise DataInvalid(
            [Problem("/directions", "bad_directions", Sentence("{size} directions of 1 or -1 are needed", size=size))]
        )
    return given


def _ahp(request: Request) -> Answer:
    listed = _list("/matrices", request.get("matrices"))
    matrices = [_rows(pointer("matrices", expert), matrix, low=0) for expert, matrix in enumerate(listed)]
    matrix = weighting.combined(matrices)
    weights = weighting.principal(matrix)
    consistency = weighting.consistency(matrix, weights)
    warnings = []
    if consistency.ratio is not None and consistency.ratio > INCONSISTENT:
        detail = Sentence(
            "the consistency ratio {ratio:.3f} is above {limit:.2f}", ratio=consistency.ratio, limit=INCONSISTENT
        )
        warnings.append(_warning("inconsistent", detail))
    if not all(map(_is_reciprocal, matrices)):
        warnings.append(
            _warning("not_reciprocal", Sentence("comparing b with a should give the inverse of comparing a with b"))
        )
    return {"weights": weights, "consistency": asdict(consistency), "warnings": warnings}


def _is_reciprocal(matrix: list[list[float]]) -> bool:
    places = range(len(matrix))
    return all(abs(matrix[i][j] * matrix[j][i] - 1.0) <= RECIPROCAL for i in places for j in places)


def _entropy(request: Request) -> Answer:
    columns = _columns(request)
    _directions(request, len(columns))
    return {"weights": weighting.entropy(columns)}


def _spread(function: Callable[[Array], list[float]]) -> Callable[[Request], Answer]:
    """Methods on how columns vary first spread each over 0 to 1, in its direction."""

    def weigh(request: Request) -> Answer:
        columns = _columns(request)
        return {"weights": function(weighting.min_max(columns, _directions(request, len(columns))))}

    return weigh


def _allocations(request: Request) -> Answer:
    return {"weights": weighting.budget_allocation(_rows("/allocations", request.get("allocations"), low=0))}


def _ranks(function: Callable[[weighting.Row], list[float]]) -> Callable[[Request], Answer]:
    return lambda request: {"weights": function(_row("/ranks", request.get("ranks"), low=1))}


DATA: Final = ("data", "directions")
#: Weights by method. Those that a model document takes besides stand in ``weighting.py``.
WEIGHTS: Final[Mapping[str, Calculator]] = {
    "budget_allocation": Calculator(_allocations, ("allocations",)),
    "rank_order_centroid": Calculator(_ranks(weighting.rank_order_centroid), ("ranks",)),
    "rank_sum": Calculator(_ranks(weighting.rank_sum), ("ranks",)),
    "ahp": Calculator(_ahp, ("matrices",)),
    "pca": Calculator(_spread(weighting.pca), DATA),
    "entropy": Calculator(_entropy, DATA),
    "critic": Calculator(_spread(weighting.critic), DATA),
    "standard_deviation": Calculator(_spread(weighting.standard_deviation), DATA),
}
MOST_COUNTED: Final = 10**9


def _complete(request: Request) -> tuple[list[list[float]], list[dict[str, str]]]:
    """Return the ratings of the units that every rater has rated, and a warning if others were left out."""
    ratings = _gappy_rows(request)
    units = list(zip(*ratings, strict=True))
    rated = [[value for value in unit if value is not None] for unit in units if None not in unit]
    rows = [list(row) for row in zip(*rated, strict=True)] or [[] for _ in ratings]
    if len(rated) == len(units):
        return rows, []
    detail = Sentence("{count} units without all ratings were left out", count=len(units) - len(rated))
    return rows, [_warning("incomplete_units", detail)]


def _krippendorff(request: Request) -> Answer:
    ratings = _gappy_rows(request)
    level = _choice(request, "level", agreement.LEVELS)
    return {**_size(ratings), "value": agreement.krippendorff_alpha(ratings, level)}


def _size(ratings: list[Any]) -> Answer:
    return {"raters": len(ratings), "units": len(ratings[0])}


def _icc(request: Request) -> Answer:
    ratings, warnings = _complete(request)
    values = agreement.icc(ratings)
    if "form" not in request:
        return {**_size(ratings), "values": values, "warnings": warnings}
    return {**_size(ratings), "value": values[_choice(request, "form", agreement.FORMS)], "warnings": warnings}


def _fleiss(request: Request) -> Answer:
    rows = _rows("/counts", request.get("counts"), low=0)
    if any(not count.is_integer() for row in rows for count in row):
        raise DataInvalid([Problem("/counts", "not_whole", Sentence("counts must be whole numbers"))])
    if any(count > MOST_COUNTED for row in rows for count in row):
        raise DataInvalid(
            [Problem("/counts", "out_of_range", Sentence("counts may be at most {most:,}", most=MOST_COUNTED))]
        )
    counts = [[int(count) for count in row] for row in rows]
    return {"raters": sum(counts[0]), "units": len(counts), "value": agreement.fleiss_kappa(counts)}


def _kendall(request: Request) -> Answer:
    ratings, warnings = _complete(request)
    return {**_size(ratings), "value": agreement.kendall_w(ratings), "warnings": warnings}


def _r_wg(request: Request) -> Answer:
    ratings = _gappy_rows(request)
    options = _number("/options", request.get("options"), low=2) or 2.0
    if not options.is_integer():
        raise DataInvalid([Problem("/options", "not_whole", Sentence("the number of options must be whole"))])
    values = agreement.r_wg(ratings, int(options))
    present = [value for value in values if value is not None]
    return {**_size(ratings), "value": math.fsum(present) / len(present) if present else None, "values": values}


def _cronbach(request: Request) -> Answer:
    items, warnings = _complete(request)
    found = agreement.cronbach_alpha(items)
    values = {"raw": found.raw, "standardised": found.standardised}
    return {**_size(items), "value": found.raw, "values": values, "warnings": warnings}


#: How far raters agree, by measure.
MEASURES: Final[Mapping[str, Calculator]] = {
    "krippendorff_alpha": Calculator(_krippendorff, ("ratings", "level")),
    "icc": Calculator(_icc, ("ratings", "form")),
    "fleiss_kappa": Calculator(_fleiss, ("counts",)),
    "kendall_w": Calculator(_kendall, ("ratings",)),
    "r_wg": Calculator(_r_wg, ("ratings", "options")),
    "cronbach_alpha": Calculator(_cronbach, ("ratings",)),
}
