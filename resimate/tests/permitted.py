"""People who may do what a test says, and nothing beyond it."""

from collections.abc import Sequence
from datetime import datetime

from django.test import Client

from apps.accounts import services as accounts
from apps.accounts.models import Role, User


def somebody(permissions: Sequence[str], now: datetime) -> User:
    """A user of the current tenant with one role, which has these permissions."""
    number = Role.objects.count()
    role = accounts.create_role(f"r{number}", name="R", permissions=permissions, acting_user=None, now=now)
    user = User.objects.create(email=f"r{number}@acme.example", created_at=now)
    accounts.grant_role(user, role, acting_user=None, now=now)
    return User.objects.get(pk=user.pk)


def browser_of(user: User) -> Client:
    browser = Client(headers={"host": "acme.localhost"})
    browser.force_login(user)
    return browser
