"""What is done by the clock."""

import logging
from typing import Any

from celery import shared_task
from django.db import Error
from django.utils import timezone
from django_tenants.utils import get_public_schema_name, schema_context

from apps.accounts import uses
from apps.core import roles
from apps.tenants.models import Tenant

logger = logging.getLogger(__name__)


@shared_task(name="accounts.tell_uses", platform=True, waits_in=roles.AUDIT)
def tell_uses(**_: Any) -> None:
    """Put on record what was permitted of what is sensitive, an hour at a time. Safe to run twice, or to be killed."""
    for schema in [get_public_schema_name(), *Tenant.objects.order_by("slug").values_list("schema_name", flat=True)]:
        try:
            with schema_context(schema):
                uses.tell(timezone.now())
        except Error:  # one tenant's data must not hold up the others
            logger.exception("uses of permissions were not told", extra={"action": f"tell_uses {schema}"})
