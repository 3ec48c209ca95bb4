"""What a spreadsheet would run is text in every file that goes out, and numbers stay numbers."""

import pytest

from apps.core.api.raw_lists import cell


def test_a_formula_becomes_text() -> None:
    assert cell("=1+1") == "'=1+1"


@pytest.mark.parametrize("number", [-5, -0.5, 1e-9, "-5", "+1.5", "-1,5", "-1e-9"])
def test_a_number_stays_one(number: float | str) -> None:
    assert cell(number) == number
