"""Somebody leaves a page open until shortly before they are signed out, or for longer."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page

from resimate.tests.journeys.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.requirement("SEC-AUTH-001")]


def _shortly_before_the_end(page: Page) -> Locator:
    left = {"GET": 119, "POST": 1800}
    page.route(
        "**/account/session/",
        lambda route: route.fulfill(json={"seconds": left[route.request.method], "is_final": False}),
    )
    page.clock.install()
    page.reload()
    dialog = page.get_by_role("dialog", name="Are you still there?")
    assert not dialog.is_visible()
    page.clock.fast_forward("29:00")
    dialog.wait_for()
    return dialog


def test_they_are_told_two_minutes_before_and_go_on_by_a_button(visitor: Callable[..., Visitor]) -> None:
    analyst = visitor()
    analyst.sign_in("analyst@demo.example")
    page = analyst.go("/campaigns/")
    dialog = _shortly_before_the_end(page)
    assert "in about 2 min" in dialog.inner_text()
    assert page.evaluate("document.activeElement.textContent.trim()") == "Stay signed in"

    page.keyboard.press("Enter")
    dialog.wait_for(state="hidden")
    page.unroute("**/account/session/")
    page.context.clear_cookies(name="resimate")
    page.clock.fast_forward("31:00")
    page.get_by_role("dialog", name="You have been signed out").wait_for()
    page.get_by_role("link", name="Sign in").click()
    page.wait_for_url("**/sign-in/?next=%2Fcampaigns%2F&ended=idle")


def test_the_administration_asks_it_too_and_offers_nothing_else(visitor: Callable[..., Visitor]) -> None:
    office = visitor()
    office.sign_in("admin@demo.example")
    dialog = _shortly_before_the_end(office.go("/admin/"))

    assert [one.inner_text().strip() for one in dialog.locator(".button:visible").all()] == ["Stay signed in"]


def test_what_administrators_have_typed_is_there_again_once_they_are_back(visitor: Callable[..., Visitor]) -> None:
    office = visitor()
    office.sign_in("admin@demo.example")
    page = office.go("/admin/accounts/role/add/")
    page.locator("[name=name]").fill("Night watch")
    page.context.clear_cookies(name="resimate")
    page.locator("[name=_save]").click()
    page.wait_for_url("**/sign-in/?next=**")

    page.fill("input[name=email]", "admin@demo.example")
    page.fill("input[name=password]", office.product.password("admin@demo.example"))
    page.click("main form button:not([type=button])")
    page.wait_for_url("**/admin/accounts/role/add/")
    assert page.locator("[name=name]").input_value() == "Night watch"
    page.goto(page.url)
    assert page.locator("[name=name]").input_value() == ""
