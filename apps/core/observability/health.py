"""Probes: ``live`` asks nothing, ``ready`` and ``startup`` ask PostgreSQL and Redis."""

import time
from collections.abc import Callable

from django.core.cache import cache
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from redis.exceptions import RedisError

from apps.core.tenancy import enter_public

Check = Callable[[], None]


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _cache() -> None:
    cache.set("health", 1, 5)


CHECKS: dict[str, tuple[Check, bool]] = {
    # name: (check, whether the service can do nothing without it)
    "database": (_database, True),
    "redis": (_cache, False),
}


def dependencies() -> tuple[dict[str, dict[str, object]], bool]:
    """Each dependency's state, and whether the service is fit to answer. Redis away degrades, it does not stop us."""
    states: dict[str, dict[str, object]] = {}
    fit = True
    for name, (check, vital) in CHECKS.items():
        started = time.perf_counter()
        try:
            check()
            up = True
        except (Error, RedisError, OSError):
            up = False
            fit = fit and not vital
        states[name] = {"up": up, "vital": vital, "milliseconds": round((time.perf_counter() - started) * 1000, 1)}
    return states, fit


class HealthMiddleware:
    """Answers ``/health/*`` on any host, before a tenant is looked up: probes send a pod's address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        probe = request.path.rstrip("/")
        if probe == "/health/live":
            return JsonResponse({"status": "ok"})
        if probe in ("/health/ready", "/health/startup"):
            return self._ready()
        return self.get_response(request)

    def _ready(self) -> HttpResponse:
        enter_public()
        states, fit = dependencies()
        degraded = not all(state["up"] for state in states.values())
        status = "degraded" if fit and degraded else "ok" if fit else "unavailable"
        return JsonResponse({"status": status, "dependencies": states}, status=200 if fit else 503)
