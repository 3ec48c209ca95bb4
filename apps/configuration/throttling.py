"""Rate limits of the API: requests an hour, for each user and group of addresses, as the tenant set them.

One counter a window in Redis. A process draws a small share of a large limit at a time (a ten-thousandth), so that
heavy use costs no round trip for each request, and small limits stay exact. Without Redis nobody is refused: a limit
protects the service, and its absence must not take it down.
"""

import threading
import time
from typing import Any

from django.core.cache import cache
from rest_framework.throttling import BaseThrottle

from apps.configuration import services
from apps.core import degraded
from apps.core.memory import forgets
from apps.core.observability.middleware import client_address

WINDOW = 3600
SHARES = 10_000


class GroupThrottle(BaseThrottle):
    reset = 0.0

    def allow_request(self, request: Any, view: Any) -> bool:
        group = getattr(view, "throttle_group", "default")
        limit = int(services.get(f"api.rate.{group}"))
        now = time.time()
        window = int(now // WINDOW)
        self.reset = (window + 1) * WINDOW - now
        who = request.user.pk if request.user and request.user.is_authenticated else client_address(request)
        used = COUNTER.count(f"rate:{group}:{who}:{window}", draw=max(1, limit // SHARES))
        if used is None:
            return True
        request._request.rate_limit = {
            "RateLimit-Policy": f'"{group}";q={limit};w={WINDOW}',
            "RateLimit": f'"{group}";r={max(0, limit - used)};t={round(self.reset)}',
        }
        return used <= limit

    def wait(self) -> float:
        return self.reset


class Counter:
    """Counts under a key, across processes; keeps what it has drawn and not used up."""

    def __init__(self) -> None:
        self._drawn: dict[str, tuple[int, int]] = {}  # key: (used, drawn up to)
        self._lock = threading.Lock()

    def count(self, key: str, *, draw: int) -> int | None:
        """Count one more and return how many it makes; None when Redis is away."""
        name = cache.make_and_validate_key(key)
        with self._lock:
            used, upto = self._drawn.get(name, (0, 0))
            if used < upto:
                self._drawn[name] = (used + 1, upto)
                return used + 1
        drawn = _draw(name, draw)
        if drawn is None:
            return None
        if draw > 1:
            with self._lock:
                if len(self._drawn) > 10_000:  # keys of windows long gone
                    self._drawn.clear()
                self._drawn[name] = (drawn - draw + 1, drawn)
        return drawn - draw + 1

    def forget(self) -> None:
        with self._lock:
            self._drawn.clear()


COUNTER = Counter()
forgets(COUNTER.forget)


def _draw(name: str, amount: int) -> int | None:
    return degraded.with_redis(lambda: _add(name, amount), lambda: None, "rate limits are off")


def _add(name: str, amount: int) -> int | None:
    client = cache._cache.get_client(name, write=True)  # type: ignore[attr-defined]  # noqa: SLF001  Django's cache has no pipeline
    pipeline = client.pipeline(transaction=False)
    pipeline.incrby(name, amount)
    pipeline.expire(name, WINDOW)
    return int(pipeline.execute()[0])
