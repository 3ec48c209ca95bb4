"""OAuth 2.0 as RFC 6749 and 9700 have it, by oauthlib: codes with PKCE (S256) and refresh tokens, and nothing else.

No password grant, which would tell right passwords from wrong ones past the second factor; no implicit or hybrid flow,
which put tokens into addresses; no ``plain`` challenge. oauthlib reads requests and words errors, services decide.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote_plus, urlencode
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from oauthlib.oauth2 import (
    AuthorizationCodeGrant,
    AuthorizationEndpoint,
    BearerToken,
    IntrospectEndpoint,
    InvalidRequestError,
    OAuth2Error,
    RefreshTokenGrant,
    RequestValidator,
    RevocationEndpoint,
    TokenEndpoint,
    UnsupportedResponseTypeError,
)
from oauthlib.oauth2.rfc6749.grant_types.authorization_code import code_challenge_method_s256

from apps.oauth import access_tokens, bearing, services, signing
from apps.oauth.issuer import issuer
from apps.oauth.models import Application, Authorization
from apps.oauth.texts import digest_of, new_code, new_refresh_token

CODE: Final = "code"
S256: Final = "S256"
CHALLENGE: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")
#: A state is given back as it came; a longer one is no state.
LONGEST_STATE: Final = 1000


class CodeGrant(AuthorizationCodeGrant):
    _code_challenge_methods = {S256: code_challenge_method_s256}


class Validator(RequestValidator):
    """What oauthlib asks of us."""

    def client_authentication_required(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        """All but those that are public, unknown ones included."""
        request.client = _application(request.client_id)
        return "Authorization" in request.headers or request.client is None or request.client.is_confidential

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        """By Basic or in the body, never both (RFC 6749, 2.3)."""
        name, secret = _credentials(request)
        application = _application(name)
        request.client = application
        if application is None or not application.is_confidential or request.client_id not in (None, name):
            return False
        return hmac.compare_digest(bytes(application.secret_digest or b""), digest_of(secret))

    def authenticate_client_id(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> bool:
        request.client = _application(client_id)
        return request.client is not None and not request.client.is_confidential and not request.client_secret

    def validate_client_id(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> bool:
        request.client = _application(client_id)
        return request.client is not None

    def validate_redirect_uri(self, client_id: str, redirect_uri: str, request: Any, *args: Any, **kw: Any) -> bool:
        """Letter by letter (ASVS 10.4.1)."""
        return redirect_uri in request.client.redirect_uris

    def get_default_redirect_uri(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> str | None:
        return request.client.redirect_uris[0] if len(request.client.redirect_uris) == 1 else None

    def validate_response_type(self, client_id: str, response_type: str, client: Any, *args: Any, **kw: Any) -> bool:
        return response_type == CODE

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Any, request: Any, *args: Any, **kw: Any
    ) -> bool:
        return grant_type in ("authorization_code", "refresh_token")

    def is_pkce_required(self, client_id: str, request: Any) -> bool:
        return True

    def get_default_scopes(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> list[str]:
        return list(request.client.scopes)

    def validate_scopes(self, client_id: str, scopes: Any, client: Any, request: Any, *args: Any, **kw: Any) -> bool:
        """What it was registered for, and something; what is said twice is said once."""
        request.scopes = list(dict.fromkeys(scopes))
        return bool(scopes) and all(one in client.scopes for one in scopes)

    def save_authorization_code(self, client_id: str, code: Any, request: Any, *args: Any, **kwargs: Any) -> None:
        let = services.Let(request.client, request.scopes, request.redirect_uri, request.code_challenge)
        services.grant_authorization(request.user, let, code["code"], recognised=request.recognised, now=timezone.now())

    def validate_code(self, client_id: str, code: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        found = services.found_by_code(code, client, now=timezone.now())
        led_back = request.redirect_uri or self.get_default_redirect_uri(client_id, request)
        if found is None or led_back != found.redirect_uri:
            return False
        request.authorization, request.user, request.scopes = found, found.user, found.scopes
        return True

    def get_code_challenge(self, code: str, request: Any) -> str:
        return str(request.authorization.code_challenge)

    def get_code_challenge_method(self, code: str, request: Any) -> str:
        return S256

    def confirm_redirect_uri(self, *args: Any, **kwargs: Any) -> bool:
        """``validate_code`` has compared it: another one is another grant (RFC 6749, 5.2)."""
        return True

    def invalidate_authorization_code(self, client_id: str, code: str, request: Any, *args: Any, **kwargs: Any) -> None:
        services.use_code(request.authorization, now=timezone.now())

    def validate_refresh_token(self, refresh_token: str, client: Any, request: Any, *args: Any, **kw: Any) -> bool:
        request.used = services.found_by_refresh_token(refresh_token, client, now=timezone.now())
        if request.used is None:
            return False
        request.authorization = request.used.authorization
        request.user = request.authorization.user
        return True

    def get_original_scopes(self, refresh_token: str, request: Any, *args: Any, **kwargs: Any) -> list[str]:
        return list(request.authorization.scopes)

    def rotate_refresh_token(self, request: Any) -> bool:
        return True

    def save_bearer_token(self, token: Any, request: Any, *args: Any, **kwargs: Any) -> None:
        """Of access tokens nothing is kept: what they say is checked by their authorization."""
        now = timezone.now()
        if getattr(request, "used", None) is not None:
            services.continue_with(request.used, token["refresh_token"], now=now)
        else:
            services.begin(request.authorization, token["refresh_token"], now=now)

    def revoke_token(self, token: str, token_type_hint: str, request: Any, *args: Any, **kwargs: Any) -> None:
        """What came of the same consent ends with it; one that is unknown, or another's, is no error (RFC 7009)."""
        found = _authorization_of(token, request.client)
        if found is not None:
            services.end_authorization(found, why="revoked_by_application", acting_user=None, now=timezone.now())

    def introspect_token(self, token: str, token_type_hint: str, request: Any, *args: Any, **kw: Any) -> Any:
        """What its own access token says, for an application that has a secret; of all others only that (RFC 7662)."""
        now = timezone.now()
        claims = access_tokens.read(token, now)
        if claims is None or not request.client.is_confidential or claims.application != request.client.pk:
            return None
        if bearing.owner_of(claims) is None:
            return None
        return {"scope": " ".join(claims.scopes), "client_id": str(claims.application), "sub": str(claims.user)}


