from uuid import UUID

from django.utils import timezone

from apps.configuration import services
from apps.core import events
from apps.core.models import Event


@events.subscribe("setting.change_due")
def apply_planned_change(event: Event) -> None:
    services.apply_when_due(UUID(event.payload["change_id"]), now=timezone.now())
