from django.utils import timezone

from apps.accounts import services
from apps.core import events
from apps.core.models import Event


@events.subscribe("user.reset_link_asked")
def write_reset_link(event: Event) -> None:
    services.write_link(event.payload["user_id"], event.pk, now=timezone.now())


@events.subscribe("user.sign_in_link_asked")
def write_sign_in_link(event: Event) -> None:
    told = event.payload
    services.write_sign_in_link(told["user_id"], event.pk, target=told["next"], now=timezone.now())


@events.subscribe("invitation.created")
def write_invitation(event: Event) -> None:
    services.write_invitation(event.payload["invitation_id"], event.pk, now=timezone.now())


@events.subscribe("invitation.resent")
def write_invitation_again(event: Event) -> None:
    services.write_invitation(event.payload["invitation_id"], event.pk, now=timezone.now())


@events.subscribe("user.address_asked")
def write_address_link(event: Event) -> None:
    services.write_address_link(event.payload["user_id"], event.pk, now=timezone.now())


@events.subscribe("user.address_unanswered")
def forget_unanswered_address(event: Event) -> None:
    services.forget_unanswered(event.payload["change_id"])


@events.subscribe("user.registration_asked")
def answer_registration(event: Event) -> None:
    services.answer_registration(event.payload["registration_id"], event.pk, now=timezone.now())


@events.subscribe("user.device_link_asked")
def write_device_link(event: Event) -> None:
    services.write_device_link(event.payload["user_id"], event.pk, now=timezone.now())


@events.subscribe("user.registration_unanswered")
def forget_registration(event: Event) -> None:
    services.forget_registration(event.payload["invitation_id"], now=timezone.now())
