"""Reference sets in a browser: none yet, refused, frozen by keyboard, listed, downloaded."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from resimate.tests.journeys.conftest import LOOKS, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.requirement("CMS-001", "CMS-002")]
UNITS = "id,group,Roads,Fires\nnorth,a,1,4\nsouth,b,3,2\neast,b,5,9\n"


def _document(code: str) -> str:
    """A model that compares units with each other."""
    leaves = [{"code": name, "indicator": {"input": name, "normalisation": "min_max"}} for name in ("Roads", "Fires")]
    root = {"code": "all", "name": {"en": "All"}, "aggregation": "arithmetic_mean", "children": leaves}
    scale = {"low": 0, "high": 100}
    name = {"en": f"Compared {code}"}
    document = {"schema": "resimate.model/1", "code": code, "name": name, "mode": "relative", "scale": scale}
    return json.dumps({**document, "root": root})


def _published(analyst: Visitor, code: str) -> Page:
    page = analyst.go("/models/import/")
    page.fill("textarea", _document(code))
    page.get_by_role("button", name="Save as a draft").click()
    page.get_by_role("button", name="Publish").click()
    page.locator("dialog[open] button[value=yes]").click()
    page.get_by_text("It can be used in campaigns").wait_for()
    return page


@pytest.mark.parametrize(("device", "scheme"), LOOKS)
def test_a_set_is_frozen_by_keyboard_and_taken_out_again(
    visitor: Callable[..., Visitor], tmp_path: Path, device: str, scheme: str
) -> None:
    (tmp_path / "units.csv").write_text(UNITS)
    (tmp_path / "wrong.csv").write_text(UNITS.replace("3,2", "many,NaN"))
    analyst = visitor(device=device, scheme=scheme)
    analyst.sign_in("analyst@demo.example")
    look = f"{device}_{scheme}"  # every look has a model of its own
    page = _published(analyst, f"frozen_{look}")
    page.get_by_role("heading", name="No reference set yet").wait_for()
    analyst.look("1-none-yet")

    page.get_by_role("link", name="Freeze a reference set").press("Enter")
    page.get_by_role("button", name="Freeze").press("Enter")
    page.wait_for_function("document.activeElement.matches('.error-summary')")
    analyst.look("2-empty")
    page.get_by_role("alert").get_by_role("link").first.press("Enter")
    page.keyboard.type(f"All sites, {look}")
    assert page.get_by_label("Name").input_value() == f"All sites, {look}"
    page.set_input_files("input[name=file]", tmp_path / "wrong.csv")
    page.get_by_label("Name").press("Enter")
    page.get_by_role("alert").get_by_text("line 3: Roads: 'many' is not a number").wait_for()
    analyst.look("3-wrong")
    page.set_input_files("input[name=file]", tmp_path / "units.csv")
    page.get_by_label("Name").press("Enter")
    page.get_by_text("The reference set is frozen.").wait_for()
    analyst.look("4-frozen")

    with page.expect_download() as download:
        page.get_by_role("link", name=f"All sites, {look} as CSV").press("Enter")
    kept = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert sorted(kept[1:]) == sorted(UNITS.splitlines()[1:])
