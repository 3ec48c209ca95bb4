"""People choose their language, the zone of their times, and which messages come that need not come."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts import services
from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.core.models import Event
from apps.notifications.kinds import KINDS, choices

pytestmark = pytest.mark.requirement("UC-001")

HOST, ME = {"host": "acme.localhost"}, "/api/v1/users/me/"


def _browser(user: User) -> Client:
    client = Client(headers=HOST)
    client.force_login(user)
    return client


def test_a_person_changes_what_is_theirs_by_the_api(analyst: User) -> None:
    browser = _browser(analyst)
    before = browser.get(ME)
    wanted = {"language": "de", "time_zone": "Europe/Vienna", "notifications": {"reminder": {"email": False}}}

    changed = browser.patch(ME, wanted, "application/json")
    stale = browser.patch(ME, {"name": "x"}, "application/json", headers={"If-Match": before["ETag"]})

    assert before.json()["notifications"] == {"reminder": {"email": True}}
    assert (changed.status_code, {name: changed.json()[name] for name in wanted}) == (200, wanted)
    assert browser.get(ME).json() == changed.json()
    assert stale.status_code == 412
    told = AuditEntry.objects.filter(action="user.changed", object_id=str(analyst.pk)).values_list("details", flat=True)
    assert {"declined": ["reminder:email"], "taken": []} in [*told]
    assert Event.objects.filter(name="user.changed", payload__user_id=str(analyst.pk)).exists()


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"time_zone": "Europe/Atlantis"}, "/time_zone"),
        ({"language": "tlh"}, "/language"),
        ({"notifications": {"account": {"email": False}}}, "/notifications/account/email"),
        ({"notifications": {"reminder": {"sms": False}}}, "/notifications/reminder/sms"),
        ({"notifications": {"reminder": {"email": "no"}}}, "/notifications"),
        ({"notifications": ["reminder"]}, "/notifications"),
    ],
)
def test_what_cannot_be_chosen_is_refused_at_its_place(analyst: User, said: Any, pointer: str) -> None:
    answer = _browser(analyst).patch(ME, said, "application/json")

    assert (answer.status_code, [one["pointer"] for one in answer.json()["errors"]]) == (422, [pointer])
    after = User.objects.get(pk=analyst.pk)
    assert (after.time_zone, after.language, after.declined) == ("", "en", None)


def test_a_narrow_key_changes_nothing_of_its_owner(admin: User) -> None:
    key = services.create_api_key(admin, name="k", permissions=["models:tenant:read"], now=timezone.now())[1]

    answer = Client(headers={**HOST, "authorization": f"Bearer {key}"}).patch(ME, {"name": "x"}, "application/json")

    assert answer.status_code == 403
    assert User.objects.get(pk=admin.pk).name != "x"


def test_boxes_of_the_page_say_what_comes(analyst: User) -> None:
    browser = _browser(analyst)

    shown = browser.get("/account/").content.decode()
    declined = browser.post("/account/", {"change": "notifications"})
    after = User.objects.get(pk=analyst.pk).declined
    browser.post("/account/", {"change": "notifications", "notifications-reminder-email": "on"})

    assert "Reminders to answer, by E-mail" in shown
    assert (declined.status_code, after) == (302, ["reminder:email"])
    assert User.objects.get(pk=analyst.pk).declined is None


def test_what_is_about_the_account_is_not_among_the_choices() -> None:
    assert {purpose for purpose, _channel in choices()} == {"reminder"}
    assert not [one.name for one in KINDS.values() if one.purpose in ("account", "invitation") and one.may_decline]


def test_an_account_is_made_in_a_zone_and_its_letters_tell_times_in_it(admin: User) -> None:
    made = _browser(admin).post(
        "/api/v1/users/", {"email": "bo@new.example", "time_zone": "Asia/Tokyo"}, "application/json"
    )

    assert (made.status_code, made.json()["time_zone"]) == (201, "Asia/Tokyo")
    assert services.wishes_at(["BO@new.example"])("bo@new.example").time_zone == "Asia/Tokyo"
