"""Probes: ``live`` asks nothing, ``ready`` and ``startup`` ask what the service depends on."""

import ipaddress
import threading
import time
from collections.abc import Callable, Container
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse

from apps.core import parts
from apps.core.memory import forgets

LIVE: Final = ("/health/live", "/health/live/")
READY: Final = ("/health/ready", "/health/ready/", "/health/startup", "/health/startup/")
#: Seconds for which a look holds, for everybody who asks.
HOLDS: Final = 1.0
#: Who names a client in these is a proxy: the peer is not the one who asks.
FORWARDED: Final = ("x-forwarded-for", "forwarded", "x-real-ip", "via")


class Readiness:
    """What the last look found. One thread looks at a time; whoever asks meanwhile waits for what it finds."""

    def __init__(self) -> None:
        self._states: dict[str, parts.State] = {}
        self._until = 0.0
        self._looking = threading.Lock()

    def answer(self, *, named: bool) -> tuple[int, dict[str, Any]]:
        """The status and what is said; dependencies are ``named`` to those who run the service.

        Without Redis or a worker we answer less well; only without what is vital we do not answer. Where nothing vital
        was asked, nobody knows that we are fit.
        """
        states = self._look()
        vital = [state.up for state in states.values() if state.vital]
        fit = bool(vital) and all(vital)
        status = "unavailable" if not fit else "ok" if all(state.up for state in states.values()) else "degraded"
        said: dict[str, Any] = {"status": status}
        if named:
            said["dependencies"] = {name: state.as_dict() for name, state in states.items()}
        return 200 if fit else 503, said

    def _look(self) -> dict[str, parts.State]:
        with self._looking:
            if time.monotonic() >= self._until:
                self._states = parts.look(parts.probed())
                self._until = time.monotonic() + HOLDS
            return self._states

    def forget(self) -> None:
        self._until = 0.0


READINESS: Final = Readiness()
forgets(READINESS.forget)


def is_near(peer: str, server: str, headers: Container[str]) -> bool:
    """Whether somebody asks on this very machine, and not through a proxy on it. ``headers`` are in lower case."""
    try:
        here = ipaddress.ip_address(peer).is_loopback or peer == server
    except ValueError:
        return False
    return here and not any(name in headers for name in FORWARDED)


def asked_near(request: HttpRequest) -> bool:
    headers = {name.lower() for name in request.headers}
    return is_near(request.META.get("REMOTE_ADDR", ""), request.META.get("SERVER_NAME", ""), headers)


class HealthMiddleware:
    """Answers ``/health/*`` on any host, before a tenant is looked up: probes send a pod's address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in LIVE:
            return JsonResponse({"status": "ok"})
        if request.path in READY:
            status, said = READINESS.answer(named=asked_near(request))
            return JsonResponse(said, status=status)
        return self.get_response(request)
