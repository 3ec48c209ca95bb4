"""Guessing passwords gets slower and slower: a growing delay for each account and for each address, never a lock.

The first few failures are free. After that one attempt is let through for each delay, and the delay doubles (OWASP ASVS
6.1.1, 6.3.1). Nobody can shut an owner out: an address that has to wait takes no turn of the account, and a device that
has signed in before (``devices.py``) has a queue of its own, so strangers wait for strangers. Redis holds the counters;
without it each process holds its own.

``attempt`` is for signing in; ``take`` and ``forgive`` count anything else that is guessed.
"""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache

from apps.core import crypto, degraded
from apps.core.tenancy import current_schema
from resimate_text.addresses import mailbox

MEMORY = 3600  # seconds after which failures are forgotten
TURN = 2  # seconds for which the winner of a turn keeps the others out; by then the next delay is known
ATTEMPTS = "accounts.attempts"  # the name of what digests of accounts are digests of
NOTED = 60  # seconds for which one refusal on record stands for all that follow
_here = LocMemCache("sign-in", {})
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limit:
    """``free`` failures cost nothing; then 1, 2, 4 … times ``first`` seconds, up to ``longest``."""

    kind: str
    free: int
    longest: int
    first: int = 1

    def delay(self, failures: int) -> int:
        over = failures - self.free
        return 0 if over <= 0 else int(min(self.first * 2.0 ** min(over - 1, 30), self.longest))


ACCOUNT = Limit("account", free=5, longest=60)
ADDRESS = Limit("address", free=30, longest=900)


@dataclass(frozen=True, slots=True)
class Standing:
    """What was counted of an attempt before it: failures of its account, and other accounts that failed from there."""

    failures: int
    accounts: int


def attempt(email: str, ip: str, now: datetime, device: str = "") -> int:
    """Count one attempt to sign in. Returns the seconds to wait when it is too early, 0 when it may go ahead.

    ``device`` is what ``devices.known`` says. The address is asked first: while it has to wait, the account's counter
    stays as it is.
    """
    for limit, key in _keys(email, ip, device):
        if wait := _with_store(partial(_take, key=key, limit=limit, now=now)):
            return wait
    if ip and not device:
        _with_store(partial(_join, key=_crowd(ip), account=digest_of(email)))
    return 0


def standing(email: str, ip: str, device: str = "", *, own: int = 1) -> Standing:
    """How an attempt stands that ``attempt`` has let through, in its own queue: a known device has no crowd.

    ``own``: how often it was counted itself, which is not at all where no password is shown.
    """
    *_others, (_limit, key) = _keys(email, ip, device)
    counted = _with_store(lambda store: int(store.get(key) or own))
    accounts = _with_store(lambda store: int(store.get(_crowd(ip)) or own)) if ip and not device else own
    return Standing(counted - own, accounts - own)


def is_news(email: str, ip: str, device: str = "") -> bool:
    """Whether a refusal should go on record: once a minute, since nobody must be able to fill a trail that stays."""
    new = [_with_store(partial(_note, key=key)) for _, key in _keys(email, ip, device)]
    return all(new)


def succeeded(email: str, ip: str, device: str = "") -> None:
    """The account's failures are forgotten; the address only gets back the attempt that was no failure."""
    for limit, key in _keys(email, ip, device):
        _with_store(partial(_forgive, key=key, limit=limit))
    if ip and not device:
        _with_store(partial(_leave, key=_crowd(ip), account=digest_of(email)))


def take(what: str, who: str, now: datetime, limit: Limit = ACCOUNT) -> int:
    """Count one attempt of somebody (an id) at something (a name). Returns the seconds to wait, 0 for none."""
    return _with_store(partial(_take, key=_key(what, who), limit=limit, now=now))


def counted(what: str, who: str) -> int:
    """How many attempts ``take`` has counted within the hour and ``forgive`` has not forgotten."""
    return _with_store(lambda store: int(store.get(_key(what, who)) or 0))


def forgive(what: str, who: str) -> None:
    """Somebody got it right: what was counted by ``take`` is forgotten."""
    _with_store(partial(_forgive, key=_key(what, who), limit=ACCOUNT))


def _key(what: str, who: str) -> str:
    return f"attempts:{current_schema()}:{what}:{who}"


def digest_of(email: str) -> str:
    """What stands for an account, known or not, where its address must not stand: the same for all its spellings.

    It is another one once the key of digests was replaced, so that counters begin anew: they last an hour at the most.
    """
    return crypto.blind_index(mailbox(email), schema=current_schema(), field=ATTEMPTS).hex()


def digests_of(email: str) -> set[str]:
    """The same under each key that is not destroyed, for what was noted under one of before."""
    keys = crypto.index_keys(current_schema()).known
    return {crypto.keyed_digest(mailbox(email), key, ATTEMPTS).hex() for key in keys}


def _keys(email: str, ip: str, device: str) -> list[tuple[Limit, str]]:
    """The counters of one attempt, in the order in which they are asked: a known device has only its own."""
    schema, account = current_schema(), digest_of(email)
    if device:
        return [(ACCOUNT, f"sign-in:{schema}:account:{account}:{device}")]
    address = [(ADDRESS, f"sign-in:{schema}:address:{block_of(ip)}")] if ip else []
    return [*address, (ACCOUNT, f"sign-in:{schema}:account:{account}")]


def _crowd(ip: str) -> str:
    """Counts the accounts that were tried from an address and not entered."""
    return f"sign-in:{current_schema()}:crowd:{block_of(ip)}"


def block_of(ip: str) -> str:
    """The address, or the /64 of an IPv6 address: one subscriber has all of it."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return ip
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or ipaddress.ip_network((int(address) >> 64 << 64, 64)))


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


def _join(store: Any, key: str, account: str) -> None:
    if store.add(f"{key}:{account}", 1, MEMORY):
        store.add(key, 0, MEMORY)
        store.incr(key)


def _leave(store: Any, key: str, account: str) -> None:
    if store.delete(f"{key}:{account}") and store.get(key):
        store.decr(key)


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
