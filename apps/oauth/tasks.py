"""What is done by the clock."""

import logging
from typing import Any

from celery import shared_task
from django.db import Error
from django.utils import timezone
from django_tenants.utils import schema_context

from apps.core import roles
from apps.oauth import services
from apps.tenants.models import Tenant

logger = logging.getLogger(__name__)


@shared_task(name="oauth.forget", platform=True, waits_in=roles.DEFAULT)
def forget(**_: Any) -> None:
    """Remove what is over in all tenants. Safe to run twice."""
    for schema in list(Tenant.objects.order_by("slug").values_list("schema_name", flat=True)):
        try:
            with schema_context(schema):
                services.forget_ended(now=timezone.now())
        except Error:  # a schema that is being made or taken away keeps nobody else's
            logger.exception("authorizations could not be removed", extra={"action": f"forget {schema}"})
