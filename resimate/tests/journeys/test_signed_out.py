"""Somebody types into a long form for longer than a session lasts."""

from collections.abc import Callable

import pytest

from resimate.tests.journeys.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.requirement("CAMP-001")]


def test_nothing_typed_is_lost_when_the_session_ends(visitor: Callable[..., Visitor]) -> None:
    analyst = visitor()
    analyst.sign_in("analyst@demo.example")
    page = analyst.go("/campaigns/new/")
    page.fill("input[name=name]", "Typed for an hour")
    page.fill("textarea[name=stakeholders]", "Ada, ada@example.org")
    analyst.context.clear_cookies(name="resimate")

    page.locator("main form.form button").last.click()
    page.wait_for_url("**/sign-in/**")
    page.fill("input[name=email]", "analyst@demo.example")
    page.fill("input[name=password]", analyst.product.password("analyst@demo.example"))
    page.click("main form button:not([type=button])")
    page.wait_for_url("**/campaigns/new/")

    assert page.input_value("input[name=name]") == "Typed for an hour"
    assert page.input_value("textarea[name=stakeholders]") == "Ada, ada@example.org"
    analyst.go("/campaigns/")
    page = analyst.go("/subjects/new/")
    assert page.input_value("input[name=name]") == ""
