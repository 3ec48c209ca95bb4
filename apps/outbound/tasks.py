from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from apps.core import roles
from apps.outbound.models import Destination

UNUSED = timedelta(days=30)


@shared_task(name="outbound.forget_destinations", platform=True, waits_in=roles.DEFAULT)
def forget_destinations(**_: object) -> None:
    """Forget whom nobody has called for long."""
    Destination.objects.filter(free_at__lt=timezone.now() - UNUSED, is_stopped=False).delete()
