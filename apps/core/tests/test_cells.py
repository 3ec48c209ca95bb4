"""What a spreadsheet would run is text in every file that goes out, and numbers stay numbers."""

import pytest

from apps.core.api.raw_lists import csv_lines


def test_a_formula_becomes_text() -> None:
    assert list(csv_lines([{"@name": "=1+1"}])) == [b"'@name\r\n", b"'=1+1\r\n"]


@pytest.mark.parametrize("number", [-5, -0.5, 1e-9, "-5", "+1.5", "-1,5", "-1e-9"])
def test_a_number_stays_one(number: float | str) -> None:
    _head, line = csv_lines([{"number": number}])
    assert line.decode() in (f"{number}\r\n", f'"{number}"\r\n')
