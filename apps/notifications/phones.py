"""Telephone numbers: as everybody writes them, as channels do (E.164), and as they are shown to who may not read them.

Plans of numbers and their kinds are those of ``phonenumbers``, a port of Google's libphonenumber.
"""

from collections.abc import Collection
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

#: Kinds that get text messages and charge nobody for it: no premium, shared-cost, satellite or pager numbers.
MOBILE: Final = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
SHOWN: Final = 2


def normal(text: str) -> str:
    """The number in E.164. Raises ValueError where it is none, or does not say its country.

    >>> normal("+49 151 23456789"), normal("\\uff0b\\uff14\\uff19151/23456789")
    ('+4915123456789', '+4915123456789')
    """
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        raise ValueError("no telephone number") from None
    if not phonenumbers.is_valid_number(number) or number.extension:
        raise ValueError("no telephone number")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def is_mobile(number: str) -> bool:
    """Whether a number in E.164 can get text messages.

    >>> is_mobile("+4915123456789"), is_mobile("+493012345678"), is_mobile("+499001234567")
    (True, False, False)
    """
    return phonenumbers.number_type(phonenumbers.parse(number)) in MOBILE


def country_of(number: str) -> str:
    """The country of a number in E.164, by ISO 3166-1; of none there is no text.

    >>> country_of("+4915123456789"), country_of("+18765551234"), country_of("+8816123456789")
    ('DE', 'JM', '')
    """
    region = phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""
    return region if region.isalpha() else ""


def masked(number: str) -> str:
    """What its owner knows it by, and nobody else learns it from.

    >>> masked("+4915123456789"), masked("")
    ('+49 … 89', '…')
    """
    try:
        return f"+{phonenumbers.parse(number).country_code} … {number[-SHOWN:]}"
    except phonenumbers.NumberParseException:
        return "…"


def is_reached(number: str, countries: Collection[str]) -> bool:
    """Whether texts go there at all: to mobile phones, of countries that somebody has named."""
    return is_mobile(number) and country_of(number) in countries
