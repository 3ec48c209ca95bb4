"""The mailbox of a development installation takes texts, too: whoever tries the product has no provider."""

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP

from django.conf import settings

from apps.core.tenancy import current_schema
from apps.notifications.rendering import TENANT_HEADER
from apps.notifications.texting.base import NotTaken, Text
from resimate_servers import mailbox


class Mailbox:
    def is_ready(self) -> bool:
        return bool(settings.DEVELOPMENT and settings.MAILBOX_DIR)

    def send(self, text: Text, *, now: datetime) -> None:
        if settings.MAILBOX_DIR is None:
            raise NotTaken("there is no mailbox here")
        letter = EmailMessage(policy=SMTP)
        letter["Subject"], letter[TENANT_HEADER] = "Text message", current_schema()
        letter["From"], letter["To"] = "SMS <sms@localhost>", f"{text.number}@sms.localhost"
        letter.set_content(text.body)
        mailbox.store(settings.MAILBOX_DIR, letter.as_bytes(), "sms", [text.number])
