"""A stakeholder's way from the e-mail to the receipt, on a phone, on another device, and without JavaScript."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from resimate.tests.journeys.conftest import Visitor
from resimate.tests.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.requirement("CAMP-001", "TEST-001")]


def _personal_link(visitor: Visitor, address: str) -> str:
    """Follow the invitation in the mailbox, as a newcomer would."""
    page = visitor.go("/dev/mail/")
    page.wait_for_function("address => document.body.innerText.includes(address)", arg=address)
    page.locator("li", has_text=address).get_by_role("link").first.click()
    link = page.locator("a[href*='/a/']").first.get_attribute("href")
    assert link is not None
    return link


@pytest.fixture(scope="module")
def invited(product: Product) -> Iterator[str]:
    """Addresses of people who were invited to one campaign; each test takes the next."""
    addresses = [f"person.{number}@example.org" for number in range(30)]
    open_campaign(product, "Journeys of respondents", addresses)
    return iter(addresses)


@pytest.fixture
def link(visitor: Callable[..., Visitor], invited: Iterator[str]) -> str:
    """The personal link of somebody who has not answered anything yet."""
    return _personal_link(visitor(), next(invited))


def open_campaign(product: Product, name: str, addresses: list[str]) -> str:
    key = product.api_key("demo", "admin@demo.example")

    def call(method: str, path: str, body: Any = None) -> Any:
        answer = product.request(method, "demo", f"/api/v1/{path}", key=key, body=body)
        assert answer.status < 300, answer.body
        return answer.json() if answer.body else None

    model = next(one for one in call("GET", "models/")["results"] if one["code"] == "org_resilience_13")
    subject = call("GET", "subjects/")["results"][0]
    closes = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    campaign = call(
        "POST",
        "campaigns/",
        {"name": name, "version": model["current_version"], "subject": subject["id"], "closes_at": closes},
    )
    people = [{"name": f"Person {number}", "email": address} for number, address in enumerate(addresses)]
    call("POST", f"campaigns/{campaign['id']}/participations/bulk/", people)
    call("POST", f"campaigns/{campaign['id']}/open/", {})
    return str(campaign["id"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_answer_leave_resume_elsewhere_and_submit(visitor: Callable[..., Visitor], link: str, scheme: str) -> None:
    phone = visitor(device="phone", scheme=scheme)
    page = phone.go(link)
    phone.look("1-landing")
    assert phone.bytes_on_the_wire() <= 90 * 1024

    page.get_by_role("link", name="Start").click()
    statements = page.locator("fieldset.statement")
    for number in range(3):
        statements.nth(number).locator("label").nth(number + 1).click()
        statements.nth(number).get_by_text("Saved", exact=True).wait_for()
    phone.look("2-section")
    assert phone.bytes_on_the_wire() <= 90 * 1024
    name, progress = page.locator(".brand-name").bounding_box(), page.locator("#progress").bounding_box()
    assert name
    assert progress
    assert name["y"] + name["height"] <= progress["y"]  # the one is not written over the other

    laptop = visitor(device="wide", scheme=scheme)
    other = laptop.go(link)
    assert other.get_by_text("3 of 18").first.is_visible()
    laptop.look("3-resumed")
    other.get_by_role("link", name="Continue").click()
    assert other.locator("fieldset.statement").nth(1).locator("input").nth(2).is_checked()

    answer_every_section(laptop)
    laptop.look("4-check")
    other.get_by_role("button", name="Send my answers").click()
    other.get_by_role("heading", name="Your answers have been sent").wait_for()
    laptop.look("5-done")


def answer_every_section(visitor: Visitor) -> None:
    """*Agree* to whatever is not answered yet, page by page, up to the page that shows all answers."""
    page = visitor.page
    for _ in range(3):
        page.locator("fieldset.statement").first.wait_for()
        for statement in page.locator("fieldset.statement").all():
            if not statement.locator("input:checked").count():
                statement.locator("label").nth(3).click()
                statement.get_by_text("Saved", exact=True).wait_for()
        with page.expect_navigation():
            page.get_by_role("button", name="Save and").first.click()


def test_everything_works_without_javascript(visitor: Callable[..., Visitor], link: str) -> None:
    phone = visitor(device="phone", scripts=False)
    page = phone.go(link)
    page.get_by_role("link", name="Start").click()
    page.locator("fieldset.statement").first.wait_for()
    for _ in range(3):
        for statement in page.locator("fieldset.statement").all():
            statement.locator("label").nth(2).click()
        with page.expect_navigation():
            page.get_by_role("button", name="Save and").first.click()

    page.get_by_role("button", name="Send my answers").click()

    assert page.get_by_role("heading", name="Your answers have been sent").is_visible()


def test_sending_with_gaps_says_how_many_and_asks_once_more(visitor: Callable[..., Visitor], link: str) -> None:
    phone = visitor(device="phone")
    page = phone.go(link)
    page.get_by_role("link", name="Start").click()
    page.get_by_role("button", name="Save and check").click()

    page.get_by_role("button", name="Send my answers").click()

    page.get_by_role("alert").get_by_text("18 questions have no answer").wait_for()
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    phone.look("gaps")


def test_answers_given_offline_are_sent_when_the_connection_is_back(visitor: Callable[..., Visitor], link: str) -> None:
    phone = visitor(device="phone")
    page = phone.go(link)
    page.get_by_role("link", name="Start").click()
    statement = page.locator("fieldset.statement").first
    phone.context.set_offline(True)
    statement.locator("label").nth(4).click()
    page.get_by_text("No connection").first.wait_for()

    phone.context.set_offline(False)
    statement.get_by_text("Saved", exact=True).wait_for()
    phone.faults.clear()  # the browser itself reports the failed request

    page.reload()
    assert page.locator("fieldset.statement").first.locator("input").nth(4).is_checked()


def test_the_keyboard_alone_is_enough(visitor: Callable[..., Visitor], link: str) -> None:
    laptop = visitor()
    page = laptop.go(link)
    page.get_by_role("link", name="Start").focus()
    page.keyboard.press("Enter")
    first = page.locator("fieldset.statement").first
    first.locator("input").first.focus()

    page.keyboard.press("4")

    first.get_by_text("Saved", exact=True).wait_for()
    assert first.locator("input").nth(3).is_checked()


@pytest.mark.parametrize("language", ["de", "fr"])
def test_it_speaks_the_stakeholders_language(visitor: Callable[..., Visitor], link: str, language: str) -> None:
    phone = visitor(device="phone")
    page = phone.go(f"{link}?lang={language}")

    assert page.locator("html").get_attribute("lang") == language
    words = {"de": "Fragen", "fr": "Questions"}
    assert page.get_by_text(words[language]).first.is_visible()
    phone.look(f"landing-{language}")


@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_a_damaged_link_says_what_to_do(visitor: Callable[..., Visitor], link: str, damage: str) -> None:
    token = link.rstrip("/").rpartition("/")[2]
    damaged = token[:-3] if damage == "cut" else token[:-1] + ("A" if token[-1] != "A" else "B")
    phone = visitor(device="phone")

    page = phone.go(f"/a/{damaged}/")

    assert page.get_by_role("heading", name="We do not know this link").is_visible()
    phone.faults.clear()  # the browser itself reports the 404
    phone.look("unknown-link")
