"""E-mail over SMTP: one connection for a batch, and a Message-ID that stays the same over every attempt."""

import smtplib
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import formataddr, parseaddr
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.configuration import services as configuration
from apps.configuration.levels import Unfit
from apps.core.tenancy import current_schema
from apps.notifications.channels.base import Outcome, declare
from apps.notifications.models import Message
from apps.notifications.rendering import TENANT_HEADER
from apps.notifications.settings_keys import REPLY_TO, SENDER, mail_password
from apps.outbound.breaker import Attempt, LeftAlone, admit
from apps.outbound.lines import Line
from apps.tenants.models import Tenant

#: One mail server for all; how many letters it takes is its own affair.
SERVER: Final = Line("mail", is_ours=True, a_minute=0)
#: Seconds after which no further letter of a batch leaves. With the one under way it ends before its lease does.
BATCH_SECONDS: Final = 120.0
#: When letters are tried again that wait for the password of the server.
NO_PASSWORD: Final = timedelta(minutes=1)
#: What a server says that is about to go.
CLOSING: Final = 421


class Email:
    """One letter to one address, over whatever Django's mail settings name."""

    name = "email"
    label = _("E-mail")
    texts: Mapping[str, str] = {"subject": "subject.txt", "body": "body.txt"}

    def normal(self, address: str) -> str:
        local, _at, domain = address.strip().rpartition("@")
        normal = f"{local}@{domain.lower()}"
        try:
            validate_email(normal)
        except ValidationError:
            raise ValueError("no e-mail address") from None
        return normal

    def deliver(self, messages: Iterable[Message]) -> Iterator[Outcome]:
        """A server that is away ends the batch, and the rest is tried again; one that stays away is left alone.

        So are all while the password cannot be had.
        """
        try:
            connection = server()
            attempt = admit(SERVER, f"smtp://{settings.EMAIL_HOST}:{settings.EMAIL_PORT}", now=timezone.now())
        except LeftAlone as alone:
            yield from (Outcome(message, alone.detail, pause=alone.pause) for message in messages)
            return
        except Unfit as unfit:
            yield from (Outcome(message, unfit.detail, pause=NO_PASSWORD) for message in messages)
            return
        try:
            yield from _sent(messages, connection, attempt)
        finally:
            connection.close()


EMAIL = declare(Email())


def server() -> Any:
    """The way to the mail server, not gone yet. Raises ``Unfit`` while its password cannot be had."""
    return get_connection(password=mail_password())


def _sent(messages: Iterable[Message], connection: Any, attempt: Attempt) -> Iterator[Outcome]:
    """One after the other, until the server is away or the time for them is over."""
    envelope = _envelope()
    until = time.monotonic() + BATCH_SECONDS
    away = ""
    for message in messages:
        away = away or ("the server is too slow" if time.monotonic() > until else "")
        if away:
            yield Outcome(message, away)
            continue
        try:
            _open(connection)
            connection.send_messages([_letter(message, envelope, connection)])
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as refused:
            _note(attempt, refused)
            yield Outcome(message, _said(refused), _is_refused_for_ever(refused))
        except ValueError as error:  # no line of a letter can say it, such as a name with a line break
            yield Outcome(message, type(error).__name__, is_final=True)
        except (smtplib.SMTPException, OSError) as error:
            away = _said(error)
            attempt.failed(away)
            yield Outcome(message, away)
        else:
            attempt.succeeded()
            yield Outcome(message)


def _open(connection: Any) -> None:
    """Sign in. What keeps all letters from leaving is no fault of the next one, which would be given up for it."""
    try:
        connection.open()
    except ValueError as error:  # such as a password with letters that the protocol cannot say
        raise smtplib.SMTPException(type(error).__name__) from None


@dataclass(frozen=True, slots=True)
class _Envelope:
    sender: str
    reply_to: list[str]
    schema: str


def _envelope() -> _Envelope:
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    chosen = str(configuration.get(SENDER.name)) or _organisation() or name
    reply_to = str(configuration.get(REPLY_TO.name))
    return _Envelope(formataddr((" ".join(chosen.split()), address)), [reply_to] if reply_to else [], current_schema())


def _organisation() -> str:
    return Tenant.objects.filter(schema_name=current_schema()).values_list("name", flat=True).first() or ""


def _letter(message: Message, envelope: _Envelope, connection: object) -> EmailMessage:
    headers = {
        "Message-ID": f"<{message.pk}@{settings.BASE_DOMAIN}>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": message.language,
        TENANT_HEADER: envelope.schema,
    }
    return EmailMessage(
        message.subject,
        message.body,
        envelope.sender,
        [message.address],
        reply_to=envelope.reply_to,
        headers=headers,
        connection=connection,
    )


def _note(attempt: Attempt, refused: smtplib.SMTPRecipientsRefused | smtplib.SMTPResponseException) -> None:
    """Whoever refuses a letter is there, unless what it says is that it takes none from anybody now."""
    if isinstance(refused, smtplib.SMTPConnectError) or getattr(refused, "smtp_code", 0) == CLOSING:
        attempt.failed(_said(refused))
    else:
        attempt.succeeded()


def _is_refused_for_ever(refused: smtplib.SMTPRecipientsRefused | smtplib.SMTPResponseException) -> bool:
    if isinstance(refused, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in refused.recipients.values())
    return isinstance(refused, smtplib.SMTPDataError) and refused.smtp_code >= 500


def _said(error: Exception) -> str:
    """What the server answered, without the recipient's address, which some servers repeat."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"refused with {', '.join(str(code) for code, _ in error.recipients.values())}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__} {error.smtp_code}"
    return f"{type(error).__name__}: {error}"[:500]
