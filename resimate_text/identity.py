"""When two names are the same name: the normal form on which groups, codes, periods and addresses are compared.

Plain Python. The form is for comparing and for keys; what is shown stays as it was written.
"""

import re
import unicodedata
from collections.abc import Iterable

#: What shows nothing (Unicode's default ignorables that are not of category Cf, and the blank of Braille).
INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
HIDDEN = ("Cc", "Cf")
#: Joiners inside words of scripts that are written with them, and inside emoji, and variants of ideographs: they show.
SHAPING = re.compile(
    "((?<=[^\u0000-\u02ff\\s\u2000-\u206f])(?:[\u200c\u200d](?=[^\u0000-\u02ff\\s\u2000-\u206f])|[\ufe0f\U000e0100-\U000e01ef]))"
)
#: What comes along, unseen, around what is copied from another program; inside words it may matter to a script.
UNSEEN = "\ufeff\u00ad\u061c\u200b\u200e\u200f\u2060\u202a\u202c\u202d\u2066\u2068\u2069"


def folded(text: str) -> str:
    """The normal form: compatibility characters and case folded, what is invisible gone, blanks collapsed.

    >>> folded(" Opera\\u00adtions\\u00a0 TEAM "), folded("Straße") == folded("STRASSE")
    ('operations team', True)
    """
    text = visible(unicodedata.normalize("NFKC", visible(text)).casefold())
    return " ".join(unicodedata.normalize("NFKC", text).split())


def visible(text: str) -> str:
    """The text without characters that show nothing: soft hyphens, zero widths, marks of direction, controls."""
    return "".join(one for one in INVISIBLE.sub("", text) if one.isspace() or unicodedata.category(one) not in HIDDEN)


def same(one: str, other: str) -> bool:
    return folded(one) == folded(other)


def tidied(text: str) -> str:
    """The text as it is kept: as written, without what shows nothing and without blanks too many.

    >>> tidied(" Ada\\u200b  Love\\u00adlace "), len(tidied("\\u0dc1\\u0dca\\u200d\\u0dbb\\u0dd3"))
    ('Ada Lovelace', 5)
    """
    parts = SHAPING.split(text)
    shown = (part if number % 2 else visible(part) for number, part in enumerate(parts))
    return " ".join("".join(shown).split())


def spelling(name: str, known: Iterable[str]) -> str:
    """How ``name`` is written among the known names; as given, tidied, when it is not known."""
    form = folded(name)
    return next((one for one in known if folded(one) == form), tidied(name))
