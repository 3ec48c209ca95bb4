"""Text messages (SMS), handed to the provider that the tenant has chosen. Each costs money, so there is a budget."""

import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.notifications import phones, texting
from apps.notifications.channels.base import Outcome, declare
from apps.notifications.channels.email import BATCH_SECONDS
from apps.notifications.kinds import KINDS
from apps.notifications.models import Message
from apps.notifications.texting.base import Provider

#: When texts are tried again for which there is no provider, or no money, now.
LATER: Final = timedelta(minutes=30)


class Sms:
    name = "sms"
    label = _("Text message")
    texts: Mapping[str, str] = {"body": "sms.txt"}

    def normal(self, address: str) -> str:
        return phones.normal(address)

    def deliver(self, messages: Iterable[Message]) -> Iterator[Outcome]:
        now = timezone.now()
        carrier, left = texting.provider(), texting.left_today(now)
        until = time.monotonic() + BATCH_SECONDS
        for message in messages:
            if carrier is None:
                yield Outcome(message, "nobody carries text messages here", pause=LATER)
            elif left <= 0:
                yield Outcome(message, "the text messages of this day are used up", pause=LATER)
            elif time.monotonic() > until:
                yield Outcome(message, "the provider is too slow")
            else:
                outcome = _sent(message, carrier, now)
                left -= outcome.is_sent
                yield outcome


SMS = declare(Sms())


def _sent(message: Message, carrier: Provider, now: datetime) -> Outcome:
    if not texting.goes_to(message.address):
        return Outcome(message, "no text messages go to such numbers", is_final=True)
    kind = KINDS.get(message.kind)
    left = kind.left_of(message.created_at, now) if kind else None
    try:
        carrier.send(texting.Text(message.address, message.body, int(left.total_seconds()) if left else 0), now=now)
    except texting.NotTaken as refused:
        return Outcome(message, str(refused), refused.is_final, refused.pause)
    return Outcome(message)
