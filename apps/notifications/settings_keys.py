"""What a tenant may set about its letters."""

from typing import Final

from django.utils.translation import gettext_noop as _

from apps.configuration import services
from apps.configuration.registry import Level, Merge, declare, name_area

#: What turns the direction of writing, so that a name or an address reads as another one.
_TURNS: Final = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
#: One line without control characters, so that it can stand in the head of a letter.
_LINE = {"type": "string", "maxLength": 200, "pattern": rf"^[^\x00-\x1f\x7f\x85\u2028\u2029{_TURNS}]*$(?!\n)"}
_ADDRESS: Final = rf"[^@\s<>,;{_TURNS}]+@[^@\s<>,;{_TURNS}]+"

name_area(_("E-mail"), "mail", "campaign.sender", "campaign.reply_to")
name_area(_("Text messages"), "sms")
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
_FOR_GOOD: Final = (Level.ENVIRONMENT, Level.GLOBAL, Level.TENANT)
NONE, MAILBOX, TWILIO = "none", "mailbox", "twilio"
SMS_PROVIDER = declare(
    "sms.provider",
    MAILBOX,
    {"type": "string", "enum": [NONE, MAILBOX, TWILIO]},
    _("Who carries text messages. The mailbox is that of a development installation; elsewhere it carries none."),
    label=_("Provider of text messages"),
    words={NONE: _("Nobody"), MAILBOX: _("The mailbox for development"), TWILIO: "Twilio"},
    levels=_FOR_GOOD,
    owner="notifications",
)
SMS_ACCOUNT = declare(
    "sms.twilio_account",
    "",
    {"type": "string", "pattern": "^(AC[0-9a-fA-F]{32})?$(?!\n)"},
    _("The account at Twilio (AC…). It may be in a vault."),
    label=_("Account at Twilio"),
    levels=(Level.ENVIRONMENT,),
    sensitive=True,
    owner="notifications",
)
SMS_TOKEN = declare(
    "sms.twilio_token",
    "",
    {"type": "string", "maxLength": 200, "pattern": r"^[\x21-\x7e]*$(?!\n)"},
    _("The token of the account at Twilio. It may be in a vault."),
    label=_("Token at Twilio"),
    levels=(Level.ENVIRONMENT,),
    sensitive=True,
    owner="notifications",
)
SMS_URL = declare(
    "sms.twilio_url",
    "https://api.twilio.com",
    {"type": "string", "maxLength": 200, "pattern": r"^https?://[^\s/?#@]+$(?!\n)"},
    _("Where Twilio is called, such as its edge in another region."),
    label=_("Address of Twilio"),
    wanted=_("Write an address such as https://api.twilio.com, without a path."),
    levels=(Level.ENVIRONMENT,),
    owner="notifications",
)
SMS_SENDER = declare(
    "sms.sender",
    "",
    {"type": "string", "pattern": r"^(\+[1-9][0-9]{6,14}|MG[0-9a-fA-F]{32}|[A-Za-z0-9 ]{1,11})?$(?!\n)"},
    _("From whom text messages come: a number of the provider's, a name, or a messaging service of Twilio's (MG…)."),
    label=_("Sender of text messages"),
    wanted=_("Write a number such as +4915123456789, up to eleven letters and digits, or MG and 32 digits."),
    levels=_FOR_GOOD,
    owner="notifications",
)
SMS_COUNTRIES = declare(
    "sms.countries",
    ["AT", "CH", "DE", "FR", "GB", "US"],
    {"type": "array", "maxItems": 250, "uniqueItems": True, "items": {"type": "string", "pattern": "^[A-Z]{2}$(?!\n)"}},
    _("Countries (ISO 3166) to whose mobile phones text messages go. Others invite fraud: each text costs money."),
    label=_("Countries for text messages"),
    wanted=_("Write countries by two capital letters, such as DE."),
    levels=_FOR_GOOD,
    owner="notifications",
)
SMS_A_DAY = declare(
    "sms.a_day",
    200,
    {"type": "integer", "minimum": 0, "maximum": 1_000_000},
    _("Text messages that a tenant sends within 24 hours at the most, whatever they are for."),
    label=_("Text messages a day"),
    levels=_FOR_GOOD,
    merge=Merge.LOWEST,
    owner="notifications",
)


def mail_password() -> str | None:
    """The password of the mail server; None where its address says it. Raises ``Unfit`` while it cannot be had."""
    return str(services.get(PASSWORD.name)) or None
