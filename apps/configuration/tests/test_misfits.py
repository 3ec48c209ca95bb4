"""What is wrong with a value is said as people say it, and where in the value that is."""

from datetime import datetime
from typing import Any

import pytest

from apps.configuration import services
from apps.configuration.registry import KEYS, Key
from apps.core.errors import Invalid

ONE_LINE = "Write the name in one line, without characters that turn the direction of writing."
pytestmark = pytest.mark.requirement("UC-002")


@pytest.mark.parametrize(
    ("key", "value", "sentence", "pointer"),
    [
        ("campaign.reply_to", "ada", "Write one address such as office@example.org, or nothing.", ""),
        ("campaign.sender", "Ada\nBo", ONE_LINE, ""),
        ("campaign.sender", "Acme \u202egro.live", ONE_LINE, ""),
        (
            "campaign.reply_to",
            "ada@\u2067acme.example",
            "Write one address such as office@example.org, or nothing.",
            "",
        ),
        ("campaign.sender", "a" * 201, "At most 200 characters; it has 201.", ""),
        ("campaign.sender", 7, "Give a text.", ""),
        ("languages", "en", "Give a list.", ""),
        ("languages", [], "Name at least 1.", ""),
        ("languages", ["en", "en"], "Name each of them once.", ""),
        ("languages", ["en", "xx"], '"xx" is none of these: en, de, fr.', "/1"),
        ("api.rate.models", 0, "At least 1; not 0.", ""),
        ("api.rate.models", 10**9, "At most 100000000; not 1000000000.", ""),
        ("api.rate.models", "many", "Give a whole number.", ""),
        ("time_zone", "Europe/Berln", "There is no time zone 'Europe/Berln'. Did you mean Europe/Berlin", ""),
        ("time_zone", "?", "There is no time zone '?'.", ""),
    ],
)
def test_it_is_a_sentence_with_a_pointer(key: str, value: Any, sentence: str, pointer: str) -> None:
    misfit = KEYS[key].misfit(value)

    assert misfit is not None
    assert (misfit.detail.startswith(sentence), misfit.pointer) == (True, pointer)
    assert KEYS[key].problem_with(value) == misfit.detail


def test_the_refusal_points_into_the_value(acme: Any, now: datetime) -> None:
    with pytest.raises(Invalid) as told:
        services.change("languages", ["de", "xx"], now=now)

    assert [(one.pointer, one.detail) for one in told.value.errors] == [
        ("/value/1", '"xx" is none of these: en, de, fr.')
    ]


@pytest.mark.parametrize(
    ("schema", "value", "sentence"),
    [
        ({"type": ["string", "null"]}, 7, "Give a value of another kind."),
        ({"type": "string", "pattern": "^a$"}, "b" * 99, f'"{"b" * 59} … does not have the form that is wanted.'),
        ({"multipleOf": 3}, 7, "7 is not a multiple of 3"),
    ],
    ids=["kinds", "form", "else"],
)
def test_what_no_key_of_ours_asks_is_told_too(schema: dict[str, Any], value: Any, sentence: str) -> None:
    assert Key(name="toy", default=None, schema=schema, about="").problem_with(value) == sentence
