import json
from datetime import datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context, tenant_context

from apps.audit.models import AuditEntry
from apps.configuration import services
from apps.configuration.models import Setting
from apps.configuration.registry import KEYS, declare
from apps.core.errors import Invalid

pytestmark = pytest.mark.requirement("UC-002", "ENV-002")
KEY = "api.rate.models"


def _set(schema: str, value: Any, now: datetime) -> None:
    with schema_context(schema):
        services.change(KEY, value, now=now)
    services.forget()


def test_a_tenants_own_value_wins_over_the_global_one_and_that_over_the_default(acme: Any, now: datetime) -> None:
    assert services.get(KEY) == KEYS[KEY].default

    _set("public", 10, now)
    assert services.get(KEY) == 10

    _set("acme", 20, now)
    assert services.get(KEY) == 20
    assert [one.level for one in services.explain(KEY).said] == ["default", "global", "tenant"]


@pytest.mark.requirement("DB-002")
def test_another_tenant_keeps_its_own(acme: Any, beta: Any, now: datetime) -> None:
    _set("acme", 20, now)

    with tenant_context(beta):
        assert services.get(KEY) == KEYS[KEY].default


@pytest.mark.parametrize("value", ["many", 0, -1, 1.5, None, True, [1], {"a": 1}, 10**12])
def test_a_value_that_does_not_fit_is_refused_and_changes_nothing(acme: Any, now: datetime, value: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        services.change(KEY, value, now=now)

    assert refusal.value.errors[0].pointer == "/value"
    assert not Setting.objects.exists()


def test_an_unknown_key_is_refused(acme: Any, now: datetime) -> None:
    with pytest.raises(Invalid):
        services.change("no.such.key", 1, now=now)


def test_every_default_is_valid_and_a_key_is_declared_once() -> None:
    assert {name: key.problem_with(key.default) for name, key in KEYS.items()} == dict.fromkeys(KEYS)
    with pytest.raises(ValueError, match="twice"):
        declare(KEY, 1, {}, "again")


@pytest.mark.requirement("LOG-002")
def test_a_change_is_recorded(acme: Any, now: datetime) -> None:
    services.change(KEY, 5, now=now)

    entry = AuditEntry.objects.get(action="setting.changed")
    assert (entry.category, entry.details) == ("configuration", {"key": KEY, "value": 5})


@pytest.mark.requirement("LOG-002")
@pytest.mark.parametrize("key", ["campaign.sender", "campaign.reply_to"])
def test_a_text_that_may_name_somebody_is_not_kept_in_the_trail(acme: Any, now: datetime, key: str) -> None:
    services.change(key, "zenobia@example.org", now=now)

    assert AuditEntry.objects.get(action="setting.changed").details == {"key": key}


@pytest.mark.requirement("CAMP-002")
@pytest.mark.parametrize("value", ["X\r\nBcc: evil@x.example", "X\n", "\0", "a\u2028b", "\x85"])
@pytest.mark.parametrize("key", ["campaign.sender", "campaign.reply_to"])
def test_no_setting_adds_a_line_to_the_head_of_a_letter(acme: Any, now: datetime, key: str, value: str) -> None:
    with pytest.raises(Invalid):
        services.change(key, value, now=now)


@pytest.mark.requirement("UC-002")
def test_what_json_schema_calls_a_whole_number_is_one(acme: Any, now: datetime) -> None:
    services.change(KEY, 5.0, now=now)

    assert [type(one) for one in (services.get(KEY), Setting.objects.get().value)] == [int, int]
    assert AuditEntry.objects.get(action="setting.changed").details == {"key": KEY, "value": 5}
    assert type(KEYS[KEY].read("7.0")) is int
    with pytest.raises(Invalid):
        services.change(KEY, 5.5, now=now)
    Setting.objects.update(open_value=6.0)  # as a process of before has kept it
    services.forget()
    assert str(services.get(KEY)) == "6"


def test_reading_again_costs_no_query(acme: Any) -> None:
    services.get(KEY)

    with CaptureQueriesContext(connection) as queries:
        services.get(KEY)

    assert len(queries) == 0


def _command(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    call_command("config", *words, "--json")
    return json.loads(capsys.readouterr().out)


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_command_sets_for_all_tenants_or_for_one(
    db: None, capsys: pytest.CaptureFixture[str], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        _command(capsys, "set", KEY, "70")
        _command(capsys, "set", KEY, "80", "--tenant", "acme")
    services.forget()

    assert _command(capsys, "get", KEY)["value"] == 70
    assert _command(capsys, "get", KEY, "--tenant", "beta")["value"] == 70
    assert _command(capsys, "get", KEY, "--tenant", "acme")["value"] == 80
    assert AuditEntry.objects.filter(action="setting.changed", actor_type="operator").count() == 2


def test_a_setting_that_takes_text_takes_it_bare(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    _command(capsys, "set", "campaign.sender", "Ada of Acme")
    services.forget()

    assert _command(capsys, "get", "campaign.sender")["value"] == "Ada of Acme"


@pytest.mark.parametrize("words", [("get", "no.such.key"), ("set", KEY, "many"), ("set", KEY, "0")])
def test_the_command_refuses_in_one_sentence(
    db: None, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    with pytest.raises(SystemExit) as end:
        call_command("config", *words)

    said = capsys.readouterr()
    assert (end.value.code, said.out) == (1, "")
    assert said.err.strip()
    assert "Traceback" not in said.err
