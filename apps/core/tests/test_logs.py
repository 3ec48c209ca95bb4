"""Log lines: the fields of LOG-001, and nothing that must not be read by whoever reads logs."""

import json
import logging
from typing import Any

import pytest
from django.core import signing
from django.db import IntegrityError, connection

from apps.core.fields import new_id
from apps.core.observability.logs import FIELDS, JSONFormatter

pytestmark = pytest.mark.requirement("LOG-001")
TOKEN = "AbC-_" * 8 + "xyz"


def _line(text: str, *arguments: object, error: Exception | None = None) -> dict[str, str]:
    kept = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("test", logging.ERROR, __file__, 1, text, arguments, kept)
    line: dict[str, str] = json.loads(JSONFormatter().format(record))
    return line


def test_a_line_has_exactly_the_fields_that_are_asked_for() -> None:
    assert tuple(_line("done")) == FIELDS


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (f"Internal Server Error: /a/{TOKEN}/check/", "Internal Server Error: /a/…/check/"),
        (f"Not Found: /one-of-another-kind/{TOKEN}", "Not Found: /one-of-another-kind/…"),
        (f"Not Found: /a/{TOKEN}cut-badly", "Not Found: /a/…"),
        ("key rsk_live_abcdefgh_0123456789_deadbeef", "key rsk_live_abcdefgh_…"),
        ("RuntimeError: +491701234567 is gone", "RuntimeError: +… is gone"),
        ("at 21:53:08 +0000 and 2026-11-27T21:53:08+00:00", "at 21:53:08 +0000 and 2026-11-27T21:53:08+00:00"),
        ("refused ada.lovelace+x@mail.acme.example", "refused …@…"),
        ("Error 111 connecting to redis://:pass-word@127.0.0.1:6379", "Error 111 connecting to redis://…@…:6379"),
        ("nothing to hide: 3 @ 4", "nothing to hide: 3 @ 4"),
    ],
)
def test_links_keys_and_addresses_are_masked(said: str, written: str) -> None:
    assert _line(said)["message"] == written
    assert _line("%s", said)["message"] == written


@pytest.mark.parametrize("compress", [False, True])
def test_what_is_signed_is_masked(compress: bool) -> None:
    signed = signing.dumps({"id": "a" * 500}, compress=compress)
    assert _line(f"Gone: /password/new/{signed}/")["message"] == "Gone: /password/new/…/"


def test_the_row_that_the_database_refuses_is_not_quoted(acme: object) -> None:
    statement = "INSERT INTO accounts_role (id, code, name) VALUES (%s, 'x', %s)"
    row: list[Any] = [new_id(), "what Ada said\nin two lines"]
    with pytest.raises(IntegrityError, match="what Ada said") as refusal, connection.cursor() as cursor:
        cursor.execute(statement, row)
    message = _line("delivery failed", error=refusal.value)["message"]

    assert "IntegrityError" in message
    assert "Ada" not in message
    assert "two lines" not in message
