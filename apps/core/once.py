"""Doing a thing once for a while, however often it is asked for."""

from functools import partial
from typing import Any

from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache

from apps.core import degraded
from apps.core.tenancy import current_schema

_here = LocMemCache("once", {})


def is_first(key: str, seconds: int) -> bool:
    """Whether nobody here asked by this key within the last ``seconds``; without Redis each process knows of itself."""
    name = f"once:{current_schema()}:{key}"
    return degraded.with_redis(
        partial(_add, cache, name, seconds), partial(_add, _here, name, seconds), "repeats are known to each process"
    )


def _add(store: Any, name: str, seconds: int) -> bool:
    return bool(store.add(name, 1, seconds))
