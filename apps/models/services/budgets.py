"""What a calculation may cost, and where it is done: everything that the services calculate goes through here.

What costs next to nothing is done where it is asked for. Up to ``INLINE`` seconds are done in a request, in turns;
beyond that a job does it, in a process of its own that ends in time; beyond ``MOST`` nobody does.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import resimate_engine as engine
from apps.core import apart, context, jobs
from apps.core.errors import Refused
from apps.core.turns import CALCULATION, Work, turn
from resimate_engine import costs
from resimate_text.sentences import Sentence
from resimate_text.tables.reading import LARGE

T = TypeVar("T")

LIGHT: Final = 0.03
INLINE: Final = 1.5
MOST: Final = 60.0
#: How long a job's calculation may really take: machines are slower and busier than the one that was measured.
LIMIT: Final = 120.0


class TooMuchAtOnce(Refused):
    code = "too_much_at_once"
    status = 422
    title = "The calculation is too large to wait for"


class TooMuchToCalculate(Refused):
    code = "too_much_to_calculate"
    status = 422
    title = "The calculation is too large"


def is_long(cost: float) -> bool:
    """Whether a job should do it; raises ``TooMuchToCalculate`` for what not even a job does."""
    if cost > MOST:
        detail = Sentence(
            "This calculation would take about {cost:,.0f} seconds; the limit is {most:.0f}. Use "
            "fewer units, fewer numbers or a simpler method.",
            cost=cost,
            most=MOST,
        )
        raise TooMuchToCalculate(detail)
    return cost > INLINE


def calculated(cost: float, function: Callable[..., T], *arguments: Any) -> T:
    """Return what the function comes to, calculated where its cost belongs."""
    work = context.current()
    if cost <= LIGHT or work.actor_type == "operator":
        return function(*arguments)
    if is_long(cost):
        if work.waited_for:
            raise _too_much_at_once(cost)
        return apart.run(function, *arguments, seconds=LIMIT, look=jobs.look)
    with at_work():
        return function(*arguments)


def _too_much_at_once(cost: float) -> TooMuchAtOnce:
    detail = Sentence(
        "This calculation would take about {cost:.1f} seconds; the limit while you wait is {most:.1f}.",
        cost=cost,
        most=INLINE,
    )
    return TooMuchAtOnce(detail)


@contextmanager
def at_work(size: int = LARGE, work: Work = CALCULATION) -> Iterator[None]:
    """Do something in turns, if it is a request that does it and what it reads is large."""
    if context.current().waited_for and size >= LARGE:
        with turn(work):
            yield
    else:
        yield


def score(model: engine.Model, units: Any, options: Mapping[str, Any] | None = None) -> engine.Results:
    """Score within the budget. Raises ``DataInvalid`` as the engine does."""
    return calculated(costs.of_scores(model, units, options), engine.score, model, units, options)


def explain(model: engine.Model, units: Any, unit: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Explain within the budget. Raises ``DataInvalid`` as the engine does."""
    return calculated(costs.of_explanation(model, units, options), engine.explain, model, units, unit, options)


def find_weights(asked: Any) -> dict[str, Any]:
    """Determine weights within the budget. Raises ``DataInvalid`` as the engine does."""
    return calculated(costs.of_weights(asked), engine.find_weights, asked)


def measure_agreement(asked: Any) -> dict[str, Any]:
    """Measure agreement within the budget. Raises ``DataInvalid`` as the engine does."""
    return calculated(costs.of_agreement(asked), engine.measure_agreement, asked)
