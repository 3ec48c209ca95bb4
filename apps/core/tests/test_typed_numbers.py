"""Numbers as people type them into forms."""

import pytest

from apps.core.typed_numbers import typed


@pytest.mark.parametrize(
    "copied", ["\ufeff12,5", "12,5\u200b ", "\u200e12,5\u200f", "\u202a12,5\u202c", " \u206812,5\u2069"]
)
def test_what_is_copied_along_unseen_does_not_count(copied: str) -> None:
    assert typed(copied) == 12.5
