from django.utils import timezone
from django_tenants.utils import get_public_schema_name

from apps.core import events
from apps.core.models import Event
from apps.core.tenancy import current_schema
from apps.emergency import services


@events.subscribe("emergency.review_due")
def ask_for_review(event: Event) -> None:
    services.ask_for_review(event.payload["access_id"], now=timezone.now())


@events.subscribe("grant.revoked")
def end_with_its_grant(event: Event) -> None:
    if current_schema() != get_public_schema_name():  # the platform has grants, and no emergencies
        services.note_revoked(event.payload["grant_id"], now=timezone.now())
