"""How a process learns that what it remembers has changed elsewhere.

Each thing that is remembered of a tenant, or of the platform, has a number in the database that grows with each change
and in the same transaction. Once that is committed, Redis carries the news to every process; and every process looks
at all numbers every few seconds, so that nothing is missed while Redis is away. A process that nobody follows for, such
as a command, looks when what it knows has become old.
"""

import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import QuerySet
from django_tenants.utils import get_public_schema_name, schema_context
from redis.exceptions import RedisError

from apps.core import background, degraded
from apps.core.locking import lock
from apps.core.models import Epoch
from apps.core.tenancy import current_schema

logger = logging.getLogger(__name__)

CHANNEL: Final = "resimate:epochs"
#: How many seconds pass between two looks at the numbers; less than what is remembered holds (``memory.SECONDS``).
POLL: Final = 4.0

#: What listeners are told: that the number of a schema has grown, or all numbers as they are.
Changed = Callable[[str], object]
Counted = Callable[[Mapping[str, int]], object]
_listeners: dict[str, tuple[Changed, Counted]] = {}


def listen(of: str, changed: Changed, counted: Counted) -> None:
    """Have ``changed(schema)`` called after each change, and ``counted(numbers)`` after each look."""
    _listeners[of] = changed, counted


def advance(of: str) -> int:
    """Count one more change in the current schema, in this transaction; return its number, from 1 on."""
    number = hold(of) + 1
    _mine(of).update(number=number)
    _tell(of, current_schema())  # this transaction sees what it has changed; the others once it is committed
    transaction.on_commit(_News(of, current_schema()))
    return number


def hold(of: str) -> int:
    """Return the number of the current schema, and let nobody advance it before this transaction is over."""
    Epoch.objects.get_or_create(tenant=current_schema(), of=of)
    lock(_mine(of))
    return _mine(of).get().number


def _mine(of: str) -> QuerySet[Epoch]:
    return Epoch.objects.filter(tenant=current_schema(), of=of)


def numbers(of: str, schemas: Iterable[str] | None = None) -> dict[str, int]:
    """The numbers of these schemas, or of all; a schema in which nothing has changed yet has none."""
    with schema_context(get_public_schema_name()):
        rows = Epoch.objects.filter(of=of)
        return dict((rows if schemas is None else rows.filter(tenant__in=schemas)).values_list("tenant", "number"))


def is_advanced_here(of: str) -> bool:
    """Whether this very transaction has changed it: what is read now may never come true, and must not be kept."""
    return any(isinstance(one[1], _News) and one[1].of == of for one in connection.run_on_commit)


class _News:
    """A change that is committed, on its way to everybody."""

    def __init__(self, of: str, schema: str) -> None:
        self.of, self.schema = of, schema

    def __call__(self) -> None:
        _tell(self.of, self.schema)
        body = json.dumps([self.of, self.schema])
        degraded.with_redis(lambda: _client().publish(CHANNEL, body), lambda: 0, "changes are seen some seconds later")


def follow() -> None:
    """Learn of changes for as long as this process lives, in a thread of its own."""
    follower = Follower()
    background.every(0, follower.follow)


class Follower:
    """Listens to Redis, and looks at the numbers every ``POLL`` seconds."""

    def __init__(self) -> None:
        self._news: Any = None

    def follow(self) -> None:
        """One round: whatever is told after it has begun to listen is heard, whatever was missed before is counted."""
        until = time.monotonic() + POLL
        try:
            self._hear(0.0)
            self._count()
            while (left := until - time.monotonic()) > 0:
                self._hear(left)
        finally:
            time.sleep(max(0.0, until - time.monotonic()))

    def _count(self) -> None:
        for of, (_changed, counted) in _listeners.items():
            counted(numbers(of))
        connection.close()

    def _hear(self, seconds: float) -> None:
        """Wait that long for one piece of news, whether Redis is there or not."""
        started = time.monotonic()
        try:
            if self._news is None:
                self._news = _client().pubsub(ignore_subscribe_messages=True)
                self._news.subscribe(CHANNEL)
            said = self._news.get_message(timeout=seconds)
        except (RedisError, OSError):
            self._news = None
            time.sleep(max(0.0, seconds - (time.monotonic() - started)))
        else:
            if said is not None:
                _tell(*json.loads(said["data"]))


def _tell(of: str, schema: str) -> None:
    if of in _listeners:
        _listeners[of][0](schema)


def _client() -> Any:
    return cache._cache.get_client(None, write=True)  # type: ignore[attr-defined]  # noqa: SLF001  Django's cache has no channels
