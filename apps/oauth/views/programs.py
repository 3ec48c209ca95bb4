"""What programs call: tokens, their end, and what others need to verify them. No page, no session, no cookie."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from rest_framework.exceptions import Throttled

from apps.accounts.api.authentication import count_wrong_key
from apps.oauth import protocol, signing
from apps.oauth.issuer import issuer

FORM = "application/x-www-form-urlencoded"
#: What holds for a while: a key that is new is asked for by its id anyway.
KEPT = "public, max-age=300"


@csrf_exempt
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    """Exchange a code, or a refresh token, for an access token (RFC 6749, 3.2)."""
    return _answered(request, protocol.SERVER.create_token_response)


@csrf_exempt
@require_POST
def revoke(request: HttpRequest) -> HttpResponse:
    """End what a token is of (RFC 7009)."""
    return _answered(request, protocol.SERVER.create_revocation_response)


@csrf_exempt
@require_POST
def introspect(request: HttpRequest) -> HttpResponse:
    """Say of an application's own access token whether it holds (RFC 7662)."""
    return _answered(request, protocol.SERVER.create_introspect_response)


@require_safe
def metadata(request: HttpRequest) -> HttpResponse:
    """What this server speaks, and where (RFC 8414)."""
    said = {
        "issuer": issuer(),
        **{f"{name}_endpoint": issuer() + reverse(f"oauth:{page}") for name, page in ENDPOINTS.items()},
        "jwks_uri": issuer() + reverse("oauth:jwks"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": [protocol.S256],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "authorization_response_iss_parameter_supported": True,
    }
    return JsonResponse(said, headers={"Cache-Control": KEPT})


ENDPOINTS = {"authorization": "authorize", "token": "token", "revocation": "revoke", "introspection": "introspect"}


@require_safe
def jwks(request: HttpRequest) -> HttpResponse:
    """The keys by which access tokens are verified (RFC 7517)."""
    return JsonResponse({"keys": signing.shown(timezone.now())}, headers={"Cache-Control": KEPT})


def _answered(request: HttpRequest, answer: Callable[..., Any]) -> HttpResponse:
    """What oauthlib answers, and what was done for it in one transaction: what came twice ends what it was of."""
    if request.content_type != FORM:
        return _error("invalid_request", f"Send {FORM}.", 415)
    try:
        with transaction.atomic():
            headers, body, status = answer(*protocol.called(request))
        if status in (400, 401):
            count_wrong_key(request, timezone.now())
    except ValueError:
        return _error("invalid_request", "The request is not well-formed.", 400)
    except Throttled as throttled:
        answered = _error("temporarily_unavailable", "There were too many wrong requests. Try again later.", 429)
        answered["Retry-After"] = str(int(throttled.wait or 1))  # type: ignore[attr-defined]  # the stubs leave it out
        return answered
    headers |= {"Cache-Control": "no-store", "Pragma": "no-cache"}
    if status == 401 and "Authorization" in request.headers:
        headers["WWW-Authenticate"] = f'Basic realm="{issuer()}"'
    return HttpResponse(body or "", status=status, headers={"Content-Type": "application/json", **headers})


def _error(code: str, description: str, status: int) -> HttpResponse:
    said = {"error": code, "error_description": description}
    return JsonResponse(said, status=status, headers={"Cache-Control": "no-store"})
