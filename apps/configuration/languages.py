"""The languages that a tenant offers to its people."""

from typing import Final

from django.conf import settings

from apps.configuration import services

KEY: Final = "languages"


def offered() -> list[tuple[str, str]]:
    """Code and name of each, in the order in which the product has them."""
    chosen = services.get(KEY)
    return [(code, name) for code, name in settings.LANGUAGES if code in chosen]
