"""Guessing passwords gets slower and slower: a growing delay for each account and for each address, never a lock.

The first few failures are free. After that one attempt is let through for each delay, and the delay doubles; so a
stranger can slow an account down for a minute, but not shut its owner out (OWASP ASVS 6.1.1, 6.3.1). Redis holds the
counters; without it each process holds its own.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache

from apps.core import degraded
from apps.core.tenancy import current_schema

MEMORY = 3600  # seconds after which failures are forgotten
TURN = 2  # seconds for which the winner of a turn keeps the others out; by then the next delay is known
NOTED = 60  # seconds for which one refusal on record stands for all that follow
_here = LocMemCache("sign-in", {})
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limit:
    """``free`` failures cost nothing; then 1, 2, 4 … seconds, up to ``longest``."""

    kind: str
    free: int
    longest: int

    def delay(self, failures: int) -> int:
        over = failures - self.free
        return 0 if over <= 0 else int(min(2.0 ** min(over - 1, 30), self.longest))


ACCOUNT = Limit("account", free=5, longest=60)
ADDRESS = Limit("address", free=30, longest=900)


def attempt(email: str, ip: str, now: datetime) -> int:
    """Count one attempt. Returns the seconds to wait when it is too early, 0 when it may go ahead."""
    return max(
        (_with_store(partial(_take, key=key, limit=limit, now=now)) for limit, key in _keys(email, ip)), default=0
    )


def is_news(email: str, ip: str) -> bool:
    """Whether a refusal should go on record: once a minute, since nobody must be able to fill a trail that stays."""
    new = [_with_store(partial(_note, key=key)) for _, key in _keys(email, ip)]
    return all(new)


def succeeded(email: str, ip: str) -> None:
    """The account's failures are forgotten; the address only gets back the attempt that was no failure."""
    for limit, key in _keys(email, ip):
        _with_store(partial(_forgive, key=key, limit=limit))


def _keys(email: str, ip: str) -> list[tuple[Limit, str]]:
    account = hashlib.sha256(email.casefold().encode()).hexdigest()[:32]
    schema = current_schema()
    keys = [(ACCOUNT, f"sign-in:{schema}:account:{account}")]
    return keys + ([(ADDRESS, f"sign-in:{schema}:address:{ip}")] if ip else [])


def _take(store: Any, key: str, limit: Limit, now: datetime) -> int:
    moment = now.timestamp()
    until = float(store.get(f"{key}:until") or 0.0)
    if until > moment:
        return int(until - moment) + 1
    store.add(key, 0, MEMORY)
    attempts = int(store.incr(key))
    store.touch(key, MEMORY)
    delay = limit.delay(attempts)
    # Of attempts at the same moment one wins the turn that this delay has opened.
    if delay and not store.add(f"{key}:turn:{until}", 1, TURN):
        return delay
    if delay:
        store.set(f"{key}:until", moment + delay, MEMORY)
    return 0


def _note(store: Any, key: str) -> bool:
    return bool(store.add(f"{key}:noted", 1, NOTED))


def _forgive(store: Any, key: str, limit: Limit) -> None:
    if limit is ACCOUNT:
        store.delete_many([key, f"{key}:until", f"{key}:turn:0.0"])
    elif store.get(key):
        store.decr(key)


def _with_store(work: Callable[[Any], T]) -> T:
    return degraded.with_redis(
        lambda: work(cache), lambda: work(_here), "attempts to sign in are counted by each process"
    )
