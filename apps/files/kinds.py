"""The kinds of files there are. The app that keeps one declares it, in ``file_kinds.py``, which is found at start::

PHOTO = declare("photo", "Pictures of kettles.", types={"image/png"}, most_mb=5)
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """``types``: media types that the content may have. ``keep_for``: how long it stays, for ever without.

    ``storage_class``: ``hot``, ``warm`` or ``cold``. ``by_api``: people bring such files by the API.
    """

    name: str
    about: str
    types: frozenset[str]
    most_mb: int
    storage_class: str = "hot"
    keep_for: timedelta | None = None
    by_api: bool = False


KINDS: Final[dict[str, Kind]] = {}


def declare(
    name: str,
    about: str,
    *,
    types: Collection[str],
    most_mb: int,
    storage_class: str = "hot",
    keep_for: timedelta | None = None,
    by_api: bool = False,
) -> Kind:
    if name in KINDS:
        raise ValueError(f"two apps declare files of the kind {name}")
    KINDS[name] = Kind(name, about, frozenset(types), most_mb, storage_class, keep_for, by_api)
    return KINDS[name]
