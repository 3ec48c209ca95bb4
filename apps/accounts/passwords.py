"""What a password must be: long, not common, not the person's own name. No rules of composition (ASVS 6.2.5)."""

import secrets

from django.contrib.auth.password_validation import (
    MinimumLengthValidator,
    get_default_password_validators,
    validate_password,
)
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_noop

from apps.accounts.models import User
from apps.accounts.settings_keys import PASSWORD_LENGTH
from apps.configuration import services as configuration
from apps.core.errors import Invalid, Problem

LONGEST = 256  # a longer one would only keep the hasher busy


def check(password: str, user: User | None = None) -> None:
    """Refuse a password that is against the policy, with every reason."""
    reasons = [gettext_noop("At most 256 characters.")] if len(password) > LONGEST else []
    validators = [MinimumLengthValidator(least_length()), *get_default_password_validators()]
    try:
        validate_password(password[:LONGEST], user, validators)
    except ValidationError as error:
        reasons += error.messages
    if reasons:
        problems = [Problem("/password", reason, "password_policy") for reason in reasons]
        raise Invalid(" ".join(reasons), errors=problems)


def least_length() -> int:
    """How many characters a new password has at least."""
    return int(configuration.get(PASSWORD_LENGTH.name))


def generate() -> str:
    """A random first password of 120 bits."""
    return secrets.token_urlsafe(15)
