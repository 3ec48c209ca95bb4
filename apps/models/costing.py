"""What a calculation may cost, in seconds of one quiet core as ``resimate_engine/costs.py`` estimates them.

What costs next to nothing is done where it is asked for. Up to ``INLINE`` seconds are done while somebody waits, in
turns; beyond that a job does it, which ends in time; beyond ``MOST`` nobody does.
"""

from typing import Final

from apps.core.errors import Refused
from resimate_text.sentences import Sentence

LIGHT: Final = 0.03
INLINE: Final = 1.5
MOST: Final = 60.0


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


def hold_to(most: float, cost: float) -> None:
    """Raise ``TooMuchAtOnce`` for what costs more than that."""
    if is_long(cost) or cost > most:
        detail = Sentence(
            "This calculation would take about {cost:.1f} seconds; the limit while you wait is {most:.1f}.",
            cost=cost,
            most=INLINE,
        )
        raise TooMuchAtOnce(detail)
