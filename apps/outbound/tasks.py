from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from apps.outbound.models import Destination

UNUSED = timedelta(days=30)


@shared_task(name="outbound.forget_destinations", platform=True)
def forget_destinations(**_: object) -> None:
    """Forget whom nobody has called for long."""
    Destination.objects.filter(free_at__lt=timezone.now() - UNUSED, is_stopped=False).delete()
