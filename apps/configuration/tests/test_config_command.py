"""What the command says to an operator: short, aligned, in words, and with a hand where a name was mistyped."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.configuration import services
from apps.configuration.models import Layer
from apps.configuration.registry import KEYS

pytestmark = [
    pytest.mark.requirement("UC-002", "ENV-002"),
    pytest.mark.django_db(databases=["default", "owner"]),
]
KEY = "api.rate.models"
HERE = ("--tenant", "acme")


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    call_command("config", *words)
    return capsys.readouterr().out


def test_all_keys_are_listed_in_aligned_columns(acme: Any, now: datetime, capsys: pytest.CaptureFixture[str]) -> None:
    services.change(KEY, 70, now=now)

    lines = said(capsys, "list", *HERE).splitlines()

    assert [line.split()[0] for line in lines] == sorted(KEYS)
    assert lines[sorted(KEYS).index(KEY)].split() == [KEY, "70", "tenant"]
    layers = {line.rstrip().rindex("  ") for line in lines}
    assert len(layers) == 1
    assert max(map(len, lines)) < 100
    assert "(not shown)" in lines[sorted(KEYS).index("mail.password")]
    found = json.loads(said(capsys, "list", *HERE, "--json"))["settings"]
    assert {"key": KEY, "value": 70, "layer": "tenant"} in found
    assert len(found) == len(KEYS)


@pytest.mark.parametrize(("typed", "meant"), [("time_zon", "time_zone"), ("idle_minutes", "session.idle_minutes")])
def test_who_mistypes_a_key_is_told_what_there_is(
    acme: Any, typed: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        call_command("config", "get", typed)

    assert capsys.readouterr().err.strip() == f"There is no setting {typed}. Did you mean {meant}?"


def test_letters_are_letters(acme: Any, now: datetime, capsys: pytest.CaptureFixture[str]) -> None:
    later = services.Manner(starts_at=now + timedelta(days=1))
    services.change("campaign.sender", "Büro für Deiche", now=now, manner=later)

    assert '"Büro für Deiche"' in said(capsys, "changes", *HERE)


def test_people_are_named_and_that_is_on_record(
    acme: Any, now: datetime, make_user: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    ada = make_user("ada@acme.example")
    services.change(KEY, 70, now=now, actor=ada)

    assert f"tenant: 70 (by {ada}," in said(capsys, "explain", KEY, *HERE)
    assert str(ada) in said(capsys, "history", KEY, *HERE)
    entry = AuditEntry.objects.filter(action="user.read").first()
    assert entry is not None
    assert (entry.actor_type, entry.details["page"]) == ("operator", "config")


def test_of_who_is_unknown_here_it_is_said_that_this_is_why(
    acme: Any, now: datetime, make_user: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    bo = make_user("bo@acme.example")
    services.change(KEY, 70, now=now, actor=bo)
    who = str(bo.pk)
    bo.delete()

    assert f"by {who} (no account here has this id)" in said(capsys, "explain", KEY, *HERE)


def test_what_taking_back_has_done_is_said(acme: Any, capsys: pytest.CaptureFixture[str]) -> None:
    now = timezone.now()
    services.change(KEY, 5, now=now, layer=Layer.RUNTIME, until=now + timedelta(hours=1))

    nothing = said(capsys, "unset", KEY, *HERE)
    assert "Nothing is set for good, so nothing changes. What is set for a time goes on; --runtime" in nothing
    assert "What is set for a time would be taken back." in said(capsys, "unset", KEY, "--runtime", "--dry-run", *HERE)
    assert services.explain(KEY).value == 5
    assert "What was set for a time is taken back." in said(capsys, "unset", KEY, "--runtime", *HERE)
    assert services.explain(KEY).value == 1000
    assert json.loads(said(capsys, "unset", KEY, *HERE, "--json"))["was_set"] is False


def test_what_is_to_hold_from_a_moment_that_is_over_is_refused(acme: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command("config", "set", KEY, "5", "--starts-at", "2020-01-01T00:00:00+00:00", *HERE)

    assert "Choose a moment in the future" in capsys.readouterr().err
    assert services.get(KEY) == 1000
