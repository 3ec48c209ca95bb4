"""The pages of settings: words and typed inputs, what is in force and why, what was before."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from django_tenants.utils import schema_context

from apps.accounts import passwords, sessions
from apps.accounts.models import User
from apps.configuration import admin as pages
from apps.configuration import services
from apps.configuration.admin import SettingAdmin
from apps.configuration.forms import JsonField
from apps.configuration.models import PlannedChange, Setting
from apps.configuration.registry import AREAS, KEYS, Level, area_of
from apps.core.errors import Invalid

pytestmark = pytest.mark.requirement("UC-002", "ENV-002")
ACME = {"host": "acme.localhost"}
HOME = "/admin/configuration/setting/"
KEY, TWO = "api.rate.models", "session.idle_minutes"
ID = UUID(int=1)


@pytest.fixture
def office(admin: User) -> Client:
    browser = Client(headers=ACME)
    browser.force_login(admin)
    return browser


@pytest.fixture
def next_door(make_user: Any) -> Client:
    browser = Client(headers=ACME)
    browser.force_login(make_user("second@acme.example", "tenant_admin"))
    return browser


def _page(answer: Any) -> str:
    return str(answer.content.decode())


def _send(browser: Client, key: str, **form: Any) -> str:
    return _page(browser.post(f"{HOME}{key}/change/", form, follow=True))


def test_every_key_is_listed_in_words_and_has_a_page(office: Client) -> None:
    listed = _page(office.get(HOME))

    for key in KEYS.values():
        assert key.label in listed
        page = office.get(f"{HOME}{key.name}/change/")
        assert page.status_code == 200
        assert key.label in _page(page)


def test_settings_stand_under_headings_and_are_found_by_words_and_by_whether_they_are_set(office: Client) -> None:
    def listed(**wanted: str) -> list[str]:
        return re.findall(r'/setting/([^"]+)/change/', _page(office.get(HOME, wanted)))

    assert {area_of(name) for name in KEYS} == set(AREAS.values())
    assert sorted(listed()) == sorted(KEYS)
    assert listed(q="WEBHOOK longest session") == []
    assert listed(q="longest SESSION") == ["session.hours"]
    assert listed(q="second factors", set="1") == []
    assert listed(q="second factors") == ["factors.push", "factors.sms", "factors.required"]
    _send(office, KEY, value="77", version="0")
    assert listed(set="1") == [KEY]


@pytest.mark.parametrize(
    ("key", "written"),
    [
        (KEY, 'type="number"'),
        ("time_zone", 'list="value-options"'),
        ("time_zone", '<option value="Europe/Berlin"></option>'),
        ("campaign.sender", 'type="text"'),
        ("languages", 'type="checkbox" name="value" value="de"'),
    ],
)
def test_each_kind_of_value_has_its_field(office: Client, key: str, written: str) -> None:
    assert written in _page(office.get(f"{HOME}{key}/change/"))


def test_a_page_shows_the_layers_and_the_past(office: Client, admin: User) -> None:
    _send(office, KEY, value="77", reason="a bench", version="0")

    page = _page(office.get(f"{HOME}{KEY}/change/"))

    for shown in ("Default", "Organisation", "In force", "77", "a bench", str(admin)):
        assert shown in page


def test_what_is_chosen_among_several_is_a_list(office: Client) -> None:
    _send(office, "languages", value=["en", "de"], version="0")

    assert services.get("languages") == ["en", "de"]
    assert "English, Deutsch" in _page(office.get(HOME))


def test_who_saves_after_another_is_told_and_sees_what_is_set_by_now(office: Client, next_door: Client) -> None:
    _send(office, KEY, value="1", version="0")

    page = _send(next_door, KEY, value="2", version="0")

    assert "Somebody else has changed this setting" in page
    assert Setting.objects.get().value == 1
    assert f'name="version" value="{Setting.objects.get().version}"' in page


def test_what_is_set_here_is_taken_back(office: Client) -> None:
    _send(office, KEY, value="1", version="0")
    _send(office, KEY, take_back="1", version="1")

    assert services.get(KEY) == 1000


def test_what_is_tried_is_shown_and_not_saved(office: Client) -> None:
    shown = _send(office, KEY, value="77000", version="0", **{"try": "1"})
    waits = _send(office, TWO, value="15", version="0", **{"try": "1"})

    assert "Nothing is saved yet. It would be so: In force: 77,000 (Organisation)" in shown
    assert 'value="77000"' in shown
    assert "It would wait for a second administrator." in waits
    assert (services.get(KEY), Setting.objects.count(), PlannedChange.objects.count()) == (1000, 0, 0)


def test_a_refusal_names_the_setting_as_the_page_does_and_each_reason_once(office: Client) -> None:
    page = _send(office, TWO, value="45", version="0")

    assert page.count("Idle time of a session, in minutes: At most 30, which holds for everybody below.") == 1
    assert page.count("At most 30") == 1
    assert "ession.idle_minutes:" not in page


def test_json_that_is_nested_without_end_is_none() -> None:
    with pytest.raises(ValidationError):
        JsonField().clean("[" * 100_000)
    with pytest.raises(ValueError, match="depth limit"):
        KEYS["sign_in.return_hosts"].read("[" * 100_000)


def test_of_what_is_no_json_it_is_said_where() -> None:
    with pytest.raises(ValidationError, match=r"This is no JSON: look at line 2, character \d+\."):
        JsonField().to_python('{"properties":\n {"a": true')


def test_what_waits_comes_first_on_the_list_and_on_its_own_page(office: Client, next_door: Client) -> None:
    _send(office, TWO, value="15", version="0", reason="shared computers")

    listed, own = _page(next_door.get(HOME)), _page(next_door.get(f"{HOME}{TWO}/change/"))
    other = _page(next_door.get(f"{HOME}{KEY}/change/"))

    assert 0 < listed.index("1 change waits") < listed.index("As delivered")
    assert 0 < own.index("1 change waits") < own.index("What each level says")
    assert "Approve" in own
    assert "shared computers" in own
    assert "waits" not in other


def test_a_table_has_no_column_in_which_nothing_is_said(office: Client) -> None:
    page = _page(office.get(f"{HOME}{KEY}/change/"))
    assert "Until" not in page.split("What each level says")[1]
    assert "Nothing has changed yet." in page

    _send(office, KEY, value="77", version="0")

    page = _page(office.get(f"{HOME}{KEY}/change/"))
    assert "In force: 77 (Organisation)" in page
    assert ">Setting<" not in page.split("What each level says")[1]


def test_a_second_administrator_approves_on_the_list(office: Client, next_door: Client) -> None:
    _send(office, TWO, value="15", version="0")
    waits = PlannedChange.objects.get()
    assert services.get(TWO) == 30
    assert "Approve" not in _page(office.get(HOME))  # nobody approves what they asked for

    own = _page(office.post(f"{HOME}waiting/{waits.pk}/", {"decision": "approve"}, follow=True))
    assert "Somebody else than who asked" in own
    said = _page(next_door.post(f"{HOME}waiting/{waits.pk}/", {"decision": "approve"}, follow=True))

    assert services.get(TWO) == 15
    assert "The change of “Idle time of a session, in minutes” has been approved." in said
    assert "1 of " in said
    assert " settings is set by somebody" in said


def test_who_is_no_second_person_is_told_why_in_place_of_a_button(office: Client, make_user: Any) -> None:
    _send(office, TWO, value="15", version="0")
    PlannedChange.objects.update(asked_at=timezone.now() - timedelta(days=1))
    newer = make_user("newer@acme.example", "tenant_admin")
    User.objects.filter(pk=newer.pk).update(created_at=timezone.now())
    browser = Client(headers=ACME)
    browser.force_login(newer)

    page = _page(browser.get(HOME))

    assert "An account or a password that is newer than the request cannot agree to it." in page
    assert ("Approve" in page, "Reject" in page) == (False, True)


def test_a_moment_that_is_over_is_refused_on_the_page(office: Client) -> None:
    page = _send(office, KEY, value="5", version="0", starts_at="2020-01-01T00:00")

    assert "Choose a moment in the future" in page
    assert services.get(KEY) == 1000


@pytest.mark.requirement("SEC-AUTH-002")
@pytest.mark.parametrize("verb", ["view", "change"])
def test_whom_the_administration_refuses_settings_gets_none_of_their_pages(
    office: Client, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.setattr(SettingAdmin, f"has_{verb}_permission", lambda *_: False)
    ask = office.get if verb == "view" else office.post

    paths = ("", f"{KEY}/change/", "versions/") if verb == "view" else (f"{KEY}/change/", "versions/", f"waiting/{ID}/")
    assert {ask(f"{HOME}{path}", {"value": "1", "version": "0"}).status_code for path in paths} == {403}
    assert not Setting.objects.exists()


@pytest.mark.parametrize("more", [{"levels": (Level.GLOBAL,)}, {"sensitive": True}])
def test_what_cannot_be_set_here_is_shown_without_a_form(
    office: Client, monkeypatch: pytest.MonkeyPatch, more: dict[str, Any]
) -> None:
    form = 'name="reason"'
    assert form in _page(office.get(f"{HOME}{KEY}/change/"))
    monkeypatch.setitem(KEYS, KEY, replace(KEYS[KEY], **more))

    page = _page(office.get(f"{HOME}{KEY}/change/"))

    assert KEYS[KEY].label in page
    assert form not in page


def test_the_way_back_is_shown_before_it_is_gone(office: Client) -> None:
    for version, value in enumerate(("1", "2")):
        _send(office, KEY, value=value, version=str(version))

    shown = _page(office.get(f"{HOME}versions/?to_version=1"))
    assert "What going back to version 1 changes" in shown
    assert services.get(KEY) == 2
    office.post(f"{HOME}versions/", {"to_version": "1"})

    assert services.get(KEY) == 1
    assert "There is no version 9" in _page(office.get(f"{HOME}versions/?to_version=9"))


@pytest.mark.parametrize("path", ["no.such.key/change/", "waiting/nonsense/"])
def test_what_is_not_there_is_not_found(office: Client, path: str) -> None:
    assert office.get(f"{HOME}{path}").status_code == 404


@pytest.mark.requirement("SEC-AUTH-002")
def test_the_idle_time_of_a_session_is_what_is_set(office: Client, admin: User) -> None:
    assert sessions.idle_seconds() == 30 * 60
    services.change(TWO, 5, now=admin.created_at)

    assert sessions.idle_seconds() == 5 * 60


@pytest.mark.requirement("SEC-AUTH-001")
def test_how_long_a_password_is_at_least_is_what_is_set(admin: User) -> None:
    passwords.check("harbour light 7", admin)
    services.change("password.least_length", 20, now=admin.created_at)

    with pytest.raises(Invalid, match="20 characters"):
        passwords.check("harbour light 7", admin)


def test_what_does_not_fit_at_the_machine_is_told_to_the_platform_alone(
    office: Client, make_user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "flaws_of_environment", lambda: {KEY: "is no JSON"})
    of_platform = Client(headers={"host": "localhost"})

    assert "is no JSON" not in _page(office.get(HOME))
    with schema_context("public"):
        of_platform.force_login(make_user("ops@platform.example", "platform_admin"))
        assert "is no JSON" in _page(of_platform.get(HOME))


def test_a_reason_that_cannot_be_kept_as_it_is_stops_no_way_back(office: Client) -> None:
    _send(office, KEY, value="5", reason="first")
    version = str(Setting.objects.get(key=KEY).version)

    taken = office.post(f"{HOME}{KEY}/change/", {"take_back": "1", "version": version, "reason": "a\0b"})
    back = office.post(f"{HOME}versions/", {"to_version": version, "reason": "c\0" + "d" * 300})

    assert (taken.status_code, back.status_code) == (302, 302)
    assert [one.reason for one in services.history(KEY)[:2]] == ["c" + "d" * 199, "ab"]
    assert services.get(KEY) == 5
