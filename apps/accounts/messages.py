"""What owners are told of their accounts."""

from typing import Final

from apps.notifications.kinds import Kind, declare

API_KEY_MADE: Final[Kind] = declare("api_key_made", texts="accounts/messages/api_key_made", purpose="account")
COLLEAGUE_INVITED: Final[Kind] = declare(
    "colleague_invited", texts="accounts/messages/colleague_invited", purpose="account"
)
NEW_DEVICE: Final[Kind] = declare("new_device", texts="accounts/messages/new_device", purpose="account")
PASSWORD_CHANGED: Final[Kind] = declare(
    "password_changed", texts="accounts/messages/password_changed", purpose="account"
)
PASSWORD_FORGOTTEN: Final[Kind] = declare(
    "password_forgotten", texts="accounts/messages/password_forgotten", purpose="account"
)
