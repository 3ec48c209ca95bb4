"""What is done by the clock."""

import logging
from typing import Any

from celery import shared_task
from django.db import Error
from django.utils import timezone
from django_tenants.utils import get_public_schema_name

from apps.core import roles
from apps.core.errors import Refused
from apps.keys import services
from apps.keys.models import DataKey
from apps.tenants.models import Tenant

logger = logging.getLogger(__name__)


@shared_task(name="keys.tend", platform=True, waits_in=roles.DEFAULT)
def tend(**_: Any) -> None:
    """Rotate the keys that are old, and write anew what is under those before; see that all have their copies.

    Safe to run twice, or to be killed.
    """
    for schema in [get_public_schema_name(), *Tenant.objects.order_by("slug").values_list("schema_name", flat=True)]:
        try:
            _tend(str(schema))
        except (Error, Refused):  # one tenant's data, or keys that are away, must not hold up the others
            logger.exception("keys could not be looked after", extra={"action": f"tend {schema}"})
    services.measure()
    if failed := services.escrow(now=timezone.now()).failed:
        logger.error("keys have no copy for recovery: %s", failed[0], extra={"count": len(failed)})


def _tend(schema: str) -> None:
    now = timezone.now()
    services.note_use(schema)
    for purpose in services.ROTATED:
        if services.is_due(schema, purpose, now=now):
            services.rotate(schema, purpose=purpose, now=now)
    services.note_unused(schema, DataKey.Purpose.SIGNING, now=now)
    if not services.has_rest(schema):
        services.count(schema, now=now)
    else:
        _tell(services.reencrypt_rest(schema, now=now).failed)
    _tell(services.reindex(schema, now=now).failed)
    if given := services.give_missing_keys(schema):
        logger.info("people were given keys of their own", extra={"count": given})
    if replaced := services.replace_digests(schema):
        logger.info("digests became fingerprints", extra={"count": replaced})


def _tell(failed: list[str]) -> None:
    if failed:
        logger.error("values cannot be written anew: %s", failed[0], extra={"count": len(failed)})
