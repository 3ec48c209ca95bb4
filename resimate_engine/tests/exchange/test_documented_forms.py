"""What the page on files says of workbooks is so."""

import re
from pathlib import Path

import pytest

from resimate_engine.exchange.cells import decode
from resimate_engine.exchange.sheets import SHEETS

pytestmark = pytest.mark.requirement("DOC-001")
PAGE = Path(__file__).parents[3] / "docs" / "exchange-files.md"


def test_the_page_names_every_sheet_in_order() -> None:
    table = PAGE.read_text().partition("| sheet |")[2].partition("\n\n")[0]

    assert tuple(re.findall(r"^\| ([A-Z]\w+) \|", table, re.M)) == SHEETS


def test_its_example_of_a_step_is_read_as_one() -> None:
    [example] = re.findall(r"`(\{\"method\".*?\})`", PAGE.read_text())

    assert decode(example) == {"method": "goalposts", "low": 20, "high": 85}
