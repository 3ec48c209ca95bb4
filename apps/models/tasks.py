"""What is done by the clock."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.core import roles
from apps.models import services
from apps.tenants.models import Tenant


@shared_task(name="models.verify_versions", platform=True, waits_in=roles.CALCULATION)
def verify_versions(**_: Any) -> None:
    """Calculate the golden vector of every published version of every tenant. Safe to run twice."""
    for _tenant, _verified in services.verify_tenants(Tenant.objects.order_by("slug"), now=timezone.now()):
        pass
