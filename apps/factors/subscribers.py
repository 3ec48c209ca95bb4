from django.utils import timezone

from apps.core import events, roles
from apps.core.models import Event
from apps.factors import services


@events.subscribe("user.erased")
def forget_factors(event: Event) -> None:
    services.forget_factors(event.payload["user_id"])


@events.subscribe("factor.approval_asked", queue=roles.NOTIFICATION, atomic=False)
def send_question(event: Event) -> None:
    services.send_question(event.payload["approval_id"], now=timezone.now())
