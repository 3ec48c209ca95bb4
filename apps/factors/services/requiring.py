"""Who has a second factor, and who has to have one."""

from datetime import datetime

from django.db.models import Max

from apps.accounts.models import User
from apps.configuration import services as configuration
from apps.factors.models import Factor
from apps.factors.settings_keys import ADMINISTRATORS, EVERYBODY, NEVER, PUSHES, REQUIRED, TEXTS
from apps.notifications import texting


def has_factor(user: User) -> bool:
    return Factor.objects.strong().filter(user=user).exists()


def has_to_have_one(user: User) -> bool:
    asked = configuration.get(REQUIRED.name)
    return asked == EVERYBODY or (asked == ADMINISTRATORS and user.is_staff)


def is_missing_for(user: User) -> bool:
    return has_to_have_one(user) and not has_factor(user)


def last_taken_at(user: User) -> datetime | None:
    found: datetime | None = Factor.objects.strong().filter(user=user).aggregate(at=Max("last_used_at"))["at"]
    return found


def texts_are_offered() -> bool:
    """Whether this tenant lets codes by text message stand in for a factor, and can send some."""
    return configuration.get(TEXTS.name) != NEVER and texting.is_offered()


def pushes_are_offered() -> bool:
    """Whether people of this tenant may approve sign-ins on a device."""
    return bool(configuration.get(PUSHES.name) != NEVER)
