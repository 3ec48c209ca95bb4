"""Weights from experts: asked by an analyst, judged on a phone and without JavaScript, applied to the draft."""

import json
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route

from apps.models import starters
from resimate.tests.journeys.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.requirement("CMS-001", "CMS-002")]


def _press(page: Page, name: str, said: str) -> None:
    page.get_by_role("button", name=name).click()
    page.locator("dialog[open] button[value=yes]").click()
    page.get_by_text(said).first.wait_for()


def _personal_link(visitor: Visitor, address: str) -> str:
    page = visitor.go("/dev/mail/")
    page.wait_for_function("address => document.body.innerText.includes(address)", arg=address)
    page.locator("li", has_text=address).get_by_role("link").first.click()
    link = page.locator("a[href*='/e/']").first.get_attribute("href")
    assert link is not None
    return link


def _late(route: Route) -> None:
    """As on a slow connection."""
    time.sleep(0.5)
    route.continue_()


def _ask(analyst: Visitor, code: str, method: str) -> str:
    """Import a draft and ask two experts about its first node; returns the page on which they are watched."""
    page = analyst.page
    document = {**starters.load("organisational_resilience"), "code": code, "name": {"en": f"Weighed {code}"}}
    analyst.go("/models/import/")
    page.fill("textarea", json.dumps(document))
    page.get_by_role("button", name="Save as a draft").click()
    page.get_by_role("link", name="Ask experts for weights").click()
    page.fill("input[name=name]", f"What matters to {code}")
    page.check(f"input[name=method][value={method}]")
    page.locator("input[name=nodes]").first.check()
    page.fill("textarea[name=experts]", f"Meg March, meg.{code}@example.org\nBeth March, beth.{code}@example.org")
    analyst.look("1-ask")
    page.get_by_role("button", name="Save as a draft").click()
    _press(page, "Open and invite", "The invitations are on their way.")
    return page.url


def test_a_budget_from_the_question_to_the_draft(visitor: Callable[..., Visitor]) -> None:
    analyst = visitor()
    analyst.sign_in("analyst@demo.example")
    monitor = _ask(analyst, "budget", "budget_allocation")

    phone = visitor(device="phone", scheme="dark")
    page = phone.go(_personal_link(visitor(), "meg.budget@example.org"))
    phone.look("2-landing")
    page.get_by_role("link", name="Start").click()
    points = page.locator("input[name^='p-']")
    points.nth(0).fill("50")
    points.nth(0).press("Tab")
    page.get_by_text("You have 50 of 100 points left.").wait_for()
    page.get_by_text("Saved", exact=True).wait_for()
    page.get_by_role("button", name="Save and check").click()
    page.get_by_role("alert").get_by_text("50 of 100 points left").wait_for()
    phone.look("3-points-left")
    page.locator("input[name^='p-']").nth(1).fill("50")
    page.get_by_role("button", name="Save and check").click()
    page.get_by_role("button", name="Send my judgement").wait_for()
    phone.look("4-check")
    page.get_by_role("button", name="Send my judgement").click()
    page.get_by_role("heading", name="Your judgement has been sent").wait_for()
    assert phone.bytes_on_the_wire() <= 90 * 1024

    watched = analyst.go(monitor)
    watched.get_by_text("1 of 2 have sent their judgements").first.wait_for()
    analyst.look("5-watched")
    _press(watched, "Close the elicitation", "You can apply its weights")
    _press(watched, "Apply to the draft", "The judgements are now in the draft")
    watched.get_by_role("link", name="Weighed budget").click()
    watched.get_by_text("50.0 %").first.wait_for()
    analyst.look("6-applied")


def test_a_save_under_way_is_no_other_device(visitor: Callable[..., Visitor]) -> None:
    analyst = visitor()
    analyst.sign_in("analyst@demo.example")
    _ask(analyst, "slow", "budget_allocation")
    phone = visitor(device="phone")
    page = phone.go(_personal_link(visitor(), "meg.slow@example.org"))
    page.get_by_role("link", name="Start").click()
    page.route("**/nodes/**", _late)

    page.locator("input[name^='p-']").nth(0).fill("50")
    page.locator("input[name^='p-']").nth(1).fill("50")  # the first begins to be saved
    page.get_by_role("button", name="Save and check").click()

    page.get_by_role("heading", name="Check your judgement").wait_for()


def test_pairs_are_compared_without_javascript_and_a_contradiction_is_pointed_at(
    visitor: Callable[..., Visitor],
) -> None:
    analyst = visitor(device="phone")
    analyst.sign_in("analyst@demo.example")
    monitor = _ask(analyst, "pairs", "ahp")

    plain = visitor(device="phone", scripts=False)
    page = plain.go(_personal_link(visitor(), "beth.pairs@example.org"))
    page.get_by_role("link", name="Start").click()
    for place, said in enumerate(("3", "-5", "3")):
        page.locator(f"select[name=c-{place}]").select_option(said)
    page.get_by_role("button", name="Save and check").click()
    page.get_by_role("link", name="Review this answer").click()
    assert page.get_by_text("This answer is the least consistent with the others.").is_visible()
    page.go_back()
    page.get_by_role("button", name="Send my judgement").click()
    assert page.get_by_role("heading", name="Your judgement has been sent").is_visible()

    watched = analyst.go(monitor)
    analyst.look("watched")
    analyst.follow(watched.get_by_role("link", name="Beth March"))
    analyst.look("expert")
    analyst.go(f"{monitor}judgements/")
    analyst.look("enter")
