"""Verifications that a custodian asks for: a job, since all that is encrypted is decrypted once."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts import reach
from apps.accounts.models import User
from apps.core import crypto, jobs
from apps.core.errors import Refused
from apps.core.locking import hold
from apps.core.models import Job
from apps.core.tenancy import current_schema
from apps.keys import services as keys
from resimate_text.problems import MOST_PROBLEMS

logger = logging.getLogger(__name__)

KIND: Final = "keys.verify"
MAY: Final = "keys:verify"
AWAY: Final = "its key cannot be had"


class VerificationUnderWay(Refused):
    code = "verification_under_way"
    title = "Everything is being verified already"


@dataclass(frozen=True, slots=True)
class Verification:
    """The latest one that a custodian asked for, and what it has found once its job has ended well.

    ``problems`` are the first of them, a sentence each, and ``more`` the number of those beyond.
    """

    job: Job
    keys: int = 0
    values: int = 0
    problems: Sequence[str] = ()
    more: int = 0

    @property
    def percent(self) -> int:
        return int(self.job.progress * 100)


@transaction.atomic
def ask_for_verification(*, acting_user: User, now: datetime) -> Job:
    """Have everything in this tenant looked at. While that is under way, it is not begun a second time."""
    _require(acting_user)
    hold("verification of keys")
    if _asked_for().filter(state__in=jobs.UNDER_WAY).exists():
        raise VerificationUnderWay("Everything is being verified already. Wait until that has ended.")
    return reach.enqueue(KIND, {}, acting_user=acting_user, now=now)


@jobs.runner(KIND)
def verify(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Look at everything; nothing is changed, but that it was looked at goes into the trail."""
    acting_user, schema = reach.acting_user_of(job), current_schema()
    _require(acting_user)
    outcome = keys.verify(schema, progress.of, said=_for_operators())
    keys.note_verified(schema, outcome, now=timezone.now(), actor=acting_user)
    told = outcome.problems[:MOST_PROBLEMS]
    return {
        "keys": outcome.keys,
        "values": outcome.values,
        "problems": told,
        "more": len(outcome.problems) - len(told),
    }


def latest_verification() -> Verification | None:
    """The latest of this tenant; None where nobody has asked for one yet."""
    job = _asked_for().order_by("-created_at", "-pk").first()
    return Verification(job, **_found_by(job)) if job is not None else None


def _found_by(job: Job) -> dict[str, Any]:
    """What it has found; where the tenant's key is away, under which that is kept, nothing but this."""
    try:
        return job.result or {}
    except (crypto.KeyAway, crypto.Undecryptable):
        return {"problems": [AWAY]}


def _asked_for() -> QuerySet[Job]:
    """The platform sees the jobs of all tenants, and means its own."""
    return Job.objects.filter(tenant=current_schema(), kind=KIND)


def _for_operators() -> Callable[[Exception], str]:
    """Keep each reason in the log once: it names servers and files of the installation, and comes with every value."""
    kept: set[str] = set()

    def said(error: Exception) -> str:
        if str(error) not in kept:
            kept.add(str(error))
            logger.error("a key cannot be had: %s", error, extra={"action": f"verify {current_schema()}"})
        return AWAY

    return said


def _require(acting_user: User) -> None:
    if not acting_user.has_perm(MAY):
        raise PermissionDenied
