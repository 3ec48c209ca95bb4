"""The languages that a tenant offers to its people."""

from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _

from apps.configuration import services

KEY: Final = "languages"


def offered() -> list[tuple[str, str]]:
    """Code and name of each, in the order in which the product has them."""
    chosen = services.get(KEY)
    return [(code, name) for code, name in settings.LANGUAGES if code in chosen]


def code_of(text: str) -> str:
    """The code of a language that is written as a code, of a region too, or by its name; else the text itself."""
    wanted = text.casefold()
    for code, name in settings.LANGUAGES:
        if wanted in (code, str(name).casefold(), _(str(name)).casefold()) or wanted.startswith(
            (f"{code}-", f"{code}_")
        ):
            return str(code)
    return text
