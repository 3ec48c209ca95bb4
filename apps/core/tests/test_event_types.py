"""An event carries what its app declared: no more, no less, nothing else."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from apps.core import event_types
from apps.core.event_types import ID, TEXT

pytestmark = pytest.mark.requirement("AR-002")
AN_ID = "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"


@pytest.fixture(autouse=True)
def kettle() -> Iterator[event_types.EventType]:
    yield event_types.declare("kettle.boiled", "The water is hot.", {"kettle_id": ID}, may_carry={"tea": TEXT})
    del event_types.DECLARED["kettle.boiled"]


@pytest.mark.parametrize("payload", [{"kettle_id": AN_ID}, {"kettle_id": AN_ID, "tea": "mint"}])
def test_what_is_declared_may_be_published(payload: dict[str, Any]) -> None:
    event_types.check("kettle.boiled", payload)


@pytest.mark.parametrize(
    ("payload", "word"),
    [
        ({}, "'kettle_id' is a required property"),
        ({"kettle_id": "seven"}, "'seven' is not a 'uuid'"),
        ({"kettle_id": AN_ID, "tea": 3}, "3 is not of type 'string'"),
        ({"kettle_id": AN_ID, "email": "ada@example.org"}, "'email' was unexpected"),
    ],
)
def test_anything_else_is_a_fault_that_names_what_is_wrong(payload: dict[str, Any], word: str) -> None:
    with pytest.raises(event_types.NotDeclared, match=r"kettle\.boiled carries something else") as caught:
        event_types.check("kettle.boiled", payload)

    assert word in str(caught.value)


def test_an_event_that_no_app_declares_is_a_fault() -> None:
    with pytest.raises(event_types.NotDeclared, match=r"no app declares the event teapot\.broke"):
        event_types.check("teapot.broke", {})


def test_no_two_apps_declare_the_same_event() -> None:
    with pytest.raises(ValueError, match=r"kettle\.boiled"):
        event_types.declare("kettle.boiled", "Again.", {})


def test_readers_may_be_sent_more_later(kettle: event_types.EventType) -> None:
    Draft202012Validator.check_schema(kettle.schema())

    assert Draft202012Validator(kettle.schema()).is_valid({"kettle_id": AN_ID, "litres": 2})
