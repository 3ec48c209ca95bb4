"""Codes and tokens as they are given out: 256 random bits, with a beginning by which scanners of secrets find them."""

import secrets
from typing import Final

from apps.core import crypto
from apps.core.tenancy import current_schema

CODE: Final = "rsc_"
REFRESH: Final = "rsr_"
SECRET: Final = "rss_"  # noqa: S105  how one begins


def new_code() -> str:
    return CODE + secrets.token_urlsafe(32)


def new_refresh_token() -> str:
    return REFRESH + secrets.token_urlsafe(32)


def new_secret() -> str:
    """That of a confidential application."""
    return SECRET + secrets.token_urlsafe(32)


def digest_of(text: str) -> bytes:
    """By which it is found, here alone: in another tenant a copy of our rows finds nothing of it."""
    return crypto.token_digest(text, schema=current_schema())
