"""Twilio, by its REST API of 2010-04-01: a POST of a form for each text, as the account of the installation.

Answers are read by status and error code alone: what Twilio says in words holds the number.
"""

from base64 import b64encode
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from apps.configuration import services as configuration
from apps.configuration.levels import Unfit
from apps.core import json_values
from apps.core.errors import Refused
from apps.notifications.settings_keys import SMS_ACCOUNT, SMS_SENDER, SMS_TOKEN, SMS_URL
from apps.notifications.texting.base import NotTaken, Text
from apps.outbound.breaker import LeftAlone
from apps.outbound.lines import Line
from apps.outbound.services import call
from resimate_net import Limits

#: A batch of texts ends before its lease does, even if each takes as long as it may.
LINE: Final = Line("sms", Limits(seconds=10), is_ours=True, a_minute=600, at_once=60)
#: When texts are tried again that wait for the operator: to name the account, or to pay.
NOT_LET_IN: Final = timedelta(minutes=5)
#: The longest that Twilio keeps a text for.
LONGEST: Final = 36_000
CREATED: Final = 201
REFUSED: Final = 400
SERVICE: Final = "MG"


class Twilio:
    def is_ready(self) -> bool:
        try:
            return all(_credentials()) and bool(configuration.get(SMS_SENDER.name))
        except Unfit:
            return False

    def send(self, text: Text, *, now: datetime) -> None:
        try:
            account, token = _credentials()
            answer = call(
                LINE,
                f"{configuration.get(SMS_URL.name)}/2010-04-01/Accounts/{account}/Messages.json",
                now=now,
                headers={
                    "Authorization": f"Basic {b64encode(f'{account}:{token}'.encode()).decode()}",
                    "Content-Type": "application/x-www-form-urlencoded",
                    "Accept": "application/json",
                },
                body=urlencode(_form(text)).encode(),
            )
        except LeftAlone as alone:
            raise NotTaken(alone.detail, pause=alone.pause) from None
        except Refused as refused:
            raise NotTaken(refused.detail) from None
        if answer.status != CREATED:
            raise _refusal(answer.status, answer.body)


def _credentials() -> tuple[str, str]:
    return str(configuration.get(SMS_ACCOUNT.name)), str(configuration.get(SMS_TOKEN.name))


def _form(text: Text) -> dict[str, str]:
    sender = str(configuration.get(SMS_SENDER.name))
    by = "MessagingServiceSid" if sender.startswith(SERVICE) else "From"
    until = {"ValidityPeriod": str(min(text.seconds, LONGEST))} if text.seconds else {}
    return {"To": text.number, by: sender, "Body": text.body, **until}


def _refusal(status: int, body: bytes) -> NotTaken:
    """400 is about this text, and stays so; 401 to 404 are about the account; the rest passes."""
    why = f"Twilio answered {status}{_code(body)}"
    if status == REFUSED:
        return NotTaken(why, is_final=True)
    return NotTaken(why, pause=NOT_LET_IN if REFUSED < status < 429 else timedelta(0))


def _code(body: bytes) -> str:
    try:
        code = json_values.decode(body)["code"]
    except (Refused, KeyError, TypeError):
        return ""
    return f", error {code}" if isinstance(code, int) else ""
