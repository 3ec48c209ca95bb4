"""What others build on is committed as it is: the API's document, and what every event carries."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

from apps.core import event_types, events
from apps.core.api import schema
from resimate.management.commands.docs import PAGES
from resimate.tests.test_trail_of_verbs import verbs

ROOT = Path(__file__).parents[2]


@pytest.mark.requirement("DOC-001")
@pytest.mark.parametrize("name", ["openapi", "events"])
def test_the_committed_contract_is_what_the_code_gives(name: str) -> None:
    path, text_of = PAGES[name]

    assert (ROOT / path).read_text() == text_of(), f"a contract has changed: `manage.py docs {name} --write`"


@pytest.mark.requirement("DOC-001")
def test_the_document_of_the_api_has_one_language_whoever_asks_first() -> None:
    with translation.override("de"):
        made = schema.document.__wrapped__()

    assert json.loads(made) == json.loads(schema.document())


def published() -> set[str]:
    """The events that verbs publish, through private helpers too, and those whose name stands where it is published."""
    by_verbs = {name for _, names in verbs().values() for name in names}
    return by_verbs | set(_named_at_once())


def _named_at_once() -> Iterator[str]:
    for path in (ROOT / "apps").rglob("*.py"):
        if "tests" not in path.parts and "events.publish" in (text := path.read_text()):
            for call in (one for one in ast.walk(ast.parse(text)) if isinstance(one, ast.Call) and one.args):
                name = call.args[0]
                if ast.unparse(call.func).startswith("events.publish") and isinstance(name, ast.Constant):
                    yield name.value


@pytest.mark.requirement("AR-002")
def test_every_event_that_is_published_is_declared_and_none_besides() -> None:
    assert published() == set(event_types.DECLARED)


@pytest.mark.requirement("AR-002")
def test_nobody_waits_for_an_event_that_no_app_declares() -> None:
    assert set(events._subscribers) - set(event_types.DECLARED) == set()
