"""Headers that say for whom an address is asked. An app above declares one, and what it does once it is known who asks.

That is named as a text, so that no process loads it which answers nobody.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.utils.module_loading import import_string


class Header(NamedTuple):
    """``look(request, view)`` is called where the header comes, before rights are asked. It may raise ``Refused``."""

    name: str
    about: str
    look: str


_declared: dict[str, Header] = {}


def declare(name: str, about: str, look: str) -> None:
    _declared[name] = Header(name, about, look)


def declared() -> Iterator[Header]:
    yield from _declared.values()


def heed(request: Any, view: Any) -> None:
    """Do what the declared headers of a request ask for."""
    for one in _declared.values():
        if one.name in request.headers:
            import_string(one.look)(request, view)
