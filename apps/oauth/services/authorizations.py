"""What people let applications do: given by consent, ended by them, by what happens to their account, or by misuse."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from apps import audit
from apps.accounts.models import User
from apps.core import events
from apps.core.locking import all_locked, locked
from apps.oauth.models import Application, Authorization
from apps.oauth.texts import digest_of

#: A code is exchanged at once, by a program (RFC 6749, 4.1.2; ASVS 10.4.3).
CODE_LIFE: Final = timedelta(seconds=60)
#: After that people are asked again.
LIFE: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Let:
    """What somebody has consented to, for what was asked: the challenge is that of RFC 7636."""

    application: Application
    scopes: Sequence[str]
    redirect_uri: str
    code_challenge: str


@transaction.atomic
def grant_authorization(user: User, let: Let, code: str, *, recognised: dict[str, Any], now: datetime) -> Authorization:
    """Keep what somebody lets an application do; whoever brings the code, and proves to have asked, gets its tokens."""
    authorization = Authorization(
        application=let.application,
        user=user,
        scopes=list(let.scopes),
        epoch=user.session_epoch,
        recognised=recognised,
        began_at=now,
        expires_at=now + LIFE,
        code_digest=digest_of(code),
        code_challenge=let.code_challenge,
        code_expires_at=now + CODE_LIFE,
        redirect_uri=let.redirect_uri,
    )
    authorization.save(force_insert=True)
    details = {"application": str(let.application.pk), "scopes": list(let.scopes)}
    audit.record("authorization.granted", now=now, target=authorization, actor=user, details=details)
    events.publish("authorization.granted", _ids(authorization), now=now)
    return authorization


def live_authorizations(user: User, *, now: datetime) -> QuerySet[Authorization]:
    """Those by which applications act for somebody now, the latest first; codes that nobody used are none."""
    return (
        Authorization.objects.select_related("application")
        .filter(user=user, epoch=user.session_epoch, user__is_active=True)
        .filter(ended_at=None, expires_at__gt=now, application__ended_at=None)
        .exclude(code_used_at=None)
        .order_by("-pk")
    )


@transaction.atomic
def end_authorization(
    authorization: Authorization, *, why: str, acting_user: User | None, now: datetime
) -> Authorization:
    """End it with all its tokens, at once; to end it again changes nothing."""
    authorization = locked(Authorization.objects.select_related("application"), authorization.pk)
    if authorization.ended_at is None:
        authorization.ended_at = now
        authorization.save(update_fields=["ended_at"])
        details = {"application": str(authorization.application_id), "why": why}
        audit.record("authorization.ended", now=now, target=authorization, actor=acting_user, details=details)
        events.publish("authorization.ended", _ids(authorization), now=now)
    return authorization


@transaction.atomic
def revoke_own(user: User, application: Application, *, now: datetime) -> int:
    """Take back what one let an application do. Returns whether there was something, as how much of it."""
    return end_all(
        Authorization.objects.filter(user=user, application=application), why="revoked", acting_user=user, now=now
    )


@transaction.atomic
def end_authorizations_of(user_id: Any, *, why: str, now: datetime) -> int:
    """Nothing acts for that account any more."""
    return end_all(Authorization.objects.filter(user=user_id), why=why, acting_user=None, now=now)


def end_all(rows: QuerySet[Authorization], *, why: str, acting_user: User | None, now: datetime) -> int:
    open_ = all_locked(rows.filter(ended_at=None))
    for one in open_:
        end_authorization(one, why=why, acting_user=acting_user, now=now)
    return len(open_)


def _ids(authorization: Authorization) -> dict[str, str]:
    return {
        "authorization_id": str(authorization.pk),
        "application_id": str(authorization.application_id),
        "user_id": str(authorization.user_id),
    }
