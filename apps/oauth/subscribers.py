"""What ends with an account's sign-in. Tokens are refused at once, by its epoch; this puts it on record."""

from django.utils import timezone

from apps.core import events
from apps.core.models import Event
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


@events.subscribe("user.signed_out_everywhere")
def end_everywhere(event: Event) -> None:
    _end(event)
