"""Columns of tables with many rows become ciphertext, or plain text again, batch after batch and in little memory."""

import tracemalloc
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from apps.keys.migrating import (
    SchemaKeys,
    Sealing,
    UnderDataKey,
    UnderKeyOfPerson,
    UnderKeyOfRecipient,
    UnderKeyOfRow,
)
from apps.keys.tests.walking import walked_through

pytestmark = [pytest.mark.requirement("SEC-DATA-001", "DB-002"), pytest.mark.thorough]
MANY = 6000
WAYS = {
    "under the data key": UnderDataKey("many", "plain", "sealed", "keys.many|plain", batch=50, index="digest"),
    "under keys of rows": UnderKeyOfRow("many", "plain", "sealed", "keys.many|plain", batch=50),
}


PEOPLE = UnderKeyOfPerson("many", "keys.many", ("sealed",), batch=50)
TAKING_PART = "SELECT part.id AS recipient, key_id FROM parts AS part JOIN many ON many.id = part.many_id"
MESSAGES = UnderKeyOfRecipient("letters", "keys.letter", ("sealed",), 50, TAKING_PART)


class Editor:
    connection = connection


def content() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(plain), count(sealed), count(DISTINCT plain) FROM many")
        return list(cursor.fetchone())


@pytest.fixture
def table(acme: Any) -> None:
    """Every tenth row says nothing; the database counts before the column that comes is filled."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE many (id uuid PRIMARY KEY, plain text, sealed bytea, key_id uuid, digest bytea)"
            " ON COMMIT DROP"
        )
        cursor.execute(
            "INSERT INTO many SELECT gen_random_uuid(), CASE WHEN n %% 10 > 0 THEN 'somebody' || n END"
            " FROM generate_series(1, %s) AS n",
            [MANY],
        )
        cursor.execute("ANALYZE many")


@pytest.fixture
def letters(table: None) -> None:
    """Everybody in the table has a name under the data key, and a letter."""
    keys = SchemaKeys(connection)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM many")
        ids = [pk for (pk,) in cursor.fetchall()]
        names = [keys.encrypt("Ada", f"keys.many|sealed|{pk}") for pk in ids]
        cursor.execute(
            "UPDATE many SET sealed = given.name FROM unnest(%s::uuid[], %s::bytea[]) AS given (id, name)"
            " WHERE given.id = many.id",
            [ids, names],
        )
        cursor.execute(
            "CREATE TEMPORARY TABLE letters (id uuid PRIMARY KEY, recipient_id uuid, sealed bytea, key_id uuid)"
            " ON COMMIT DROP"
        )
        bodies = [keys.encrypt("Dear Ada", f"keys.letter|sealed|{pk}") for pk in ids]
        cursor.execute(
            "INSERT INTO letters SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::bytea[])", [ids, ids, bodies]
        )
        cursor.execute("CREATE TEMPORARY TABLE parts (id uuid PRIMARY KEY, many_id uuid) ON COMMIT DROP")
        cursor.execute("INSERT INTO parts SELECT id, id FROM many")
        cursor.execute("ANALYZE many, letters, parts")


def test_people_and_the_letters_to_them_take_no_longer_the_more_there_are(letters: None) -> None:
    tables = ("many", "letters", "parts", "keys_subjectkey")
    before = walked_through(*tables)

    PEOPLE.forwards(apps, Editor)
    MESSAGES.forwards(apps, Editor)
    there = walked_through(*tables)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT key_id) FROM letters JOIN many USING (id, key_id)")
        assert cursor.fetchone() == (MANY, MANY)
    between = walked_through(*tables)
    MESSAGES.backwards(apps, Editor)
    PEOPLE.backwards(apps, Editor)
    back = walked_through(*tables)

    # The first batches: a small table is cheaper to walk through.
    assert (there - before <= 30 * MANY, back - between <= 30 * MANY) == (True, True)


@pytest.mark.parametrize("way", WAYS)
def test_no_batch_walks_through_all_and_few_rows_are_in_memory(table: None, way: str) -> None:
    sealing: Sealing = WAYS[way]
    before = walked_through("many", "keys_subjectkey")
    tracemalloc.start()

    sealing.forwards(apps, Editor)
    sealed = content()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE many SET plain = NULL")
    sealing.backwards(apps, Editor)

    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (sealed[1], content()[2]) == (MANY * 9 // 10, MANY * 9 // 10)
    assert most < 4 * 1024 * 1024
    assert walked_through("many", "keys_subjectkey") - before <= 10 * MANY


def test_how_a_column_becomes_ciphertext_has_to_be_said() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Sealing("many", "plain", "sealed", "keys.many|plain")  # type: ignore[abstract]  # that is what is tried
