"""What a tenant may set about its letters."""

from typing import Final

from django.utils.translation import gettext_noop as _

from apps.configuration import services
from apps.configuration.registry import Level, declare

#: What turns the direction of writing, so that a name or an address reads as another one.
_TURNS: Final = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
#: One line without control characters, so that it can stand in the head of a letter.
_LINE = {"type": "string", "maxLength": 200, "pattern": rf"^[^\x00-\x1f\x7f\x85\u2028\u2029{_TURNS}]*$(?!\n)"}
_ADDRESS: Final = rf"[^@\s<>,;{_TURNS}]+@[^@\s<>,;{_TURNS}]+"

SENDER = declare(
    "campaign.sender",
    "",
    _LINE,
    _("Name shown as the sender of invitations."),
    label=_("Sender of invitations"),
    wanted=_("Write the name in one line, without characters that turn the direction of writing."),
    owner="notifications",
)
REPLY_TO = declare(
    "campaign.reply_to",
    "",
    {"type": "string", "maxLength": 254, "pattern": rf"^({_ADDRESS})?(?!\n)$"},
    _("Address that replies to e-mails go to; empty for none."),
    label=_("Address for replies"),
    wanted=_("Write one address such as office@example.org, or nothing."),
    owner="notifications",
)
PASSWORD = declare(
    "mail.password",
    "",
    {"type": "string", "maxLength": 1000},
    _("With which we sign in to the mail server, in place of the one in EMAIL_URL. It may be in a vault."),
    label=_("Password of the mail server"),
    levels=(Level.ENVIRONMENT,),
    sensitive=True,
    owner="notifications",
)


def mail_password() -> str | None:
    """The password of the mail server; None where its address says it. Raises ``Unfit`` while it cannot be had."""
    return str(services.get(PASSWORD.name)) or None
