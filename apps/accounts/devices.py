"""Devices that have signed in before, by a signed cookie (OWASP "device cookies"): strangers cannot hold them back.

The cookie is no way in: it only says in which queue an attempt waits. It names the tenant and the accounts by digests.
"""

import secrets
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from apps.accounts.throttle import digest_of, digests_of
from apps.core.tenancy import current_schema

LIFE = 180 * 24 * 3600
MOST_ACCOUNTS = 5
SALT = "accounts.devices"


def known(request: HttpRequest, email: str) -> str:
    """What stands for the device if this account has signed in on it before; else empty."""
    held = _held(request)
    return str(held["id"]) if digests_of(email) & {*held["accounts"]} else ""


def remember(response: HttpResponse, request: HttpRequest, email: str) -> None:
    """Let the device be known as one of the account's: its last ones are kept."""
    held = _held(request)
    others = [one for one in held["accounts"] if one not in digests_of(email)]
    accounts = [*others, digest_of(email)][-MOST_ACCOUNTS:]
    value = signing.dumps({"id": held["id"], "tenant": current_schema(), "accounts": accounts}, salt=SALT)
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        value,
        max_age=LIFE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def _held(request: HttpRequest) -> dict[str, Any]:
    """What the cookie says, or a new device: of another tenant, too old or not from us, it says nothing."""
    try:
        held = signing.loads(request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt=SALT, max_age=LIFE)
    except signing.BadSignature:
        held = {}
    if held.get("tenant") != current_schema():
        return {"id": secrets.token_hex(8), "accounts": []}
    return dict(held)
