"""What ends with an account's sign-in. Tokens are refused at once, by its epoch; this puts it on record."""

from datetime import datetime

from django.utils import timezone
from django_tenants.utils import get_public_schema_name

from apps.accounts import sign_outs
from apps.accounts.models import User
from apps.core import events
from apps.core.models import Event
from apps.core.tenancy import current_schema
from apps.oauth import services


def _end(event: Event) -> None:
    services.end_authorizations_of(event.payload["user_id"], why=event.name, now=timezone.now())


@events.subscribe("user.password_changed")
def end_after_another_password(event: Event) -> None:
    _end(event)


@events.subscribe("user.password_reset")
def end_after_a_reset(event: Event) -> None:
    _end(event)


@events.subscribe("user.deactivated")
def end_with_the_account(event: Event) -> None:
    _end(event)


@events.subscribe("user.erased")
def end_for_good(event: Event) -> None:
    _end(event)


@sign_outs.declare
def end_everywhere(user: User, now: datetime) -> None:
    """Sessions end without another epoch, so this is what refuses the tokens; on the platform there are none."""
    if current_schema() != get_public_schema_name():
        services.end_authorizations_of(user.pk, why="user.signed_out_everywhere", now=now)
