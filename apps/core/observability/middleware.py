"""Around every request: a trace, an access line, metrics, and the id by which support finds them."""

import ipaddress
import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apps.core import context, metrics

logger = logging.getLogger("resimate.access")
#: Clients may invent others: each would be a time series that is kept for ever.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class ObservabilityMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # A trace of our own: whoever could name it would write into the trails of others.
        work = context.continued(
            "",
            ip=client_address(request),
            user_agent=request.headers.get("User-Agent", "")[:200],
            actor_type="anonymous",
            waited_for=True,
            is_abandoned=getattr(request.META.get(context.ABANDONED), "is_set", bool),
        )
        started = time.perf_counter()
        with context.use(work):
            response = self.get_response(request)
            self._account(request, response, time.perf_counter() - started)
        response.headers["X-Request-Id"] = work.trace_id
        return response

    def _account(self, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        match = request.resolver_match
        view = (match.view_name or "unnamed") if match else "none"
        method = request.method if request.method in METHODS else "other"
        metrics.REQUESTS.labels(method, view, response.status_code).inc()
        metrics.REQUEST_SECONDS.labels(view).observe(seconds)
        if view == "none" and response.status_code == 200:
            return  # probes and static files
        details = {"action": f"{method} {view}", "duration": round(seconds, 4), "status": response.status_code}
        logger.info("request answered", extra=details)


def client_address(request: HttpRequest) -> str:
    """The address of the client as far as our own proxies vouch for it: ``TRUSTED_PROXIES`` hops from the right."""
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    if settings.TRUSTED_PROXIES and len(hops) >= settings.TRUSTED_PROXIES:
        named = hops[-settings.TRUSTED_PROXIES]
        if _is_address(named):
            return named
    return str(request.META.get("REMOTE_ADDR", ""))


def _is_address(text: str) -> bool:
    try:
        return bool(ipaddress.ip_address(text))
    except ValueError:
        return False
