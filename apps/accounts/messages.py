"""What owners are told of their accounts."""

from typing import Final

from apps.notifications.kinds import Kind, declare

API_KEY_MADE: Final[Kind] = declare("api_key_made", texts="accounts/messages/api_key_made", purpose="account")
COLLEAGUE_INVITED: Final[Kind] = declare(
    "colleague_invited", texts="accounts/messages/colleague_invited", purpose="account"
)
DEVICE_LINK: Final[Kind] = declare("device_link", texts="accounts/messages/device_link", purpose="account")
NEW_DEVICE: Final[Kind] = declare("new_device", texts="accounts/messages/new_device", purpose="account")
PASSWORD_CHANGED: Final[Kind] = declare(
    "password_changed", texts="accounts/messages/password_changed", purpose="account"
)
SIGN_IN_LINK: Final[Kind] = declare("sign_in_link", texts="accounts/messages/sign_in_link", purpose="account")
PASSWORD_FORGOTTEN: Final[Kind] = declare(
    "password_forgotten", texts="accounts/messages/password_forgotten", purpose="account"
)
ACCOUNT_IS_THERE: Final[Kind] = declare(
    "account_is_there", texts="accounts/messages/account_is_there", purpose="account"
)
ACCOUNT_REGISTERED: Final[Kind] = declare(
    "account_registered", texts="accounts/messages/account_registered", purpose="account"
)
ADDRESS_ASKED: Final[Kind] = declare("address_asked", texts="accounts/messages/address_asked", purpose="account")
ADDRESS_CHANGED: Final[Kind] = declare("address_changed", texts="accounts/messages/address_changed", purpose="account")
CONFIRM_ADDRESS: Final[Kind] = declare("confirm_address", texts="accounts/messages/confirm_address", purpose="account")