class Server(AuthorizationEndpoint, TokenEndpoint, RevocationEndpoint, IntrospectEndpoint):
    def __init__(self) -> None:
        validator = Validator()
        code, refresh = CodeGrant(validator), RefreshTokenGrant(validator)
        code.custom_validators.pre_auth.append(_refuse_what_we_do_not_speak)
        code.register_code_modifier(_code_of_ours)
        bearer = BearerToken(validator, _access_token, int(signing.LIFE.total_seconds()), lambda _: new_refresh_token())
        AuthorizationEndpoint.__init__(self, CODE, response_types={CODE: code}, default_token_type=bearer)
        grants = {"authorization_code": code, "refresh_token": refresh}
        TokenEndpoint.__init__(self, "authorization_code", grant_types=grants, default_token_type=bearer)
        RevocationEndpoint.__init__(self, validator)
        IntrospectEndpoint.__init__(self, validator)


def address_of(request: HttpRequest) -> str:
    """What oauthlib reads of an address: its query, spelt so that it can be read."""
    query = urlencode(list(request.GET.lists()), doseq=True)
    return f"{request.path}?{query}" if query else request.path


def called(request: HttpRequest) -> tuple[str, str, str, dict[str, str]]:
    """A call of a program, as oauthlib takes it."""
    body = urlencode(list(request.POST.lists()), doseq=True)
    headers = {name: request.headers[name] for name in ("Authorization",) if name in request.headers}
    return address_of(request), str(request.method), body, headers


def error_address(error: OAuth2Error, redirect_uri: str) -> str:
    """Back to the application, saying what went wrong and who says it (RFC 9207)."""
    query = urlencode([*error.twotuples, ("iss", issuer())])
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{query}"


def _refuse_what_we_do_not_speak(request: Any) -> Mapping[str, Any]:
    if request.response_type is not None and request.response_type != CODE:
        raise UnsupportedResponseTypeError(request=request)
    if request.code_challenge is not None and not CHALLENGE.fullmatch(request.code_challenge):
        raise InvalidRequestError("The code_challenge is none of RFC 7636.", request=request)
    if len(request.state or "") > LONGEST_STATE:
        raise InvalidRequestError("The state is too long.", state="", request=request)
    return {}


def _code_of_ours(grant: dict[str, str], handler: Any, request: Any) -> dict[str, str]:
    return {**grant, "code": new_code(), "iss": issuer()}


def _access_token(request: Any) -> str:
    return access_tokens.write(request.authorization, request.scopes, timezone.now())


def _application(client_id: Any) -> Application | None:
    try:
        pk = UUID(str(client_id))
    except ValueError:
        return None
    return Application.objects.filter(pk=pk, ended_at=None).first()


def _credentials(request: Any) -> tuple[str, str]:
    scheme, _, coded = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        return request.client_id or "", request.client_secret or ""
    if scheme.lower() != "basic" or request.client_secret:
        return "", ""
    try:
        name, _, secret = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return unquote_plus(name), unquote_plus(secret)


def _authorization_of(text: str, application: Application) -> Authorization | None:
    claims = access_tokens.read(text, timezone.now())
    if claims is not None:
        return Authorization.objects.filter(pk=claims.authorization, application=application).first()
    digest = digest_of(text)
    return Authorization.objects.filter(refresh_tokens__digest=digest, application=application).first()


SERVER: Final = Server()
