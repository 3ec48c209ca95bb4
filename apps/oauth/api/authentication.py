"""Who calls the API for somebody else: an application with an access token."""

from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.accounts import keys
from apps.accounts.api.authentication import count_wrong_key
from apps.accounts.models import User
from apps.core import context
from apps.oauth import access_tokens, bearing

REFUSAL = "This access token is not valid."


class AccessTokenAuthentication(authentication.BaseAuthentication):
    """``Authorization: Bearer eyJ…``; one query, and one answer to every token that is not good (RFC 6750)."""

    def authenticate(self, request: Request) -> tuple[User, bearing.Access] | None:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or text.count(".") != 2 or text.startswith(keys.BEGINNING):
            return None
        now = timezone.now()
        claims = access_tokens.read(text.strip(), now)
        found = bearing.owner_of(claims) if claims else None
        if found is None:
            count_wrong_key(request, now)
            raise AuthenticationFailed(REFUSAL)
        context.amend(user_id=str(found[0].pk), actor_type="application")
        return found

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class AccessTokenScheme(OpenApiAuthenticationExtension):
    target_class = AccessTokenAuthentication
    name = "accessToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "An access token of OAuth."}
