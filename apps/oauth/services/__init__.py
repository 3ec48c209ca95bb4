"""What can be done with applications, with what people let them do, and with the keys of their tokens."""

from apps.oauth.services.applications import (
    ApplicationRetired,
    NoSecret,
    change_application,
    check_application,
    register_application,
    replace_secret,
    retire_application,
)
from apps.oauth.services.authorizations import (
    LIFE,
    Let,
    end_authorization,
    end_authorizations_of,
    grant_authorization,
    live_authorizations,
    revoke_own,
)
from apps.oauth.services.forgetting import forget_ended
from apps.oauth.services.signing_keys import rotate_signing_key
from apps.oauth.services.tokens import begin, continue_with, found_by_code, found_by_refresh_token, use_code

__all__ = [
    "LIFE",
    "ApplicationRetired",
    "Let",
    "NoSecret",
    "begin",
    "change_application",
    "check_application",
    "continue_with",
    "end_authorization",
    "end_authorizations_of",
    "forget_ended",
    "found_by_code",
    "found_by_refresh_token",
    "grant_authorization",
    "live_authorizations",
    "register_application",
    "replace_secret",
    "retire_application",
    "revoke_own",
    "rotate_signing_key",
    "use_code",
]
