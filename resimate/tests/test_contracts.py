"""What others build on is committed as it is: the API's document."""

import json
from pathlib import Path

import pytest
from django.utils import translation

from apps.core.api import schema
from resimate.management.commands.docs import PAGES

ROOT = Path(__file__).parents[2]


@pytest.mark.requirement("DOC-001")
def test_the_committed_document_of_the_api_is_what_the_code_gives() -> None:
    path, text_of = PAGES["openapi"]

    assert (ROOT / path).read_text() == text_of(), "the API has changed: `manage.py docs openapi --write`"


@pytest.mark.requirement("DOC-001")
def test_the_document_of_the_api_has_one_language_whoever_asks_first() -> None:
    with translation.override("de"):
        made = schema.document.__wrapped__()

    assert json.loads(made) == json.loads(schema.document())
