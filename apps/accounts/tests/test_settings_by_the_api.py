"""Settings by the API: where a value comes from, changes that wait, the way back, two at once."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts import services
from apps.accounts.models import User
from apps.configuration import services as configuration
from apps.configuration.models import Setting

pytestmark = pytest.mark.requirement("UC-002", "ENV-002")
ACME = {"host": "acme.localhost"}
KEY, TWO = "api.rate.models", "session.idle_minutes"


def _browser(user: User) -> Client:
    made, text = services.create_api_key(user, name="tests", now=timezone.now())
    assert made
    return Client(headers={"authorization": f"Bearer {text}", **ACME})


@pytest.fixture
def api(admin: User) -> Client:
    return _browser(admin)


@pytest.fixture
def second(make_user: Any) -> Client:
    return _browser(make_user("second@acme.example", "tenant_admin"))


@pytest.fixture
def present(make_user: Any) -> Client:
    """A second administrator, signed in."""
    browser = Client(headers=ACME)
    browser.force_login(make_user("third@acme.example", "tenant_admin"))
    return browser


def _put(browser: Client, key: str, body: dict[str, Any], **headers: str) -> Any:
    return browser.put(f"/api/v1/settings/{key}/", body, "application/json", headers=headers)


def _post(browser: Client, path: str, body: Any = None) -> Any:
    return browser.post(f"/api/v1/settings/{path}", body, "application/json")


def test_a_value_says_where_it_comes_from_who_said_so_and_when(api: Client, admin: User) -> None:
    _put(api, KEY, {"value": 70, "reason": "a bench"})

    shown = api.get(f"/api/v1/settings/{KEY}/explain/").json()
    listed = {one["key"]: one for one in api.get("/api/v1/settings/").json()["results"]}[KEY]
    history = api.get(f"/api/v1/settings/{KEY}/history/").json()

    assert shown == listed
    assert (shown["value"], shown["layer"], shown["who"]) == (70, "tenant", str(admin.pk))
    assert shown["when"]
    told = [(one["layer"], one["new"]["value"], one["reason"], one["changed_by"]) for one in history]
    assert told == [("tenant", 70, "a bench", str(admin.pk))]


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [("time_zone", "x" * 100_000, "At most 60 characters"), ("languages", ["en"] * 10_000, "Name at most 3.")],
)
def test_a_value_that_does_not_fit_is_not_told_back_as_a_whole(api: Client, key: str, value: Any, told: str) -> None:
    answer = _put(api, key, {"value": value})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/value")
    assert told in answer.json()["detail"]
    assert len(answer.content) < 2000


def test_what_holds_for_a_time_goes_before_the_rest(api: Client) -> None:
    until = (timezone.now() + timedelta(hours=1)).isoformat()
    assert _put(api, KEY, {"value": 5, "scope": "runtime"}).json()["errors"][0]["pointer"] == "/until"

    shown = _put(api, KEY, {"value": 5, "scope": "runtime", "until": until}).json()

    assert (shown["value"], shown["layer"]) == (5, "runtime")
    back = api.delete(f"/api/v1/settings/{KEY}/?scope=runtime").json()
    assert (back["value"], back["layer"]) == (1000, "default")


def test_a_change_is_tried_without_being_made(api: Client) -> None:
    tried = _put(api, KEY, {"value": 70, "dry_run": True})

    assert (tried.status_code, tried.json()["value"]) == (200, 70)
    assert not Setting.objects.exists()


def test_of_two_who_read_the_same_the_second_is_refused(api: Client, second: Client) -> None:
    read = api.get(f"/api/v1/settings/{KEY}/")["ETag"]

    assert _put(api, KEY, {"value": 1}, **{"if-match": read}).status_code == 200
    assert _put(second, KEY, {"value": 2}, **{"if-match": read}).status_code == 412


@pytest.mark.requirement("SEC-AUTH-002")
def test_what_is_security_waits_for_a_second_administrator(api: Client, present: Client) -> None:
    asked = _put(api, TWO, {"value": 15})
    waits = asked.json()
    assert (asked.status_code, waits["state"]) == (202, "waiting")
    assert asked["Location"].endswith(f"/api/v1/settings/changes/{waits['id']}/")
    assert configuration.get(TWO) == 30

    own = _post(api, f"changes/{waits['id']}/approve/")
    assert (own.status_code, own.json()["code"]) == (403, "same_person")
    assert _post(present, f"changes/{waits['id']}/approve/").json()["state"] == "applied"
    assert _post(present, f"changes/{waits['id']}/reject/").status_code == 409
    assert configuration.get(TWO) == 15


@pytest.mark.requirement("SEC-AUTH-002")
def test_no_key_agrees_to_what_waits(api: Client, second: Client) -> None:
    """Whoever asked may have made it, in another's name."""
    waits = _put(api, TWO, {"value": 15}).json()

    answer = _post(second, f"changes/{waits['id']}/approve/")

    assert (answer.status_code, answer.json()["code"]) == (403, "same_person")
    assert configuration.get(TWO) == 30


@pytest.mark.requirement("SEC-AUTH-002")
def test_who_asked_by_a_key_of_somebody_else_does_not_agree(admin: User, make_user: Any, present: Client) -> None:
    """A key that one administrator makes in the name of another is a second account for both parts."""
    other = make_user("second@acme.example", "tenant_admin")
    _, text = services.create_api_key(other, name="theirs", acting_user=admin, now=timezone.now())
    waits = _put(Client(headers={"authorization": f"Bearer {text}", **ACME}), TWO, {"value": 15}).json()
    maker = Client(headers=ACME)
    maker.force_login(admin)

    answer = _post(maker, f"changes/{waits['id']}/approve/")
    assert (answer.status_code, answer.json()["code"]) == (403, "same_person")
    assert configuration.get(TWO) == 30
    assert _post(present, f"changes/{waits['id']}/approve/").json()["state"] == "applied"


def test_a_tenant_only_tightens_what_is_security(api: Client) -> None:
    answer = _put(api, TWO, {"value": 60})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/value")


def test_a_scheduled_change_waits_and_is_taken_back(api: Client) -> None:
    later = (timezone.now() + timedelta(days=1)).isoformat()
    waits = _put(api, KEY, {"value": 70, "starts_at": later}).json()

    assert [one["id"] for one in api.get("/api/v1/settings/changes/?state=scheduled").json()["results"]] == [
        waits["id"]
    ]
    assert _post(api, f"changes/{waits['id']}/cancel/").json()["state"] == "cancelled"


def test_a_moment_that_is_over_is_refused_with_a_pointer(api: Client) -> None:
    answer = _put(api, KEY, {"value": 70, "starts_at": "2020-01-01T00:00:00Z"})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/starts_at")


def test_everything_goes_back_to_a_version(api: Client) -> None:
    for value in (1, 2):
        _put(api, KEY, {"value": value})

    tried = _post(api, "rollback/", {"to_version": 1, "dry_run": True}).json()
    assert ([one["new"]["value"] for one in tried["changes"]], tried["version"]) == ([1], 2)
    done = _post(api, "rollback/", {"to_version": 1}).json()

    assert done["version"] == 3
    assert api.get(f"/api/v1/settings/{KEY}/").json()["value"] == 1
    refused = _post(api, "rollback/", {"to_version": 9})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/to_version")
