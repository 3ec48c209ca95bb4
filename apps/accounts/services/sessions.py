"""Where somebody is signed in, and ending it. A session that was ended opens nothing from the next request on."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from apps import audit
from apps.accounts import authz, sessions, sign_outs
from apps.accounts.models import Session, User
from apps.accounts.services.grants import refuse_unheld
from apps.accounts.services.held import sessions_of
from apps.core import events
from apps.core.locking import lock


def may_see_sessions(acting_user: User | None, user: User) -> bool:
    """One's own, for who signed in; with a key, and of others, it takes the right to manage the account."""
    if acting_user is None or (acting_user.pk == user.pk and authz.key_of(acting_user) is None):
        return True
    return authz.allows(acting_user, "users:manage", user)


def live_sessions(user: User, *, now: datetime) -> QuerySet[Session]:
    """The sessions with which the user is signed in, the one used last first."""
    return user.sessions.filter(**_alive(now)).order_by("-last_used_at", "pk")


def all_live_sessions(now: datetime) -> QuerySet[Session]:
    """Those of everybody, for who administers accounts."""
    return Session.objects.filter(user__isnull=False, **_alive(now))


@transaction.atomic
def end_session(session: Session, *, acting_user: User | None, now: datetime) -> None:
    """Sign the browser out that has this session. Raises ``NotPermitted``; one that is over already is no error."""
    user = session.user
    if user is None:
        return
    _require(acting_user, user)
    if Session.objects.filter(pk=session.pk).delete()[0]:
        audit.record("session.ended", now=now, target=user, actor=acting_user, details={"session": str(session.pk)})


@transaction.atomic
def sign_out_everywhere(user: User, *, acting_user: User | None, now: datetime, but: UUID | None = None) -> int:
    """Sign the user out everywhere, ``but`` in one session if it is named. Returns how many were ended.

    What applications were let do ends with it, at once (``sign_outs.py``).
    """
    _require(acting_user, user)
    others = sessions_of(user, but=but)
    lock(others)  # one that is about to get another id is ended under that
    count = others.filter(**_alive(now)).count()
    others.all().delete()
    sign_outs.end_besides(user, now)
    events.publish("user.signed_out_everywhere", {"user_id": str(user.pk)}, now=now)
    if count:
        audit.record("session.ended", now=now, target=user, actor=acting_user, details={"count": count})
    return count


def _require(acting_user: User | None, user: User) -> None:
    """Nobody signs out who may do more than they themselves."""
    if acting_user is not None and acting_user.pk == user.pk and may_see_sessions(acting_user, user):
        return
    authz.require(acting_user, "users:manage", user)
    refuse_unheld(acting_user, authz.permissions_of(user))


def _alive(now: datetime) -> dict[str, datetime]:
    return {
        "expire_date__gt": now,
        "began_at__gt": now - timedelta(seconds=sessions.longest_seconds()),
        "last_used_at__gt": now - timedelta(seconds=sessions.idle_seconds()),
    }
