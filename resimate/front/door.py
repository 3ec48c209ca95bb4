"""The application that granian serves by RSGI."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from django.conf import settings
from django.db import Error, close_old_connections

from apps.accounts import uses
from apps.core import answer_headers, epochs, metrics
from apps.core.observability import health
from apps.tenants import hosts
from resimate.front import intake
from resimate.front.exchange import Exchange, address_of, host_of, refuse
from resimate.front.threads import Threads
from resimate.management_port import open_for_this_process

#: Seconds between two looks at the requests under way.
TICK: Final = 0.5
#: Seconds after which it is watched whether a request's client has gone.
PATIENCE: Final = 1.0
#: Headers that may be left out unread.
#: Of these nobody could tell which one counts.
HOSTS: Final = ("host", "x-forwarded-host")
HARMLESS: Final = frozenset({"user-agent", "referer"})
MEGABYTE: Final = 1024 * 1024


class Door:
    """Answers ``/health/live`` itself, refuses what is of no use, and lets the others in once they are whole."""

    def __init__(self, django: Callable[..., Any]) -> None:
        self.head = [("Content-Type", "application/json"), *answer_headers.at_the_door()]
        self.room = intake.Room(512 * MEGABYTE, 128 * MEGABYTE)
        self.threads = Threads(settings.WEB_THREADS, settings.WEB_QUEUE, lambda exchange: exchange.run(django))
        self.under_way: set[Exchange] = set()
        self._done: deque[Exchange] = deque()
        self._lookups = ThreadPoolExecutor(1, "hosts")
        self._aside = ThreadPoolExecutor(1, "readiness")
        self._looking: asyncio.Future[dict[bool, tuple[int, dict[str, Any]]]] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        metrics.forget_the_dead()
        open_for_this_process()
        epochs.follow()
        uses.follow()
        self.threads.start()
        loop.call_later(TICK, self._tick, loop)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.threads.stop()

    async def __rsgi__(self, scope: Any, proto: Any) -> None:
        self._settle()
        if scope.path in health.LIVE:
            proto.response_str(200, self.head, '{"status": "ok"}')
        elif scope.path in health.READY:
            await self._say_whether_ready(scope, proto)
        elif self.threads.is_full:
            _refuse(proto, 503, "queue_full")
        elif status := unfit(scope):
            _refuse(proto, status, "unfit")
        else:
            await self._let_in(Exchange(scope, proto, asyncio.get_running_loop(), self._done))

    async def _let_in(self, exchange: Exchange) -> None:
        self.under_way.add(exchange)
        try:
            if not has_body(exchange.scope) or await self._receive(exchange):
                self.threads.put(exchange)
                await exchange.ended
        finally:
            self.under_way.discard(exchange)
            if exchange.body is not None:
                exchange.body.close()

    async def _receive(self, exchange: Exchange) -> bool:
        """Take the body in; False when the request has been answered, or its client has gone."""
        scope, proto = exchange.scope, exchange.proto
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        declared = _declared(scope)
        host = hosts.name_of(host_of(scope))
        if (declared or 0) > most or not await self._is_served(host):
            return True  # Django says so, in the reader's language, and nothing reads it
        exchange.body = intake.Body(self.room, address_of(scope), host, most=most)
        try:
            await exchange.body.receive(proto, declared)
        except intake.Refused as refusal:
            exchange.is_answered = True  # or counted among the refused, when its client has gone
            _refuse(proto, refusal.status, refusal.reason)
            return False
        exchange.seconds_of_body = time.monotonic() - exchange.came_at
        return True

    def _measure(self) -> None:
        metrics.THREADS.set(len(self.threads.at_work))
        metrics.THREADS_BUSY.set(self.threads.busy)
        metrics.WAITING.set(self.threads.waiting)
        metrics.BODIES.set(self.room.bodies)
        metrics.BODY_BYTES.set(self.room.taken)
        now = time.monotonic()
        metrics.OLDEST_WAITS.set(max((now - one.came_at for one in self.under_way), default=0))

    async def _say_whether_ready(self, scope: Any, proto: Any) -> None:
        """Beside the threads, which may all be busy; one look at a time, for all who ask meanwhile."""
        named = health.is_near(address_of(scope), scope.server.rpartition(":")[0], scope.headers)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.get_running_loop().run_in_executor(self._aside, _look)
        states = await asyncio.shield(self._looking)
        status, said = states[named]
        proto.response_str(status, self.head, json.dumps(said, default=str))

    async def _is_served(self, name: str) -> bool:
        """Whether there is such a host; nothing is read for one that there is not."""
        known = hosts.remembered(name)
        if known is None:
            known = await asyncio.get_running_loop().run_in_executor(self._lookups, _look_up, name)
        return known

    def _settle(self) -> None:
        """Put away what has been answered: when the loop is awake anyway, as waking it stops the thread at work."""
        while self._done:
            self._done.popleft().settle()

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self._settle()
        self._measure()
        since = time.monotonic() - PATIENCE
        for exchange in [one for one in self.under_way if one.came_at < since and not one.is_watched]:
            exchange.is_watched = True
            task = loop.create_task(_watch(exchange))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        loop.call_later(TICK, self._tick, loop)


def _refuse(proto: Any, status: int, reason: str) -> None:
    metrics.REFUSED.labels(reason).inc()
    if status:
        refuse(proto, status)


async def _watch(exchange: Exchange) -> None:
    await exchange.proto.client_disconnect()
    if not exchange.is_answered:
        metrics.ABANDONED.inc()
    exchange.abandoned.set()


def _look() -> dict[bool, tuple[int, dict[str, Any]]]:
    """What is said to strangers, and to those who run the service."""
    try:
        return {named: health.READINESS.answer(named=named) for named in (False, True)}
    finally:
        close_old_connections()


def _look_up(name: str) -> bool:
    try:
        return hosts.find(name) is not None
    except Error:
        return True  # the database is away: Django says so
    finally:
        close_old_connections()


def unfit(scope: Any) -> int:
    """The status for a request that cannot be told from another one; 0 for one that is fit to be looked at.

    The server leaves out headers that are not ASCII, and ends a body in chunks that breaks off like a whole one: of
    those only JSON cannot be half and look whole.
    """
    headers = scope.headers
    names = [name for name, _ in headers.items()]
    if any(names.count(one) > 1 for one in HOSTS) or set(headers.keys()).difference(names, HARMLESS):
        return 400
    chunked = "transfer-encoding" in names
    kind = (headers.get("content-type") or "").partition(";")[0].strip()
    return 411 if chunked and not kind.lower().endswith(("/json", "+json")) else 0


def has_body(scope: Any) -> bool:
    headers = scope.headers
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def _declared(scope: Any) -> int | None:
    """The length that a request says its body has; None when it says none."""
    said = scope.headers.get("content-length")
    return int(said) if said and "transfer-encoding" not in scope.headers else None
