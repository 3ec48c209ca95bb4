from django.utils import timezone

from apps.core import events, roles
from apps.core.models import Event
from apps.notifications import services


@events.subscribe("message.enqueued", queue=roles.NOTIFICATION, atomic=False)
def deliver_messages(event: Event) -> None:
    services.deliver(event.payload["message_ids"], now=timezone.now())
