"""What owners of accounts are told of their second factors."""

from datetime import timedelta
from typing import Final

from apps.notifications.kinds import Kind, declare

FACTORS_CHANGED: Final[Kind] = declare("factors_changed", texts="factors/messages/factors_changed", purpose="account")
BACKUP_CODE_USED: Final[Kind] = declare(
    "backup_code_used", texts="factors/messages/backup_code_used", purpose="account"
)
CODES_GUESSED: Final[Kind] = declare("codes_guessed", texts="factors/messages/codes_guessed", purpose="account")
TEXT_CODE_USED: Final[Kind] = declare("text_code_used", texts="factors/messages/text_code_used", purpose="account")
#: So long a code is good that was sent.
CODE_LIFE: Final = timedelta(minutes=10)
TEXT_CODE: Final[Kind] = declare(
    "text_code", texts="factors/messages/text_code", purpose="account", channels=("sms",), good_for=CODE_LIFE
)
APPROVAL_DENIED: Final[Kind] = declare("approval_denied", texts="factors/messages/approval_denied", purpose="account")
