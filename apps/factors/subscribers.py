from apps.core import events
from apps.core.models import Event
from apps.factors import services


@events.subscribe("user.erased")
def forget_factors(event: Event) -> None:
    services.forget_factors(event.payload["user_id"])
