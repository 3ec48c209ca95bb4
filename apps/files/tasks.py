"""What is done by the clock."""

import logging
from typing import Any

from celery import shared_task
from django.db import Error
from django.utils import timezone
from django_tenants.utils import schema_context

from apps.core import roles
from apps.core.errors import Refused
from apps.files import services
from apps.tenants.models import Tenant

logger = logging.getLogger(__name__)


@shared_task(name="files.sweep", platform=True, waits_in=roles.DEFAULT)
def sweep(**_: Any) -> None:
    """Look after the files of all tenants. Safe to run twice, or to be killed."""
    for schema in list(Tenant.objects.order_by("slug").values_list("schema_name", flat=True)):
        try:
            with schema_context(schema):
                services.sweep(now=timezone.now())
        except (Error, Refused):  # one tenant's trouble must not hold up the others
            logger.exception("files could not be looked after", extra={"action": f"sweep {schema}"})
