"""The first thing a request learns is whose it is; without a known host it learns nothing."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.middleware import security
from django.urls import set_urlconf

from apps.core import views
from apps.core.tenancy import enter, enter_public
from apps.tenants import hosts


class SecurityMiddleware(security.SecurityMiddleware):
    """Redirects to HTTPS on our own hosts alone: anybody's name in ``Host`` would be where it sends people."""

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        return super().process_request(request) if _host_of(request) is not None else None


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
