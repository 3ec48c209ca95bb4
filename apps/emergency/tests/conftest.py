"""People of a tenant, as accounts have them, and what one of them asks; imports wait until a fixture runs."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from apps.accounts.tests.conftest import *  # noqa: F403  the people

if TYPE_CHECKING:
    from apps.accounts.models import User
    from apps.emergency.models import EmergencyAccess
    from apps.emergency.tests.story import People


@pytest.fixture
def people(acme: Any, make_user: "Callable[..., User]") -> "People":
    from apps.emergency.tests.story import People

    admins = [make_user(f"admin{number}@acme.example", "tenant_admin") for number in range(3)]
    return People(make_user("oda@acme.example", "on_call"), *admins)


@pytest.fixture
def asked(people: "People") -> "EmergencyAccess":
    from django.utils import timezone

    from apps.emergency import services
    from apps.emergency.tests.story import WHY

    return services.ask_for_access(people.caller, reason=WHY, now=timezone.now())


@pytest.fixture
def approved(asked: "EmergencyAccess", people: "People") -> "EmergencyAccess":
    from django.utils import timezone

    from apps.emergency import services

    for one in (people.first, people.second):
        services.approve_access(asked, acting_user=one, now=timezone.now())
    return asked
