"""Messages of before say by columns what their keys said, and the way back writes the keys again."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError
from django.db.migrations.executor import MigrationExecutor

from apps.tenants.provisioning import owner_in

pytestmark = pytest.mark.requirement("DB-002")
FILLING = import_module("apps.notifications.migrations.0004_read_what_keys_said")
BEFORE, AFTER = "0002_say_who_leased", "0005_tell_messages_apart_by_columns"
SCHEMA = "scratch_of_messages"
A, B = UUID(int=10), UUID(int=11)
#: By key: the kind, and what the columns say of it: purpose, about what, to whom, on which occasion.
TOLD: dict[str, tuple[str, tuple[str, str, UUID | None, UUID | None, str]]] = {
    f"campaign:{A}:{B}:invitation:2": ("invitation", ("invitation", "campaigns.campaign", A, B, "2")),
    f"campaign:{A}:{B}:reminder:2026-11-02": ("reminder", ("reminder", "campaigns.campaign", A, B, "2026-11-02")),
    f"elicitation:{B}:{A}:invitation:1": (
        *("elicitation_invitation",),
        ("invitation", "elicitation.weightelicitation", B, A, "1"),
    ),
    f"elicitation:{B}:{A}:reminder:2026-11-03": (
        *("elicitation_reminder",),
        ("reminder", "elicitation.weightelicitation", B, A, "2026-11-03"),
    ),
    f"user:{A}:forgotten:{B}": ("password_forgotten", ("account", "accounts.user", A, A, str(B))),
    f"user:{A}:password:3": ("password_changed", ("account", "accounts.user", A, A, "3")),
    f"api-key:{A}:made": ("api_key_made", ("account", "accounts.apikey", A, None, "")),
    f"api-key:{B}:made": ("api_key_made", ("account", "accounts.apikey", B, None, "")),
    f"campaign:{A}:{B}:invitation:1": ("reminder", ("", "", None, None, f"campaign:{A}:{B}:invitation:1")),
    "campaign:7:8:invitation:1": ("invitation", ("", "", None, None, "campaign:7:8:invitation:1")),
    "something else": ("invitation", ("", "", None, None, "something else")),
}
INSERT = """
    INSERT INTO notifications_message (id, channel, kind, dedupe_key, address, subject, body, language, state, due_at,
                                       attempts, last_error, created_at)
    VALUES (%s, 'email', %s, %s, '', '', '', 'en', %s, now(), 0, '', now())
"""
READ = "SELECT occasion, purpose, about_type, about_id, recipient_id FROM notifications_message ORDER BY id"


def migrate(connection: Any, name: str) -> None:
    MigrationExecutor(connection).migrate([("notifications", name)])


def rows(connection: Any, query: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


@pytest.fixture
def before(django_db_setup: None, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A schema with messages of before: more than one batch of them, and one state after another."""
    monkeypatch.setattr(FILLING, "BATCH", 3)
    with django_db_blocker.unblock(), owner_in(SCHEMA) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
        try:
            migrate(connection, BEFORE)
            for number, (key, (kind, _)) in enumerate(TOLD.items()):
                cursor.execute(INSERT, [UUID(int=number + 1), kind, key, "queued" if number % 2 else "sent"])
            yield connection
        finally:
            cursor.execute(f"DROP SCHEMA {SCHEMA} CASCADE")


def test_every_kind_of_key_is_read_and_one_that_is_not_understood_stays_whole(before: Any) -> None:
    migrate(before, AFTER)

    assert rows(before, READ) == [
        (occasion, purpose, about, about_id, recipient)
        for _, (purpose, about, about_id, recipient, occasion) in TOLD.values()
    ]


def test_the_way_back_writes_every_key_as_it_was(before: Any) -> None:
    migrate(before, AFTER)
    migrate(before, BEFORE)

    assert [key for (key,) in rows(before, "SELECT dedupe_key FROM notifications_message ORDER BY id")] == list(TOLD)


def test_a_filling_that_was_interrupted_is_done_again(before: Any) -> None:
    migrate(before, "0003_say_what_messages_are_about")
    with before.cursor() as cursor:
        values = [part for form in FILLING.FORMS for part in form]
        cursor.execute(FILLING.FILL, [*values, UUID(int=0), UUID(int=4)])

    migrate(before, AFTER)

    assert [occasion for occasion, *_ in rows(before, READ)] == [told[-1] for _, told in TOLD.values()]


@pytest.mark.parametrize("with_key", [True, False])
def test_a_migration_that_ended_before_it_was_recorded_is_done_again(before: Any, with_key: bool) -> None:
    migrate(before, AFTER)
    with before.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE name = %s", [AFTER])
        if with_key:  # it ended before its last step
            cursor.execute("ALTER TABLE notifications_message ADD dedupe_key varchar(200)")

    migrate(before, AFTER)

    assert [occasion for occasion, *_ in rows(before, READ)] == [told[-1] for _, told in TOLD.values()]


def test_so_is_a_way_back(before: Any) -> None:
    migrate(before, AFTER)
    migrate(before, "0004_read_what_keys_said")
    with before.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations VALUES (DEFAULT, 'notifications', %s, now())", [AFTER])

    migrate(before, BEFORE)

    assert [key for (key,) in rows(before, "SELECT dedupe_key FROM notifications_message ORDER BY id")] == list(TOLD)


def test_afterwards_columns_tell_messages_apart(before: Any) -> None:
    migrate(before, AFTER)

    with pytest.raises(IntegrityError, match="message_once"), before.cursor() as cursor:
        cursor.execute(
            "INSERT INTO notifications_message SELECT %s, channel, kind, address, subject, body, language, state,"
            " due_at, leased_until, attempts, last_error, created_at, sent_at, leased_by, purpose, about_type,"
            " about_id, recipient_id, occasion FROM notifications_message WHERE id = %s",
            [UUID(int=99), UUID(int=1)],
        )


def test_every_kind_that_is_declared_and_was_before_is_carried_over() -> None:
    from apps.notifications.kinds import KINDS

    carried = {kind: purpose for kind, _, purpose, _ in FILLING.FORMS}

    assert carried == {name: kind.purpose for name, kind in KINDS.items() if name in carried}
    assert set(carried) == {kind for kind, _ in TOLD.values()}
