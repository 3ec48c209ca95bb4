"""Access tokens: JSON Web Tokens of RFC 9068, good for minutes, signed by the tenant and meant for its API alone."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

import jwt

from apps.accounts import authz
from apps.accounts.models import User
from apps.oauth import signing
from apps.oauth.issuer import issuer
from apps.oauth.models import Authorization

TYPE: Final = "at+jwt"
#: All that a header of ours says: neither ``jku`` nor ``jwk`` nor ``x5c`` tells where a key is (RFC 8725, 3.10).
HEADER: Final = frozenset({"alg", "kid", "typ"})
REQUIRED: Final = ("iss", "aud", "sub", "sid", "client_id", "scope", "iat", "exp", "jti", "perm_ver")
#: A token with the most scopes that there can be is shorter; beyond it nothing is read.
LONGEST: Final = 16_384


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token that verifies says: whose it is, of which authorization, for which application and scopes."""

    user: UUID
    authorization: UUID
    application: UUID
    scopes: tuple[str, ...]


def write(authorization: Authorization, scopes: Collection[str], now: datetime) -> str:
    """A new token of an authorization, for these of its scopes."""
    key, here, moment = signing.active(now), issuer(), int(now.timestamp())
    claims = {
        "iss": here,
        "aud": here,
        "sub": str(authorization.user_id),
        "sid": str(authorization.pk),
        "client_id": str(authorization.application_id),
        "scope": " ".join(dict.fromkeys(scopes)),
        "iat": moment,
        "exp": moment + int(signing.LIFE.total_seconds()),
        "jti": str(uuid4()),
        "perm_ver": version_of_permissions(authorization.user),
        **authorization.recognised,
    }
    return jwt.encode(claims, key.private, signing.ALGORITHM, headers={"kid": str(key.pk), "typ": TYPE})


def read(text: str, now: datetime) -> Claims | None:
    """What a token says, if this tenant has signed it for its API and it has not run out. None for any other text."""
    try:
        header = jwt.get_unverified_header(text) if len(text) <= LONGEST else {}
        if header.keys() != HEADER or header["alg"] != signing.ALGORITHM or header["typ"] != TYPE:
            return None
        key = signing.verifying(str(header["kid"]), now)
        claims = _verified(text, key) if key is not None else {}
        return _claims(claims) if claims and claims["iat"] - 60 <= now.timestamp() < claims["exp"] else None
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError):  # of claims that are no texts
        return None


def version_of_permissions(user: User) -> str:
    """Another one whenever what the grants of an account say is another.

    It tells programs that something has changed. What they may do is read at every request, whatever it says.
    """
    said = [
        sorted(f"{one}@{one.object_id}" for one in lines)
        for lines in (authz.permissions_of(user), authz.denials_of(user))
    ]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def _verified(text: str, key: Any) -> dict[str, Any]:
    """The moments are compared by the caller, by one clock."""
    options: Any = {"require": REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False}
    claims: dict[str, Any] = jwt.decode(
        text, key, [signing.ALGORITHM], audience=issuer(), issuer=issuer(), options=options
    )
    return claims


def _claims(claims: dict[str, Any]) -> Claims:
    scopes = tuple(claims["scope"].split())
    return Claims(UUID(claims["sub"]), UUID(claims["sid"]), UUID(claims["client_id"]), scopes)
