"""What a password must be: long, not stolen elsewhere, not made of names nearby. No rules of composition (6.2.5)."""

import re
import secrets

from django.contrib.auth.password_validation import (
    MinimumLengthValidator,
    get_default_password_validators,
    validate_password,
)
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_noop

from apps.accounts import breached
from apps.accounts.hashers import normalised
from apps.accounts.models import User
from apps.accounts.settings_keys import PASSWORD_LENGTH
from apps.configuration import services as configuration
from apps.core.errors import Invalid, Problem
from apps.core.tenancy import current_schema
from apps.tenants.models import Tenant

NEARBY = gettext_noop("It is made of your name, your organisation's or ours. Add something that nobody would guess.")
STOLEN = gettext_noop("It is among passwords that were stolen and published elsewhere. Choose one that is yours alone.")
SHORTEST_WORD = 4
#: Letters and digits that a password must have besides such words.
LEFT = 8
LONGEST = 256  # a longer one would only keep the hasher busy


def check(password: str, user: User | None = None) -> None:
    """Refuse a password that is against the policy, with every reason."""
    reasons = [gettext_noop("At most 256 characters.")] if len(password) > LONGEST else []
    password = normalised(password[:LONGEST])
    validators = [MinimumLengthValidator(least_length()), *get_default_password_validators()]
    try:
        validate_password(password, user, validators)
    except ValidationError as error:
        reasons += error.messages
    if is_made_of(password, words_nearby(user)):
        reasons.append(NEARBY)
    if breached.is_breached(password):
        reasons.append(STOLEN)
    if reasons:
        problems = [Problem("/password", reason, "password_policy") for reason in reasons]
        raise Invalid(" ".join(reasons), errors=problems)


def is_made_of(password: str, words: set[str]) -> bool:
    """Whether hardly anything is left once the words are taken out, in any case.

    >>> is_made_of("Acme-Harbour-2026", {"acme", "harbour"}), is_made_of("acme sells green rivers", {"acme"})
    (True, False)
    """
    left = password.casefold()
    for word in sorted(words, key=len, reverse=True):
        left = left.replace(word, "")
    return len(left) < len(password) and sum(one.isalnum() for one in left) < LEFT


def words_nearby(user: User | None) -> set[str]:
    """What somebody who knows a little would try first: names of the product, the organisation and the person."""
    texts = ["Resimate", *_of_tenant(), *([user.name, user.email] if user else [])]
    words = {word for text in texts for word in re.split(r"[\W_]+", normalised(text).casefold())}
    return {word for word in words if len(word) >= SHORTEST_WORD}


def _of_tenant() -> tuple[str, ...]:
    return Tenant.objects.filter(schema_name=current_schema()).values_list("name", "slug").first() or ()


def least_length() -> int:
    """How many characters a new password has at least."""
    return int(configuration.get(PASSWORD_LENGTH.name))


def generate() -> str:
    """A random first password of 120 bits."""
    return secrets.token_urlsafe(15)
