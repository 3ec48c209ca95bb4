"""Who calls the API: a program with a key, or a person's browser with its session."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from apps import audit
from apps.accounts import authz, bearer, keys, metrics
from apps.accounts.models import ApiKey, User
from apps.configuration import throttling
from apps.core import context, once
from apps.core.api.parsers import body_of
from apps.core.observability.middleware import client_address

#: Wrong keys from one address in a window of the rate limits.
MOST_WRONG_KEYS = 100
REFUSAL = "This API key is not valid."


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """``Authorization: Bearer rsk_live_…``; one query, and one answer to every key that is not good."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        text = text.strip()
        found = self._find(text)
        if found is None:
            count_wrong_key(request, timezone.now())
            raise AuthenticationFailed(REFUSAL)
        key = found.key
        from_here = keys.opens_from(key.networks, client_address(request))
        if not (found.opens and from_here):
            _record_refusal(found, text, "" if from_here else "network", timezone.now())
            raise AuthenticationFailed(REFUSAL)
        authz.narrow(key.user, key)
        context.amend(user_id=str(key.user_id), actor_type="api_key")
        _note_use(found, text)
        return key.user, key

    def _find(self, text: str) -> bearer.Found | None:
        prefix = keys.prefix_of(text)
        found = bearer.find(prefix) if prefix else None
        return found if found is not None and keys.fits(text, bytes(found.key.digest)) else None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def count_wrong_key(request: HttpRequest | Request, now: datetime) -> None:
    """Guessing is counted by address. It refuses wrong keys alone, so nobody shuts the owner of a good one out."""
    window = int(now.timestamp() // throttling.WINDOW)
    tried = throttling.COUNTER.count(f"wrong-keys:{client_address(request)}:{window}", draw=1)
    metrics.SIGN_INS.labels("wrong_key").inc()
    if tried is not None and tried > MOST_WRONG_KEYS:
        raise Throttled(wait=(window + 1) * throttling.WINDOW - now.timestamp())


def _note_use(found: bearer.Found, text: str) -> None:
    """At most once a minute, so that a key in heavy use costs no write for each request.

    A digest of before that fits every tenant becomes this one's (``keys.fits``).
    """
    if not found.was_noted:
        ApiKey.objects.filter(pk=found.key.pk).update(last_used_at=timezone.now(), digest=keys.digest_of(text))


def _record_refusal(found: bearer.Found, text: str, reason: str, now: datetime) -> None:
    """A key that was good once or elsewhere, and is in use: somebody should know, though not of every request."""
    _note_use(found, text)
    if once.is_first(f"refused:{found.key.pk}:{reason}", 60):
        details = {"reason": reason} if reason else {}
        audit.record("api_key.refused", now=now, target=found.key, outcome="failure", details=details)


class SessionAuthentication(authentication.SessionAuthentication):
    """The portal's own session, with Django's protection against forged requests."""

    def authenticate(self, request: Request) -> Any:
        found = super().authenticate(request)
        if found is not None:
            context.amend(user_id=str(found[0].pk), actor_type="user")
        return found

    def enforce_csrf(self, request: Request) -> None:
        """Have the body first: who looks for the token in a form reads the request, which can be read once only."""
        body_of(request._request)
        super().enforce_csrf(request)


class ApiKeyScheme(OpenApiAuthenticationExtension):
    target_class = ApiKeyAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "rsk_live_…", "description": "An API key."}


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = SessionAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "resimate", "description": "The portal's session cookie."}
