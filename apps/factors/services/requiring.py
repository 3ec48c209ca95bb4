"""Who has a second factor, and who has to have one."""

from apps.accounts.models import User
from apps.configuration import services as configuration
from apps.factors.models import Factor
from apps.factors.settings_keys import ADMINISTRATORS, EVERYBODY, REQUIRED


def has_factor(user: User) -> bool:
    return Factor.objects.strong().filter(user=user).exists()


def has_to_have_one(user: User) -> bool:
    asked = configuration.get(REQUIRED.name)
    return asked == EVERYBODY or (asked == ADMINISTRATORS and user.is_staff)


def is_missing_for(user: User) -> bool:
    return has_to_have_one(user) and not has_factor(user)
