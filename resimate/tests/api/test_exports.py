"""Every collection goes out as a whole, as JSON and as CSV: the rows of the list, for those who may list them."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.accounts.models import User
from apps.models.tests.conftest import Api
from resimate.tests.api.addresses import views

pytestmark = pytest.mark.requirement("CMS-001")


def _body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_every_collection_has_an_export() -> None:
    listing = {view for _, view in views("GET") if hasattr(view, "list")}

    assert [view.__name__ for view in listing if not hasattr(view, "export")] == []
    assert len(listing) > 15


def _collections() -> list[str]:
    return [path for path, view in views("GET") if hasattr(view, "list") and path.count("/") == 1]


@pytest.fixture
def filled(api: Api, ada: User, harbour: Any, assessment: Any) -> Api:
    """An organisation with something in most collections."""
    api.post("stakeholders/", {"name": "=Bo", "email": "bo@example.org"})
    api.put("settings/campaign.sender/", {"value": "Harbour"})
    return api


def test_the_export_holds_what_the_list_shows(filled: Api) -> None:
    filled.get("users/")  # what reading leaves on record is there before both
    for path in _collections():
        if path == "audit-entries/":
            continue  # grows by being read
        shown = filled.get(f"{path}?page_size=200").json()["results"]
        answer = filled.get(f"{path}export/")

        key = "key" if path == "settings/" else "id"
        assert answer.status_code == 200, path
        rows = {row[key]: row for row in json.loads(_body(answer))}
        assert rows == {row[key]: row for row in shown}, path


def test_as_csv_it_has_a_head_and_runs_nothing_in_a_spreadsheet(filled: Api) -> None:
    answer = filled.get("stakeholders/export/?format=csv")

    (row,) = csv.DictReader(io.StringIO(_body(answer).decode()))
    assert (row["name"], row["email"]) == ("'=Bo", "bo@example.org")
    assert answer["Content-Disposition"] == 'attachment; filename="stakeholders.csv"'
    for path in _collections():
        assert filled.get(f"{path}export/?format=csv").status_code == 200


def test_filters_narrow_the_export(filled: Api, ada: User) -> None:
    one = _body(filled.get(f"users/export/?email={ada.email}"))
    none = _body(filled.get("users/export/?email=nobody@acme.example"))

    assert (one.count(b'"id"'), none) == (1, b"[]")
    assert filled.get("users/export/?colour=red").status_code == 422


def test_keys_are_exported_without_what_opens_anything(filled: Api) -> None:
    text = _body(filled.get("api-keys/export/")).decode()

    assert "prefix" in text
    assert "digest" not in text
    assert "rsk_live" not in text


@pytest.mark.parametrize("path", ["users/", "stakeholders/", "grants/", "audit-entries/"])
def test_however_many_rows_it_takes_as_many_queries(
    filled: Api, path: str, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    User.objects.bulk_create(
        [User(email=f"u{n}@acme.example", created_at=timezone.now()) for n in range(1500 if path == "users/" else 0)]
    )

    connection.run_on_commit.clear()  # as if what the fixture has set had been committed: settings are kept then
    _body(filled.get(f"{path}export/"))

    with django_assert_max_num_queries(8):
        content = _body(filled.get(f"{path}export/"))

    assert content.startswith(b"[{")
    if path == "users/":
        assert content.count(b'"id"') > 1500
