"""Codes of authenticator apps: six digits for every thirty seconds, from a seed that we share with them (RFC 6238)."""

import base64
import re
import secrets
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

import segno
from django.utils.safestring import SafeString, mark_safe
from django_otp.oath import TOTP

SECONDS: Final = 30
DIGITS: Final = 6
#: Steps by which the clock of a phone may be wrong, either way.
DRIFT: Final = 1
#: 160 bits, as RFC 4226 recommends: 32 letters in base 32.
SEED_BYTES: Final = 20
CODE: Final = re.compile(rf"\d{{{DIGITS}}}", re.ASCII)


def new_seed() -> str:
    return base64.b32encode(secrets.token_bytes(SEED_BYTES)).decode()


def step_of(seed: str, code: str, now: datetime, after: int) -> int | None:
    """The step whose code this is, about now; None for no such code, and for one of a step not ``after`` that.

    >>> from datetime import UTC, datetime
    >>> seed = base64.b32encode(b"12345678901234567890").decode()
    >>> moment = datetime.fromtimestamp(59, UTC)
    >>> step_of(seed, "287082", moment, after=0), step_of(seed, "287082", moment, after=1)
    (1, None)
    """
    if not CODE.fullmatch(code):
        return None
    totp = TOTP(base64.b32decode(seed), step=SECONDS, digits=DIGITS)
    totp.time = now.timestamp()
    return int(totp.t()) if totp.verify(int(code), tolerance=DRIFT, min_t=after + 1) else None


def address(seed: str, issuer: str, account: str) -> str:
    """What an app reads from a picture: ``otpauth://totp/…``, the key URI format that all apps know."""
    about = urlencode({"secret": seed, "issuer": issuer, "digits": DIGITS, "period": SECONDS}, quote_via=quote)
    return f"otpauth://totp/{quote(f'{issuer}:{account}', safe='')}?{about}"


def picture(text: str) -> SafeString:
    """A QR code as SVG, dark on light whatever the page's colours are: cameras read no other."""
    drawn = segno.make(text, error="m", micro=False).svg_inline(scale=4, border=4, dark="black", light="white")
    return mark_safe(drawn)  # noqa: S308  made of squares alone: the text is not in it
