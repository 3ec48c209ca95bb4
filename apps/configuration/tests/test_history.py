"""What was set when, and the way back."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django_tenants.utils import schema_context

from apps.audit.models import AuditEntry
from apps.configuration import services
from apps.configuration.models import Change, Layer, Setting
from apps.configuration.registry import KEYS, Key
from apps.core.errors import Invalid, Stale

pytestmark = pytest.mark.requirement("UC-002", "LOG-002")
Toy = Callable[..., Key]
KEY, OTHER = "toy.number", "toy.other"


@pytest.fixture(autouse=True)
def _toys(toy: Toy) -> None:
    toy(KEY)
    toy(OTHER)


def _three_versions(now: datetime) -> None:
    services.change(KEY, 1, now=now)
    services.change(KEY, 2, now=now, manner=services.Manner("more is better"))
    services.change(OTHER, 7, now=now)


def _values() -> dict[str, Any]:
    return {row.key: row.value for row in Setting.objects.all()}


def test_every_change_is_a_version_with_who_when_and_why(acme: Any, now: datetime, make_user: Any) -> None:
    ada = make_user("ada@acme.example")
    services.change(KEY, 1, now=now, actor=ada)
    services.change(KEY, 2, now=now + timedelta(days=1), actor=ada, manner=services.Manner("more is better"))
    services.take_back(KEY, now=now + timedelta(days=2), actor=ada)

    last, second, first = services.history(KEY)

    assert [one.version for one in (first, second, last)] == [1, 2, 3]
    assert [one.old and one.old["value"] for one in (first, second, last)] == [None, 1, 2]
    assert [one.new and one.new["value"] for one in (first, second, last)] == [1, 2, None]
    assert (second.changed_by, second.changed_at, second.reason) == (
        *(str(ada.pk), now + timedelta(days=1), "more is better"),
    )


def test_the_history_of_a_tenant_is_its_own(acme: Any, beta: Any, now: datetime) -> None:
    services.change(KEY, 1, now=now)
    with schema_context("beta"):
        services.change(KEY, 5, now=now)
        assert [one.version for one in services.history()] == [1]


def test_the_history_is_added_to_and_never_changed(acme: Any, now: datetime) -> None:
    services.change(KEY, 1, now=now)

    for statement in ("UPDATE configuration_change SET version = 9", "DELETE FROM configuration_change"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_two_versions_are_compared(acme: Any, now: datetime) -> None:
    _three_versions(now)

    found = [(one.key, one.old and one.old["value"], one.new and one.new["value"]) for one in services.difference(1)]

    assert found == [(KEY, 1, 2), (OTHER, None, 7)]
    assert [one.key for one in services.difference(1, 2)] == [KEY]
    assert services.difference(3) == []


def test_a_lock_alone_is_a_difference_and_goes_back(acme: Any, now: datetime) -> None:
    services.change(KEY, 1, now=now)
    services.change(KEY, 1, now=now, is_locked=True)

    found = services.difference(1)
    assert [(one.key, one.old and one.old["locked"], one.new and one.new["locked"]) for one in found] == [
        (KEY, False, True)
    ]
    services.rollback(1, now=now)
    assert services.difference(1) == []
    assert not services.explain(KEY).winner.is_locked


def test_going_back_is_a_new_version(acme: Any, now: datetime) -> None:
    _three_versions(now)

    services.rollback(1, now=now)
    assert _values() == {KEY: 1}
    assert services.latest_version() == 4
    assert AuditEntry.objects.get(action="setting.rolled_back").details == {"to": 1, "as": 4}

    services.rollback(3, now=now)
    assert _values() == {KEY: 2, OTHER: 7}
    services.rollback(0, now=now)
    assert _values() == {}


def test_what_was_set_before_there_was_a_history_comes_back(acme: Any, now: datetime) -> None:
    Setting.objects.create(key=KEY, open_value=42, changed_at=now)
    services.change(KEY, 1, now=now)

    services.rollback(0, now=now)

    assert _values() == {KEY: 42}


def test_going_back_to_where_one_is_changes_nothing(acme: Any, now: datetime) -> None:
    _three_versions(now)

    assert services.rollback(3, now=now) == []
    assert services.latest_version() == 3


@pytest.mark.parametrize("version", [-1, 4, 10**9])
def test_there_is_no_way_to_a_version_that_is_none(acme: Any, now: datetime, version: int) -> None:
    _three_versions(now)

    with pytest.raises(Invalid) as refusal:
        services.rollback(version, now=now)

    assert refusal.value.errors[0].pointer == "/to_version"


def test_a_key_that_is_gone_or_fits_no_more_stands_in_the_way_and_all_are_told(
    acme: Any, now: datetime, toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    _three_versions(now)
    services.rollback(0, now=now)
    monkeypatch.delitem(KEYS, OTHER)
    toy(KEY, schema={"type": "integer", "maximum": 1}, default=1)

    with pytest.raises(services.CannotRollBack) as refusal:
        services.rollback(3, now=now)

    assert [one.pointer for one in refusal.value.errors] == [f"/{KEY}", f"/{OTHER}"]
    assert _values() == {}
    assert services.latest_version() == 4


def test_a_key_that_takes_two_people_does_not_come_back_by_one(
    acme: Any, now: datetime, toy: Toy, make_user: Any
) -> None:
    _three_versions(now)
    toy(OTHER, needs_two=True)

    with pytest.raises(services.CannotRollBack):
        services.rollback(2, now=now, actor=make_user("ada@acme.example"))


def test_what_holds_for_a_time_does_not_come_back(acme: Any, now: datetime) -> None:
    services.change(KEY, 9, now=now, layer=Layer.RUNTIME, until=now + timedelta(hours=1))
    services.take_back(KEY, now=now, layer=Layer.RUNTIME)

    assert services.rollback(1, now=now) == []


def test_who_saw_an_older_version_is_refused(acme: Any, now: datetime) -> None:
    _three_versions(now)

    with pytest.raises(Stale):
        services.change(KEY, 3, now=now, manner=services.Manner(expected=1))
    services.change(KEY, 3, now=now, manner=services.Manner(expected=2))

    assert _values()[KEY] == 3


def _command(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    call_command("config", *words, "--json")
    return json.loads(capsys.readouterr().out)


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_command_shows_the_history_and_goes_back(acme: Any, capsys: pytest.CaptureFixture[str]) -> None:
    tenant = ("--tenant", "acme")
    _command(capsys, "set", KEY, "1", *tenant)
    _command(capsys, "set", KEY, "2", "--reason", "more", *tenant)

    shown = _command(capsys, "history", KEY, *tenant)["changes"]
    assert [(one["version"], one["reason"], one["changed_by"]) for one in shown] == [
        (2, "more", "operator"),
        (1, "", "operator"),
    ]
    tried = _command(capsys, "rollback", "1", "--dry-run", *tenant)
    assert (tried["changes"][0]["new"]["value"], tried["version"]) == (1, 2)
    assert _command(capsys, "rollback", "1", *tenant)["version"] == 3
    assert _command(capsys, "diff", "2", *tenant)["changes"][0]["key"] == KEY
    assert _command(capsys, "explain", KEY, *tenant)["levels"][-1]["by"] == "operator"
    assert _command(capsys, "unset", KEY, *tenant)["value"] == 10


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_command_tries_a_change_without_making_it(acme: Any, capsys: pytest.CaptureFixture[str]) -> None:
    tried = _command(capsys, "set", KEY, "3", "--dry-run", "--tenant", "acme")

    assert tried["value"] == 3
    assert not Change.objects.exists()
    assert services.get(KEY) == 10
