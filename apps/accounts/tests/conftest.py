"""People of two tenants. Imports wait until a fixture runs: pytest reads this file before Django is set up."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from django_tenants.utils import tenant_context

if TYPE_CHECKING:
    from apps.accounts.models import Invitation, User

PASSWORD = "seven purple bicycles"


@pytest.fixture
def make_user(now: datetime) -> "Callable[..., User]":
    """Make a user of the current tenant with the roles of these codes."""
    from apps.accounts import services
    from apps.accounts.models import Role, User

    def make(email: str, *roles: str, password: str = PASSWORD) -> User:
        user = services.create_user(email, password=password, now=now)
        for code in roles:
            services.grant_role(user, Role.objects.get(code=code), acting_user=None, now=now)
        return User.objects.get(pk=user.pk)

    return make


@pytest.fixture
def admin(acme: Any, make_user: "Callable[..., User]") -> "User":
    return make_user("admin@acme.example", "tenant_admin")


@pytest.fixture
def analyst(acme: Any, make_user: "Callable[..., User]") -> "User":
    return make_user("ada@acme.example", "model_analyst")


@pytest.fixture
def custodian(acme: Any, make_user: "Callable[..., User]") -> "User":
    return make_user("custodian@acme.example", "key_custodian")


@pytest.fixture
def invite(admin: "User") -> "Callable[..., Invitation]":
    """Invite an address to roles of these codes; those of an analyst if there are none."""
    from django.utils import timezone

    from apps.accounts import services
    from apps.accounts.models import Role

    def invited(email: str = "bo@acme.example", *codes: str, by: "User" = admin, **more: Any) -> "Invitation":
        roles = [*Role.objects.filter(code__in=codes or ["model_analyst"])]
        return services.invite(email, roles=roles, acting_user=by, now=timezone.now(), **more)

    return invited


@pytest.fixture
def stranger(beta: Any, make_user: "Callable[..., User]") -> "User":
    """An administrator of the other tenant."""
    with tenant_context(beta):
        return make_user("admin@beta.example", "tenant_admin")


@pytest.fixture
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """All happens in one moment, however busy the machine is."""
    from django.utils import timezone

    moment = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: moment)
