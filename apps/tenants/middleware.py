"""The first thing a request learns is whose it is; without a known host it learns nothing."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.middleware import security
from django.urls import set_urlconf

from apps.core import answer_headers, views
from apps.core.api import problems
from apps.core.paths import is_api
from apps.core.tenancy import enter, enter_public
from apps.tenants import hosts


class SecurityMiddleware(security.SecurityMiddleware):
    """Django's, which redirects to HTTPS on our own hosts alone: else ``Host`` would say where it sends people.

    It stands before all that answers, and asks for the host only where it would redirect: probes come on any. A program
    is refused: if it were sent on, nobody would notice that its key goes over the line in plain (ASVS 5.0, 4.1.2).
    """

    def process_request(self, request: HttpRequest) -> HttpResponse | None:  # type: ignore[override]  # or a refusal
        try:
            redirect = super().process_request(request)
        except DisallowedHost:
            return None
        if redirect is None or _host_of(request) is None:
            return None
        return problems.http_response("https_required") if is_api(request) else redirect

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        for name, value in answer_headers.ALWAYS.items():
            response.headers.setdefault(name, value)
        return super().process_response(request, response)


def _host_of(request: HttpRequest) -> hosts.Host | None:
    try:
        return hosts.find(hosts.name_of(request.get_host()))
    except DisallowedHost:
        return None


class TenantMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        enter_public()
        host = _host_of(request)
        if host is None:
            return views.unknown_host(request)
        if not host.is_active:
            return views.suspended(request)
        request.tenant = host  # type: ignore[attr-defined]  # the middleware sets it
        enter(host)
        request.urlconf = settings.PUBLIC_SCHEMA_URLCONF if host.is_platform else settings.ROOT_URLCONF  # type: ignore[attr-defined]  # the middleware sets it
        set_urlconf(request.urlconf)  # type: ignore[attr-defined]  # the middleware sets it
        return self.get_response(request)
