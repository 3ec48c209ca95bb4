"""Where a calculation is done, by what it may cost: everything that the services calculate goes through here.

What costs next to nothing is done where it is asked for. All else is done in a process of its own that ends in time: in
a request in turns, as far as anybody waits for it, and beyond that by a job.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any, Final, TypeVar

import resimate_engine as engine
from apps.core import apart, context, jobs
from apps.core.errors import Refused
from apps.core.turns import CALCULATION, Work, turn
from apps.models import costing
from apps.models.calculating import Ask, Calculation
from apps.models.costing import TooMuchAtOnce
from resimate_engine import costs
from resimate_text.tables.reading import LARGE

T = TypeVar("T")

#: How long a calculation may really take: machines are slower and busier than the one that was measured.
LIMIT: Final = 120.0
#: Bytes of a body whose answer is remembered, and of one that is read here: both take a few milliseconds at most.
SMALL: Final = 64 * 1024
READ_HERE: Final = 256 * 1024


class NobodyWaits(Refused):
    code = "nobody_waits"
    status = 499
    title = "The client has gone before the answer"


class _Asks(Exception):
    """The body alone does not say everything."""


def answered(calculation: Calculation, content: bytes, ask: Ask) -> bytes:
    """Return the body of the answer to a body. Raises ``TooMuchAtOnce`` for what nobody waits for."""
    if len(content) <= READ_HERE:
        with suppress(TooMuchAtOnce):
            return _light(calculation, content, ask)
    with at_work():
        arguments = calculation, content, costing.INLINE, apart.ask
        return apart.run(*arguments, seconds=LIMIT, look=look, answer=ask)


def _light(calculation: Calculation, content: bytes, ask: Ask) -> bytes:
    if len(content) <= SMALL:
        with suppress(_Asks):
            return _remembered(calculation, content)
    return calculation(content, costing.LIGHT, ask)


@lru_cache(maxsize=512)
def _remembered(calculation: Calculation, content: bytes) -> bytes:
    """The answer depends on nothing but what was sent, so equal calls share one calculation."""
    return calculation(content, costing.LIGHT, _ask_nobody)


def _ask_nobody(what: str, asked: Any) -> Any:
    raise _Asks


def calculated(cost: float, function: Callable[..., T], *arguments: Any) -> T:
    """Return what the function comes to, calculated where its cost belongs."""
    work = context.current()
    if cost <= costing.LIGHT or work.actor_type == "operator":
        return function(*arguments)
    if work.waited_for:
        costing.hold_to(costing.INLINE, cost)
    else:
        costing.is_long(cost)
    with at_work():
        return apart.run(function, *arguments, seconds=LIMIT, look=look)


def look() -> None:
    """End here if nobody wants this any more: neither who waits for the answer, nor who asked for the job."""
    jobs.look()
    if context.current().is_abandoned():
        raise NobodyWaits("The client has gone.")


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
