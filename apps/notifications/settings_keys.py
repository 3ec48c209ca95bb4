"""What a tenant may set about its letters."""

from django.utils.translation import gettext_noop as _

from apps.configuration import services
from apps.configuration.registry import Level, declare

#: One line without control characters, so that it can stand in the head of a letter.
_LINE = {"type": "string", "maxLength": 200, "pattern": r"^[^\x00-\x1f\x7f\x85\u2028\u2029]*$(?!\n)"}

SENDER = declare(
    "campaign.sender",
    "",
    _LINE,
    _("Name shown as the sender of invitations."),
    label=_("Sender of invitations"),
    wanted=_("Write the name in one line."),
    owner="notifications",
)
REPLY_TO = declare(
    "campaign.reply_to",
    "",
    {"type": "string", "maxLength": 254, "pattern": r"^([^@\s<>,;]+@[^@\s<>,;]+)?(?!\n)$"},
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
