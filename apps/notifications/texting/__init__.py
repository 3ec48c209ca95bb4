"""Text messages: who carries them here, to whom they go, and how many of them in a day."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django_tenants.utils import get_public_schema_name

from apps.configuration import services as configuration
from apps.core.tenancy import current_schema
from apps.notifications import phones
from apps.notifications.models import Message
from apps.notifications.settings_keys import MAILBOX, SMS_A_DAY, SMS_COUNTRIES, SMS_PROVIDER, TWILIO
from apps.notifications.texting.base import NotTaken, Provider, Text
from apps.notifications.texting.mailbox import Mailbox
from apps.notifications.texting.twilio import Twilio

__all__ = ["DAY", "NotTaken", "Text", "goes_to", "is_offered", "left_today", "provider"]

DAY: Final = timedelta(days=1)
PROVIDERS: Final[Mapping[str, Provider]] = {MAILBOX: Mailbox(), TWILIO: Twilio()}


def provider() -> Provider | None:
    """Who carries the texts of this tenant; nobody where none is chosen, or the one that is cannot."""
    chosen = PROVIDERS.get(configuration.get(SMS_PROVIDER.name))
    return chosen if chosen and chosen.is_ready() else None


def is_offered() -> bool:
    """Whether somebody here can be sent a text. The platform itself has no messages."""
    return current_schema() != get_public_schema_name() and provider() is not None


def goes_to(number: str) -> bool:
    """Whether texts of this tenant go to a number in E.164."""
    return phones.is_reached(number, configuration.get(SMS_COUNTRIES.name))


def left_today(now: datetime) -> int:
    """How many texts this tenant may still send: so many in 24 hours, whatever they are for."""
    sent = Message.objects.filter(channel="sms", sent_at__gt=now - DAY).count()
    return max(0, int(configuration.get(SMS_A_DAY.name)) - sent)
