"""Who listens is told once of a device on which somebody signs in that is not known of them."""

from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.accounts.tests.conftest import PASSWORD
from apps.configuration import services as configuration
from apps.core.models import Event

pytestmark = pytest.mark.requirement("AUTH-001")


@pytest.mark.parametrize("is_written", [True, False])
def test_each_is_an_event_whether_a_letter_is_wanted_or_not(analyst: User, is_written: bool, now: Any) -> None:
    configuration.change("session.tell_of_new_devices", is_written, now=now)

    def told() -> int:
        return Event.objects.filter(
            name="user.signed_in_on_new_device", payload={"user_id": str(analyst.pk)}, tenant="acme"
        ).count()

    here, there = (Client(headers={"host": "acme.localhost"}) for _ in range(2))
    for browser, count in ((here, 0), (here, 0), (there, 1), (there, 1)):  # the first of all is not new
        answer = browser.post("/sign-in/", {"email": analyst.email, "password": PASSWORD})
        assert (answer.status_code, told()) == (302, count)
