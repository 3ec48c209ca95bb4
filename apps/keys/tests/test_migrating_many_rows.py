"""Columns of tables with many rows become ciphertext, or plain text again, batch after batch and in little memory."""

import tracemalloc
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from apps.keys.migrating import Sealing, UnderDataKey, UnderKeyOfRow
from apps.keys.tests.walking import walked_through

pytestmark = [pytest.mark.requirement("SEC-DATA-001", "DB-002"), pytest.mark.thorough]
MANY = 6000
WAYS = {
    "under the data key": UnderDataKey("many", "plain", "sealed", "keys.many|plain", batch=50, index="digest"),
    "under keys of rows": UnderKeyOfRow("many", "plain", "sealed", "keys.many|plain", batch=50),
}


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
