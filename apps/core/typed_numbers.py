"""Numbers that people type into a page and see there again, by the language of the page.

What has one reading alone is read, whoever wrote it; where there are two, the decimal separator of the language decides
for a fraction, and nothing decides for a thousand: both readings are shown, and nothing is taken.
"""

from django.utils.formats import get_format
from django.utils.translation import gettext as _

from resimate_text import numbers
from resimate_text.identity import UNSEEN
from resimate_text.numbers import Ambiguous, NotANumber, Separator


class Unreadable(ValueError):
    """What was typed cannot be taken; the message is fit to show."""


def decimal() -> Separator:
    """The separator before a fraction in the language of the page."""
    return "," if get_format("DECIMAL_SEPARATOR") == "," else "."


def shown(number: float) -> str:
    """The number as it stands in a field or a sentence: typing it gives the same double."""
    return numbers.exact(number, decimal=decimal())


def typed(text: str) -> int | float:
    """The number that somebody typed; raises :class:`Unreadable`."""
    text = text.strip().strip(UNSEEN).strip()
    try:
        return _read(text)
    except Ambiguous as two:
        readings = {"typed": text, "one": shown(two.thousands), "other": shown(two.fraction)}
        said = _("“%(typed)s” can mean %(one)s or %(other)s. Write the one you mean.")
        raise Unreadable(said % readings) from two
    except NotANumber as error:
        raise Unreadable(_("Enter a number, for example %(example)s.") % {"example": shown(12.5)}) from error


def _read(text: str) -> int | float:
    try:
        return numbers.read(text, decimal=decimal())
    except Ambiguous:
        raise
    except NotANumber:
        return numbers.read(text, decimal=None)
