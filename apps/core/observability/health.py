"""Probes: ``live`` asks nothing, ``ready`` and ``startup`` ask what the service depends on."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

from apps.core import degraded
from apps.core.tenancy import enter_public


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
        """Without Redis or a worker we answer less well; only without what is vital we do not answer."""
        enter_public()
        states = degraded.look() | degraded.look_further()
        fit = all(state.up for state in states.values() if state.vital)
        status = "ok" if all(state.up for state in states.values()) else "degraded" if fit else "unavailable"
        dependencies = {name: state.as_dict() for name, state in states.items()}
        return JsonResponse({"status": status, "dependencies": dependencies}, status=200 if fit else 503)
