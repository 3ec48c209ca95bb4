"""Who comes with an access token: its owner, their grants, and whether it still holds, in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from apps.accounts import authz, bearer, reach
from apps.accounts.models import User
from apps.oauth.access_tokens import Claims
from apps.oauth.models import Authorization

#: How a job keeps what it was asked for with.
REACH: Final = "auth"
STATEMENT = f"""
    SELECT {bearer.owner_columns("u")}, a.scopes,
        a.ended_at IS NULL AND a.expires_at > now() AND u.is_active AND u.session_epoch = a.epoch
            AND p.ended_at IS NULL AND u.id = %s AND p.id = %s,
        coalesce(a.last_used_at > now() - interval '1 minute', false),
        {bearer.grants_of("u.id")}
    FROM oauth_authorization a
    JOIN accounts_user u ON u.id = a.user_id JOIN oauth_application p ON p.id = a.application_id
    WHERE a.id = %s
"""  # noqa: S608  names of our own columns


@dataclass(frozen=True, slots=True)
class Access:
    """What a program came with: never more than its scopes, and what their owner may do (``authz.narrow``)."""

    pk: UUID
    permissions: Sequence[str]
    all_scopes: Sequence[str]
    networks: Sequence[str] = ()

    @property
    def reach(self) -> str:
        """The authorization, and which of its scopes, as bits."""
        bits = sum(1 << place for place, one in enumerate(self.all_scopes) if one in self.permissions)
        return f"{REACH}:{self.pk}:{bits:x}"


def owner_of(claims: Claims) -> tuple[User, Access] | None:
    """The owner of a token that verifies, narrowed to what it may do; None when it holds no more."""
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, [claims.user, claims.application, claims.authorization])
        row: Any = cursor.fetchone()
    if row is None:
        return None
    *owner, scopes, holds, was_noted, grants = row
    mine = [one for one in scopes if one in claims.scopes]
    if not (holds and mine):
        return None
    user = bearer.owner(owner)
    authz.remember(user, grants or [])
    access = Access(claims.authorization, mine, scopes)
    authz.narrow(user, access)
    if not was_noted:
        Authorization.objects.filter(pk=access.pk).update(last_used_at=timezone.now())
    return user, access


def holds_at(authorization: Authorization, now: datetime) -> bool:
    """Whether an authorization, with its owner and application as they are, lets anybody do anything."""
    user, application = authorization.user, authorization.application
    return bool(
        authorization.ended_at is None
        and now < authorization.expires_at
        and user.is_active
        and user.session_epoch == authorization.epoch
        and application.ended_at is None
    )


def user_of_reach(what: str, user_id: UUID) -> User:
    """Who asked for a job with a token, reaching as far as it would now (``apps/accounts/reach.py``)."""
    pk, _, bits = what.partition(":")
    known = Authorization.objects.select_related("user__key", "application").filter(pk=pk, user=user_id).first()
    mine = [one for place, one in enumerate(known.scopes) if int(bits, 16) >> place & 1] if known else []
    if known is None or not mine or not holds_at(known, timezone.now()):
        raise reach.ReachLost("The application that asked for it is let in no more.")
    authz.narrow(known.user, Access(known.pk, mine, known.scopes))
    return known.user
