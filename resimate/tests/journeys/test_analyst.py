"""The analyst's way: import a model, open a campaign, watch it, read the results, take them away."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from apps.models import starters
from resimate.tests.journeys.conftest import LOOKS, Visitor
from resimate.tests.journeys.test_respondent import _personal_link, answer_every_section

pytestmark = [pytest.mark.browser, pytest.mark.requirement("CMS-001", "CAMP-001")]


def _confirm(page: Page) -> None:
    page.locator("dialog[open] button[value=yes]").click()


def test_from_the_model_document_to_the_exported_result(visitor: Callable[..., Visitor], tmp_path: Path) -> None:
    analyst = visitor()
    analyst.sign_in("analyst@demo.example")
    page = analyst.page
    document = {**starters.load("organisational_resilience"), "code": "journey", "name": {"en": "Journey model"}}
    (tmp_path / "journey.json").write_text(json.dumps(document))

    analyst.go("/models/import/")
    analyst.look("1-import")
    page.set_input_files("input[type=file]", tmp_path / "journey.json")
    page.get_by_role("button", name="Save as a draft").click()
    page.get_by_role("heading", name="Journey model").first.wait_for()
    analyst.look("2-model")
    page.get_by_role("button", name="Publish").click()
    _confirm(page)
    page.get_by_text("Published").first.wait_for()

    analyst.go("/campaigns/new/")
    page.fill("input[name=name]", "Journey campaign")
    page.select_option("select[name=version]", label=_option(page, "Journey model"))
    page.fill("input[name=new_subject]", "Journey Town")
    page.fill("textarea[name=stakeholders]", "Jo March, jo.march@example.org, staff\nAmy March, amy.march@example.org")
    analyst.look("3-new-campaign")
    page.locator("main form button.button").first.click()
    page.get_by_role("heading", name="Journey campaign").wait_for()
    page.get_by_role("button", name="Open and invite").click()
    _confirm(page)
    page.get_by_text("Open", exact=True).first.wait_for()
    analyst.look("4-monitor")

    phone = visitor(device="phone")
    answering = phone.go(_personal_link(visitor(), "jo.march@example.org"))
    answering.get_by_role("link", name="Start").click()
    answer_every_section(phone)
    answering.get_by_role("button", name="Send my answers").click()
    answering.get_by_role("heading", name="Your answers have been sent").wait_for()

    page.get_by_text("1 of 2 have sent").first.wait_for()  # the page refreshes itself
    page.get_by_role("link", name="Results").click()
    page.get_by_text("No results yet").first.wait_for()  # one answer is shown to nobody
    analyst.look("5-no-results")
    analyst.go("/campaigns/")
    analyst.follow(page.get_by_role("link", name="Resilience check 2026"))
    analyst.follow(page.get_by_role("link", name="Results"))
    page.get_by_text("Based on 10 of 18 answers").first.wait_for()
    analyst.look("6-results")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()))
    assert 0 < float(rows[0]["score"]) < 100


def _option(page: Page, text: str) -> str:
    label = page.locator("select[name=version] option", has_text=text).first.text_content()
    assert label is not None
    return label.strip()


def test_a_bad_document_is_explained_and_kept(visitor: Callable[..., Visitor]) -> None:
    analyst = visitor(device="phone")
    analyst.sign_in("analyst@demo.example")
    page = analyst.go("/models/import/")
    document = starters.load("organisational_resilience")
    document["root"]["children"][0]["weight"] = -1
    page.fill("textarea", json.dumps(document))
    page.get_by_role("button", name="Save as a draft").click()

    page.get_by_role("alert").get_by_text("/root/children/0/weight").wait_for()

    assert json.loads(page.input_value("textarea")) == document
    assert page.title().startswith("Error:")
    analyst.look("refused")


@pytest.mark.parametrize(("device", "scheme"), LOOKS)
def test_every_page_of_the_workspace_is_clean(visitor: Callable[..., Visitor], device: str, scheme: str) -> None:
    analyst = visitor(device=device, scheme=scheme)
    analyst.sign_in("analyst@demo.example")
    page = analyst.go("/")
    analyst.look("home")
    for path in ("/campaigns/", "/campaigns/new/", "/models/", "/subjects/", "/account/"):
        analyst.go(path)
        analyst.look(path.strip("/").replace("/", "-"))
    analyst.go("/campaigns/")
    page.get_by_role("link", name="Resilience check 2026").first.click()
    analyst.look("monitor")
    page.get_by_role("link", name="Results").first.click()
    analyst.look("results")
    assert analyst.bytes_on_the_wire() <= 300 * 1024
    page.get_by_role("link", name="Why this score").click()
    page.get_by_role("heading", name="What would help most").wait_for()
    page.locator("summary", has_text="Leadership:").click()
    analyst.look("why")
    assert page.get_by_role("link", name="Download the trace").count() == 0  # it holds single answers
    analyst.go("/models/")
    analyst.follow(page.get_by_role("link", name=re.compile("Organisational resilience")))
    analyst.look("model")


def test_without_a_right_there_is_no_way_in(visitor: Callable[..., Visitor]) -> None:
    analyst = visitor()
    analyst.sign_in("analyst@demo.example")

    refused = analyst.page.goto(analyst.product.address("demo", "/admin/"))

    assert refused is not None
    assert refused.status == 403
    analyst.faults.clear()  # the browser itself reports the 403
