"""Rate limits of the API: requests an hour, for each user and group of addresses, as the tenant set them.

One counter a window in Redis, one round trip. Without Redis nobody is refused: a limit protects the service, and its
absence must not take it down.
"""

import logging
import time
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.throttling import BaseThrottle

from apps.configuration import services

logger = logging.getLogger(__name__)
WINDOW = 3600


class GroupThrottle(BaseThrottle):
    reset = 0.0

    def allow_request(self, request: Any, view: Any) -> bool:
        group = getattr(view, "throttle_group", "default")
        limit = int(services.get(f"api.rate.{group}"))
        now = time.time()
        window = int(now // WINDOW)
        self.reset = (window + 1) * WINDOW - now
        who = request.user.pk if request.user and request.user.is_authenticated else self.get_ident(request)
        used = count(f"rate:{group}:{who}:{window}")
        if used is None:
            return True
        left = max(0, limit - used)
        request._request.rate_limit = {
            "RateLimit-Policy": f'"{group}";q={limit};w={WINDOW}',
            "RateLimit": f'"{group}";r={left};t={round(self.reset)}',
        }
        return used <= limit

    def wait(self) -> float:
        return self.reset


def count(key: str) -> int | None:
    """Count one more under a key; None when Redis is away."""
    name = cache.make_and_validate_key(key)
    try:
        client = cache._cache.get_client(name, write=True)  # type: ignore[attr-defined]  # noqa: SLF001  Django's cache has no pipeline
        pipeline = client.pipeline(transaction=False)
        pipeline.incr(name)
        pipeline.expire(name, WINDOW)
        return int(pipeline.execute()[0])
    except (RedisError, OSError):
        logger.warning("redis away: rate limits are off")
        return None
