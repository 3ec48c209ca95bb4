"""Each app says what the trail has of its things, and who looks for them; nothing else is recorded."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from apps import audit
from apps.audit import kinds
from apps.audit.kinds import Category
from apps.audit.models import AuditEntry

pytestmark = pytest.mark.requirement("LOG-002")


@pytest.fixture
def _kettle() -> Iterator[None]:
    kinds.declare("kettle", Category.CONFIGURATION, "boiled")
    yield
    del kinds.KINDS["kettle"]


@pytest.mark.usefixtures("_kettle")
@pytest.mark.parametrize(
    ("action", "category"),
    [
        ("kettle.boiled", "configuration"),
        ("kettle.fields_changed", "configuration"),
        ("kettle.read", "data"),
        ("kettle.exported", "data"),
        ("teapot.read", "data"),
        ("teapot.fields_created", "data"),
    ],
)
def test_an_entry_has_the_category_of_its_noun_but_reading_is_of_data(
    acme: Any, now: datetime, action: str, category: str
) -> None:
    audit.record(action, now=now)

    assert AuditEntry.objects.get(action=action).category == category


@pytest.mark.usefixtures("_kettle")
@pytest.mark.parametrize("action", ["kettle.broke", "teapot.boiled", "kettle", "boiled", ""])
def test_the_tests_notice_what_no_app_declares(acme: Any, now: datetime, action: str) -> None:
    with pytest.raises(kinds.NotDeclared):
        audit.record(action, now=now)


@pytest.mark.usefixtures("_kettle")
def test_two_apps_do_not_declare_the_same() -> None:
    with pytest.raises(ValueError, match="two apps declare what is recorded of kettle"):
        kinds.declare("kettle", Category.DATA)


def test_nothing_that_is_not_declared_keeps_anybody_from_working() -> None:
    assert kinds.category_of("teapot.boiled") == Category.DATA


def test_what_apps_record_has_a_name_in_words() -> None:
    assert [one.noun for one in kinds.KINDS.values() if not one.name and one.noun != "thing"] == []
    assert kinds.WORDS.keys() >= kinds.OF_ALL
    assert kinds.words_of("api_key.exported") == "API key: taken away as a file"
    assert kinds.words_of("campaign.stakeholders_added") == "Campaign: stakeholders added"
    with pytest.raises(ValueError, match="two apps name what is recorded: read"):
        kinds.name_verbs(read="seen")
