"""How far a job reaches: never further than whoever asked for it, neither then nor when it runs.

A job keeps with what it was asked for: an API key, a session of a time in the account's life, or what an app above
declares. A runner works as :func:`acting_user_of` its job, and has no other way to a user.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from apps.accounts import authz
from apps.accounts.models import ApiKey, User
from apps.core import jobs
from apps.core.errors import Refused
from apps.core.models import Job

#: Who came with what a job keeps as ``kind:what``, of whom.
Find = Callable[[str, UUID], User]
_bearers: dict[str, Find] = {}


def declare(kind: str, find: Find) -> None:
    """Say how those are found who came with what an app above gives to programs; it raises ``ReachLost``."""
    if kind in _bearers:
        raise ValueError(f"two apps declare the reach {kind}")
    _bearers[kind] = find


class ReachLost(Refused):
    code = "reach_lost"
    status = 403
    title = "The person who asked for this may no longer do it"


def enqueue(kind: str, parameters: dict[str, Any], *, acting_user: User, now: datetime) -> Job:
    """Ask for a job in the name of a user, and of the key with which they came."""
    return jobs.enqueue(kind, parameters, requested_by=acting_user.pk, reach=reach_of(acting_user), now=now)


def reach_of(user: User) -> str:
    """What the user acts with, as a job keeps it."""
    key = authz.key_of(user)
    return key.reach if key else f"session:{user.session_epoch}"


def acting_user_of(job: Job) -> User:
    """The user who asked for the job, reaching as far as they would now if they asked again."""
    kind, _, what = job.reach.partition(":")
    if find := _bearers.get(kind):
        return find(what, job.requested_by)
    user = User.objects.filter(pk=job.requested_by).first()
    if user is None or not user.is_active:
        raise ReachLost("The account that asked for it is closed.")
    if job.reach != reach_of(user):
        raise ReachLost("The account was given a new password, or was closed, since it asked. Ask again.")
    return user


def _bearer(key_id: str, user_id: UUID) -> User:
    key = ApiKey.objects.select_related("user__key").filter(pk=key_id, user=user_id).first()
    if key is None or not key.is_valid_at(timezone.now()):
        raise ReachLost("The API key that asked for it is not valid any more.")
    if not key.user.is_active:
        raise ReachLost("The account that asked for it is closed.")
    authz.narrow(key.user, key)
    return key.user


declare("key", _bearer)
