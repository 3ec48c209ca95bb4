"""Numbers as people write them, and written so that reading them gives the same number. Plain Python.

What is read is decided by a rule, never guessed:

* Digits are ASCII digits; a sign is ``+``, ``-`` or the minus sign U+2212; blanks around the number do not count.
* ``decimal`` is the separator of the language or file: it alone stands before a fraction. The other one of ``.`` and
  ``,``, a blank (narrow or not, breaking or not) or an apostrophe may stand between groups of three digits: the same
  one throughout, behind one to three digits that do not begin with 0.
* ``1,000`` where ``.`` is the decimal separator, and ``1.000`` where it is ``,``, are thousands by the rule and
  fractions by the habit of half the world: :class:`Ambiguous`, with both readings. So is either when ``decimal`` is
  None, the separator being unknown; everything else that has one reading alone is then read.
* An exponent is read only where :func:`exact` writes one, so ``1e3`` is refused, unless ``exponent`` says that a
  program wrote the text.
* Underscores, other digits, ``nan``, ``inf``, invisible characters, signs of currency: :class:`NotANumber`.
"""

import math
import re
from decimal import Decimal
from typing import Literal

Separator = Literal[".", ","]

#: Digits are written out between these; beyond them there is an exponent, as in ``1e+16``.
LEAST_PLAIN, MOST_PLAIN = 1e-15, 1e16
LONGEST = 64

BLANKS = " \u00a0\u2007\u2009\u202f"
APOSTROPHES = "'\u2019"
SIGNED = re.compile(r"([+-]?)(.+?)([eE][+-]?[0-9]{1,3})?")
GROUPED = re.compile(rf"[1-9][0-9]{{0,2}}([{BLANKS}{APOSTROPHES}.,])[0-9]{{3}}(?:\1[0-9]{{3}})*")
WHOLE = re.compile(r"[0-9]+")
POINTED = re.compile(r"[0-9]+(?:\.[0-9]+)?")


class NotANumber(ValueError):
    """The text is no number by the rule."""


class Ambiguous(NotANumber):
    """The text is ``thousands`` to some readers and ``fraction`` to others."""

    def __init__(self, text: str, *, thousands: int, fraction: float) -> None:
        super().__init__(text)
        self.thousands = thousands
        self.fraction = fraction


def exact(number: float, *, decimal: Separator = ".") -> str:
    """The shortest text that reads back as the same double; digits are written out up to 1e16.

    Raises ``ValueError`` for what is not finite.

    >>> exact(1234567), exact(0.1), exact(50.0), exact(1e22), exact(1.5, decimal=",")
    ('1234567', '0.1', '50', '1e+22', '1,5')
    """
    if isinstance(number, int) and abs(number) < MOST_PLAIN:
        return str(int(number))
    double = float(number)
    if not math.isfinite(double):
        raise ValueError("only a finite number can be written")
    text = repr(double)
    if double == 0.0 or _is_plain(double):
        text = f"{Decimal(text):f}".removesuffix(".0")
    return text.replace(".", decimal)


def _is_plain(double: float) -> bool:
    return LEAST_PLAIN <= abs(double) < MOST_PLAIN


def read(text: str, *, decimal: Separator | None, exponent: bool = False) -> int | float:
    """The number that ``text`` is by the rule above: an int when it has no fraction, else a float.

    Raises :class:`Ambiguous` or :class:`NotANumber`.

    >>> read("1234567.5", decimal="."), read("1.234.567,5", decimal=","), read("12 000", decimal=".")
    (1234567.5, 1234567.5, 12000)
    """
    match = SIGNED.fullmatch(text.strip().replace("\u2212", "-")) if len(text) <= LONGEST else None
    if match is None:
        raise NotANumber(text)
    sign, digits, power = match.groups(default="")
    if power:
        return _with_power(text, sign, digits.replace(decimal or ",", "."), power, any_size=exponent)
    if _is_ambiguous(digits, decimal):
        thousands, fraction = (sign + re.sub("[.,]", by, digits) for by in ("", "."))
        raise Ambiguous(text, thousands=int(thousands), fraction=float(fraction))
    readings = {_plain(digits, mark) for mark in ([decimal] if decimal else [".", ","])} - {""}
    if len(readings) != 1:
        raise NotANumber(text)
    plain = sign + readings.pop()
    return float(plain) if "." in plain or plain == "-0" else int(plain)


def _plain(digits: str, decimal: str) -> str:
    """The digits without groups and with a point before the fraction; empty when they break the rule."""
    whole, separator, fraction = digits.partition(decimal)
    grouped = GROUPED.fullmatch(whole)
    if grouped and grouped[1] != decimal:
        whole = whole.replace(grouped[1], "")
    if not separator:
        return whole if WHOLE.fullmatch(whole) else ""
    return f"{whole or 0}.{fraction}" if WHOLE.fullmatch(whole or "0") and WHOLE.fullmatch(fraction) else ""


def _is_ambiguous(digits: str, decimal: Separator | None) -> bool:
    """Whether there is one separator, before the last three digits, that need not stand before a fraction."""
    grouped = GROUPED.fullmatch(digits)
    return bool(grouped and len(digits) <= len("123.456") and grouped[1] in {".", ","} - {decimal})


def _with_power(text: str, sign: str, digits: str, power: str, *, any_size: bool) -> float:
    if not POINTED.fullmatch(digits):
        raise NotANumber(text)
    double = float(sign + digits + power)
    if not math.isfinite(double) or not (any_size or (double != 0.0 and not _is_plain(double))):
        raise NotANumber(text)
    return double
