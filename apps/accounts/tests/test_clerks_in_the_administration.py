"""Who opens the administration for another reason than its accounts changes and learns nothing of these there."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from apps.accounts import services
from apps.accounts.models import Role, User

pytestmark = pytest.mark.requirement("SEC-AUTH-002")
ACME = {"host": "acme.localhost"}


def _browser(user: User) -> Client:
    client = Client(headers=ACME)
    client.force_login(user)
    return client


def test_custodians_of_keys_see_and_change_nothing_of_accounts(
    custodian: User, analyst: User, invite: Any, now: datetime
) -> None:
    invitation, desk = invite(), _browser(custodian)
    role = services.create_role("desk", name="Desk", permissions=[], acting_user=None, now=now)
    pages = {
        "sessions": f"/admin/accounts/user/{analyst.pk}/sessions/",
        "erase": f"/admin/accounts/invitation/{invitation.pk}/erase/",
        "delete": f"/admin/accounts/role/{role.pk}/delete/",
    }

    assert desk.get("/admin/").status_code == 200
    assert {name: desk.get(page).status_code for name, page in pages.items()} == dict.fromkeys(pages, 403)
    assert desk.post(pages["delete"], {"post": "yes"}).status_code == 403
    assert Role.objects.filter(pk=role.pk).exists()


def test_of_programs_those_are_said_to_stop_that_had_not(admin: User, analyst: User, now: datetime) -> None:
    runs = services.create_service_account("Sensor feed", owner=analyst, acting_user=None, now=now)
    stopped = services.create_service_account("Old feed", owner=analyst, acting_user=None, now=now)
    services.deactivate_user(stopped, acting_user=None, now=now)

    form = {"action": "deactivate", "_selected_action": [str(analyst.pk)]}
    page = _browser(admin).post("/admin/accounts/user/", form, follow=True).content.decode()

    assert f"Stopped with it: {runs}" in page
    assert str(stopped) not in page
