"""Large text is compressed before it is encrypted; what was compressed in the form of before still opens."""

import zlib
from base64 import b85encode

import pytest

from apps.core.fields import packed, unpacked

pytestmark = pytest.mark.requirement("SEC-DATA-001")
TEXTS = ["", "[]", '{"name": "Straße 🌍"}', "answer " * 5000]


@pytest.mark.parametrize("text", TEXTS, ids=["nothing", "little", "not English", "much"])
def test_it_comes_back_as_it_was_packed_now_or_before(text: str) -> None:
    before = b85encode(zlib.compress(text.encode(), 1)).decode()

    assert unpacked(packed(text)) == text == unpacked(before)


def test_much_of_the_same_takes_little() -> None:
    assert len(packed(TEXTS[-1])) < len(TEXTS[-1]) / 50
