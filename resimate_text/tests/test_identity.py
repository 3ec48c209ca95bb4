"""Names that look the same are the same name."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resimate_text.identity import folded, same, spelling

UNSEEN = st.sampled_from("\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2066\ufeff\u034f\u180e\u3164\ufe0f")


@pytest.mark.parametrize(
    "written",
    [
        *("Operations", "operations", "OPERATIONS", " Operations ", "Operations\u00a0", "Opera\u00adtions"),
        *("Operations\u200b", "\ufeffOperations", "\u202aOperations\u202c", "\uff2fperations", "Operations\t\r\n"),
    ],
)
def test_spellings_of_a_group_are_one_group(written: str) -> None:
    assert folded(written) == "operations"


def test_blanks_inside_are_one_blank() -> None:
    assert folded("Board  of\u00a0\u2003directors") == "board of directors"


@pytest.mark.parametrize(
    ("one", "other"),
    [("Operations", "Operation"), ("Board A", "BoardA"), ("Köln", "Koln"), ("Staff", "Stäff"), ("a", "")],
)
def test_different_names_stay_different(one: str, other: str) -> None:
    assert not same(one, other)


@given(st.text())
def test_the_normal_form_is_its_own_normal_form(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(st.text())
def test_how_characters_are_composed_does_not_count(text: str) -> None:
    assert folded(unicodedata.normalize("NFD", text)) == folded(unicodedata.normalize("NFC", text)) == folded(text)


@given(st.text(st.characters(categories=["L", "Nd"]), min_size=1), st.text(UNSEEN, max_size=3), st.data())
def test_what_is_invisible_does_not_count(text: str, unseen: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(min_value=0, max_value=len(text)))

    assert folded(f" {text[:place]}{unseen}{text[place:]} ") == folded(text)


def test_a_known_name_keeps_its_spelling() -> None:
    assert spelling("opera\u00adTIONS ", ["Board", "Operations"]) == "Operations"


def test_an_unknown_name_is_tidied() -> None:
    assert spelling(" Field\u200b  staff\n", ["Board"]) == "Field staff"
