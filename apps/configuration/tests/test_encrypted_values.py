"""What a setting's text says of somebody is ciphertext, in what is set as in the history; numbers stay in the open."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import schema_context, tenant_context

from apps.configuration import services, snapshots
from apps.configuration.models import Change, PlannedChange, Setting
from apps.core import crypto
from apps.core.memory import SECONDS, forget_all
from apps.keys import services as keys
from apps.keys.keyring import KEYRING

pytestmark = pytest.mark.requirement("UC-002", "SEC-DATA-001")
KEY, TEXT = "toy.sender", {"type": "string"}


@pytest.fixture(autouse=True)
def _toy(acme: Any, toy: Callable[..., Any]) -> None:
    toy(KEY, "nobody", TEXT)
    toy()


def _stored(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT string_agg(one::text, ' ') FROM configuration_{table} AS one")
        return str(cursor.fetchone()[0])


def test_a_text_is_read_in_no_table(acme: Any, now: datetime) -> None:
    services.change(KEY, "Ada Lovelace", now=now)
    services.change(KEY, "Bo Diddley", now=now)
    services.change(KEY, "Cy Twombly", now=now, manner=services.Manner(starts_at=now + timedelta(days=1)))

    stored = "".join(_stored(table) for table in ("setting", "change", "plannedchange"))
    names = ("Ada Lovelace", "Bo Diddley", "Cy Twombly")
    assert not [name for name in names if name in stored or name.encode().hex() in stored]
    assert stored.count(KEY) == 4
    assert services.get(KEY) == "Bo Diddley"
    assert [(one.old and one.old["value"], one.new["value"]) for one in services.history(KEY)] == [
        ("Ada Lovelace", "Bo Diddley"),
        (None, "Ada Lovelace"),
    ]
    assert PlannedChange.objects.get().new["value"] == "Cy Twombly"


def test_a_number_stays_in_the_open(acme: Any, now: datetime) -> None:
    services.change("toy.number", 7, now=now)

    assert Setting.objects.values_list("open_value", "sealed_value").get() == (7, None)
    assert Change.objects.get().sealed_new is None


def test_what_a_process_of_before_writes_beside_it_holds(acme: Any, now: datetime) -> None:
    services.change(KEY, "Ada", now=now)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE configuration_setting SET value = '\"Bo\"' WHERE key = %s", [KEY])

    services.forget()
    assert services.get(KEY) == "Bo"
    services.change(KEY, "Cy", now=now)
    assert services.get(KEY) == "Cy"
    assert Setting.objects.get().open_value is None


def test_a_rotation_of_keys_writes_the_history_anew_which_else_nobody_changes(acme: Any, now: datetime) -> None:
    services.change(KEY, "Ada", now=now)
    services.change(KEY, "Bo", now=now)
    with schema_context("public"):
        keys.rotate("acme", now=now)
        outcome = keys.reencrypt("acme")

    assert (outcome.written, outcome.left, outcome.failed) == (4, 0, [])
    assert [one.new["value"] for one in services.history(KEY)] == ["Bo", "Ada"]


def test_a_value_that_cannot_be_read_is_away_and_never_the_default(
    acme: Any, beta: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.change(KEY, "Ada", now=now)
    forget_all()

    def away(*_: Any) -> Any:
        raise crypto.KeyAway("Vault is away")

    with monkeypatch.context() as without:
        without.setattr(KEYRING, "version", away)
        with pytest.raises(crypto.KeyAway):
            services.get(KEY)
        assert services.get("toy.number") == 10
        assert "cannot be reached" in str(services.explain(KEY).said[-1].problem)
        with tenant_context(beta):
            assert services.get(KEY) == "nobody"

        assert snapshots._read((0, 0, 0), now, moment=1.0).ends == 1.0 + SECONDS
    assert services.get(KEY) == "Ada"
