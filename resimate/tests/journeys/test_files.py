"""Models and data from files, in a browser: checked, imported, downloaded and taken back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apps.models import starters
from resimate.tests.journeys.conftest import Visitor
from resimate_engine.exchange import sheets_of, write_workbook

pytestmark = [pytest.mark.browser, pytest.mark.requirement("CMS-001")]


@pytest.mark.parametrize("device", ["wide", "phone"])
def test_a_workbook_is_checked_imported_and_taken_back(
    visitor: Callable[..., Visitor], tmp_path: Path, device: str
) -> None:
    document: dict[str, Any] = {**starters.load("hdi"), "code": f"book_{device}", "name": {"en": f"Book {device}"}}
    (tmp_path / "book.xlsx").write_bytes(write_workbook(sheets_of(document)))
    (tmp_path / "wrong.csv").write_text("iCode,Parent,Type\nA,,Aggregate\nB,C,Indicator\n")
    analyst = visitor(device=device)
    analyst.sign_in("analyst@demo.example")
    page = analyst.go("/models/exchange/")
    analyst.look("files-1-choose")

    page.set_input_files("input[name=model_file]", tmp_path / "wrong.csv")
    page.get_by_role("button", name="Check the files").click()
    page.get_by_text("there is no aggregate").wait_for()
    analyst.look("files-2-wrong")
    page.set_input_files("input[name=model_file]", tmp_path / "book.xlsx")
    page.get_by_role("button", name="Check the files").click()
    page.get_by_role("heading", name="This would be created").wait_for()
    analyst.look("files-3-checked")
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_role("heading", name=f"Book {device}").first.wait_for()

    with page.expect_download() as download:
        page.get_by_role("link", name="Download as XLSX").click()
    assert download.value.path().read_bytes() == (tmp_path / "book.xlsx").read_bytes()

    analyst.go("/models/exchange/")
    page.get_by_role("button", name="Undo").first.click()
    page.locator("dialog[open] button[value=yes]").click()
    page.get_by_text("The import has been undone.").wait_for()
    analyst.look("files-4-undone")
