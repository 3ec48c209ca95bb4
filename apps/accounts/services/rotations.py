"""Rotations of keys that a custodian asks for: a job, since everything under the key is written anew."""

import logging
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django_tenants.utils import get_public_schema_name, schema_context

from apps.accounts import reach
from apps.accounts.models import User
from apps.core import jobs
from apps.core.errors import Refused
from apps.core.locking import hold
from apps.core.models import Job
from apps.core.tenancy import current_schema
from apps.keys import services as keys
from apps.keys.models import DataKey

logger = logging.getLogger(__name__)

KIND: Final = "keys.rotate"
MAY: Final = "keys:rotate"


class RotationUnderWay(Refused):
    code = "rotation_under_way"
    title = "The key is being rotated already"


class ProviderAway(Refused):
    code = "key_provider_away"
    status = 503
    title = "The provider of keys cannot be reached"


@transaction.atomic
def ask_for_rotation(purpose: str, *, acting_user: User, now: datetime) -> Job:
    """Begin a rotation in this tenant. While one is under way another is refused: a button is easily pressed twice."""
    _require(acting_user)
    hold("rotation of keys")
    keys.refuse_untimely(current_schema(), purpose, now=now)
    waiting = Job.objects.filter(tenant=current_schema(), kind=KIND, state__in=jobs.UNDER_WAY)
    is_asked_for = any(job.parameters["purpose"] == purpose for job in waiting)
    has_rest = purpose != DataKey.Purpose.SIGNING and keys.has_rest(current_schema(), purpose)
    if is_asked_for or has_rest:
        raise RotationUnderWay("A rotation is under way. Wait until nothing is left under the key before.")
    return reach.enqueue(KIND, {"purpose": purpose}, acting_user=acting_user, now=now)


@jobs.runner(KIND)
def rotate(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Make the new version, and write anew what is under the one before; what is left then, the scheduler finishes."""
    acting_user, schema = reach.acting_user_of(job), current_schema()
    purpose = job.parameters["purpose"]
    _require(acting_user)  # here, where the grants are; keys are the platform's to change
    with schema_context(get_public_schema_name()):
        made = DataKey.objects.of(schema, purpose).usable().filter(created_at__gte=job.created_at)
        fresh = made.first()  # by the worker that was killed before it came to the end
        fresh = fresh or _rotated(schema, purpose, acting_user)
        if purpose == DataKey.Purpose.SIGNING:
            return {"version": fresh.version}
        go_on = keys.reindex if purpose == DataKey.Purpose.INDEX else keys.reencrypt_rest
        outcome = go_on(schema, now=timezone.now(), progress=progress.of)
    return {"version": fresh.version, "written": outcome.written, "left": outcome.left}


def _rotated(schema: str, purpose: str, acting_user: User) -> DataKey:
    """Why a provider wraps nothing names servers and files of the installation: that is for operators, in the log."""
    try:
        return keys.rotate(schema, purpose=purpose, now=timezone.now(), acting_user=acting_user)
    except keys.NewKeyCannotBeWrapped as error:
        logger.error("a key could not be rotated: %s", error.detail, extra={"action": f"rotate {schema}"})
        raise ProviderAway("No key can be made just now. Please try again later, or tell whoever runs this.") from None


def _require(acting_user: User) -> None:
    if not acting_user.has_perm(MAY):
        raise PermissionDenied
