"""The Content-Security-Policy of every answer."""

from functools import cached_property

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.http import HttpRequest
from django.http.response import HttpResponseBase

#: What the decorators of django-csp leave on an answer that wants another policy than the settings'.
OWN = frozenset({"_csp_config", "_csp_update", "_csp_replace", "_csp_exempt"})


class ContentPolicyMiddleware(CSPMiddleware):
    """django-csp, which composes the policy anew for every answer; nearly all share one, so that one is kept."""

    @cached_property
    def shared(self) -> str:
        return build_policy()

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not OWN.isdisjoint(vars(response)) or getattr(request, "_csp_nonce", None):
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self.shared)
        return response
