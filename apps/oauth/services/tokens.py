"""Codes and refresh tokens: each is used once, and whoever brings one a second time ends all that came of it.

A token that somebody else has seen is used by two, so the second use tells (RFC 9700, 2.1.1 and 2.2.2). What they are
found by is a digest; the row is locked, so of two at the same moment one is the second.
"""

from datetime import datetime
from typing import Final

from django.db import transaction

from apps import audit
from apps.core.locking import locked
from apps.oauth import bearing
from apps.oauth.models import Application, Authorization, RefreshToken
from apps.oauth.services.authorizations import end_authorization
from apps.oauth.texts import digest_of

_WHOLE: Final = ("user__key", "application")


@transaction.atomic
def found_by_code(code: str, application: Application, *, now: datetime) -> Authorization | None:
    """The authorization that a code opens for this application now; one that was used before ends it."""
    found = Authorization.objects.filter(code_digest=digest_of(code), application=application).first()
    if found is None:
        return None
    found = locked(Authorization.objects.select_related(*_WHOLE), found.pk)
    if found.code_used_at is not None:
        _misused(found, "code_reused", now)
        return None
    return found if now < found.code_expires_at and bearing.holds_at(found, now) else None


@transaction.atomic
def use_code(authorization: Authorization, *, now: datetime) -> None:
    authorization.code_used_at = now
    authorization.save(update_fields=["code_used_at"])


@transaction.atomic
def found_by_refresh_token(text: str, application: Application, *, now: datetime) -> RefreshToken | None:
    """The refresh token of this text, of an authorization that holds; one that was used before ends it."""
    digest = digest_of(text)
    found = RefreshToken.objects.filter(digest=digest, authorization__application=application).first()
    if found is None:
        return None
    authorization = locked(Authorization.objects.select_related(*_WHOLE), found.authorization_id)
    found = RefreshToken.objects.get(pk=found.pk)  # as it is under the lock
    if found.used_at is not None:
        _misused(authorization, "refresh_token_reused", now)
        return None
    found.authorization = authorization
    return found if bearing.holds_at(authorization, now) else None


@transaction.atomic
def begin(authorization: Authorization, text: str, *, now: datetime) -> RefreshToken:
    """Keep a refresh token that is given out."""
    return RefreshToken.objects.create(authorization=authorization, digest=digest_of(text), made_at=now)


@transaction.atomic
def continue_with(used: RefreshToken, text: str, *, now: datetime) -> RefreshToken:
    """Keep the one that follows one which was used."""
    used.used_at = now
    used.save(update_fields=["used_at"])
    return begin(used.authorization, text, now=now)


def _misused(authorization: Authorization, why: str, now: datetime) -> None:
    audit.record("authorization.refused", now=now, target=authorization, outcome="failure", details={"reason": why})
    end_authorization(authorization, why=why, acting_user=None, now=now)
