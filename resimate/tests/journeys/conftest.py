"""A real browser on the running product. Every page visited is held to the same bars."""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, sync_playwright

from resimate.tests.product import ROOT, Product

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
VIEWPORTS: dict[str, Any] = {"wide": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
#: Every combination of device and colours.
LOOKS = list(itertools.product(VIEWPORTS, ("light", "dark")))
COLLECT = """
window.__violations = [];
document.addEventListener('securitypolicyviolation', e => window.__violations.push(
    e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sourceFile + ':' + e.lineNumber));
"""
#: Of every page that is looked at, not only of those where something is wrong.
PICTURES = os.environ.get("RESIMATE_PICTURES") == "1"
AXE = Axe().axe_script
#: What nobody can reach: beyond the edge of the page, outside of what scrolls and shows that it does (with the keyboard
#: it is a region that takes the focus); lists of Django's administration have no such region.
CUT_OFF = """() => {
    const edge = document.documentElement.clientWidth + 1
    const scrolls = one => one.matches('[role="region"][tabindex="0"], #changelist .results, .inline-group .module')
    const hides = one => {
        const style = getComputedStyle(one)  // an ellipsis says itself that there is more
        return style.overflowX !== 'visible' && style.textOverflow !== 'ellipsis' && one.clientWidth > 1
    }
    const isReached = one => {
        for (let above = one.parentElement; above; above = above.parentElement) if (scrolls(above)) return true
        return one.closest('.vh, .skip-link, svg, .truncate, pre, code') !== null
    }
    const isCut = one => hides(one) && !scrolls(one) && !one.matches('input, select, textarea, progress')
        && one.scrollWidth > one.clientWidth + 20
    return [...document.querySelectorAll('body *')]
        .filter(one => (one.getBoundingClientRect().right > edge || isCut(one)) && !isReached(one))
        .map(one => one.tagName + '.' + one.className + ' ' + one.textContent.trim().slice(0, 40)).slice(0, 3)
}"""
#: What is well is not described: that would take most of the time.
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    "resultTypes": ["violations"],
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if Path(CHROMIUM).exists():
        return
    for item in items:
        if "journeys" in str(item.path):
            if os.environ.get("CI"):
                item.add_marker(pytest.mark.usefixtures("chromium_is_missing"))
            else:
                item.add_marker(pytest.mark.skip(reason="Debian's Chromium is not installed: `make browsers`"))


@pytest.fixture
def chromium_is_missing() -> None:
    pytest.fail("Debian's Chromium is not installed, and in CI its tests are not skipped: `make browsers`")


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """For one module: its event loop runs in this thread, and where one runs Django refuses to touch the database."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield opened
    opened.close()


@dataclass
class Visitor:
    """One person at one device. ``look`` holds the page to the bars; leaving holds the whole visit to them."""

    product: Product
    context: BrowserContext
    tenant: str
    name: str
    page: Page
    faults: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        self.page.goto(path if path.startswith("http") else self.product.address(self.tenant, path))
        return self.page

    def sign_in(self, email: str) -> None:
        self.go("/sign-in/")
        self.page.fill("input[name=email]", email)
        self.page.fill("input[name=password]", self.product.password(email))
        self.page.click("main form button:not([type=button])")
        self.page.wait_for_url(lambda url: "/sign-in/" not in url)

    def follow(self, links: Locator) -> None:
        """Go where the first of the links leads; a click alone waits for no page."""
        with self.page.expect_navigation():
            links.first.click()

    def look(self, title: str) -> None:
        """No axe finding, no sideways scroll, nothing cut off; and a picture where there is one, or all are wanted."""
        self.collect()
        before = len(self.faults)
        sideways = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if sideways > 0:
            self.faults.append(f"{title}: scrolls {sideways} px sideways")
        self.faults += [f"{title}: cut off: {one}" for one in self.page.evaluate(CUT_OFF)]
        self.faults += [f"{title}: {finding}" for finding in self._axe()]
        if PICTURES or len(self.faults) > before:
            self._picture(title)

    def _axe(self) -> list[str]:
        """What axe finds. It tries to add styles of its own, which the policy refuses."""
        before = len(self.faults)
        self.page.evaluate(AXE)
        found = self.page.evaluate("async rules => (await axe.run(rules)).violations", RULES)
        self.page.evaluate("(window.__violations || []).splice(0)")
        del self.faults[before:]
        return [f"axe {one['id']} at {[node['target'] for node in one['nodes']][:4]}" for one in found]

    def collect(self) -> None:
        try:
            found = self.page.evaluate("(window.__violations || []).splice(0)")
        except Exception:  # noqa: BLE001  a page without scripts has nothing to collect
            return
        self.faults += [f"{self.page.url}: CSP {violation}" for violation in found]

    def bytes_on_the_wire(self) -> int:
        """What the present page cost, from an empty cache, as the browser counted it."""
        entries = "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
        return int(self.page.evaluate(f"{entries}.reduce((sum, e) => sum + e.transferSize, 0)"))

    def _picture(self, title: str) -> None:
        folder = ROOT / "test-results" / "screens"
        folder.mkdir(parents=True, exist_ok=True)
        # Hiding the caret would put a style into the page, which the policy refuses.
        self.page.screenshot(path=folder / f"{self.name}-{title}.png", full_page=True, caret="initial")


@pytest.fixture
def visitor(browser: Browser, product: Product, request: pytest.FixtureRequest) -> Iterator[Callable[..., Visitor]]:
    """Make visitors; at the end none of them may have met a violation, a script error or an axe finding."""
    made: list[Visitor] = []

    def make(tenant: str = "demo", *, device: str = "wide", scheme: Any = "light", scripts: bool = True) -> Visitor:
        context = browser.new_context(
            viewport=VIEWPORTS[device],
            color_scheme=scheme,
            java_script_enabled=scripts,
            timezone_id="UTC",
            locale="en-GB",
        )
        context.set_default_timeout(30_000)
        if scripts:
            context.add_init_script(COLLECT)
        name = f"{request.node.name.split('[')[0].removeprefix('test_')}-{device}-{scheme}"
        one = Visitor(product, context, tenant, name, context.new_page())
        one.page.on("console", lambda message: _note(one, message))
        one.page.on("pageerror", lambda error: one.faults.append(f"script error: {error}"))
        made.append(one)
        return one

    yield make
    faults = []
    for one in made:
        one.collect()
        faults += one.faults
        one.context.close()
    assert not faults, "\n".join(faults)


def _note(visitor: Visitor, message: Any) -> None:
    """Errors that scripts report. That a form was refused (422) the browser reports too; the tests look at the page."""
    if message.type == "error" and "status of 422" not in message.text:
        visitor.faults.append(f"{visitor.page.url}: console: {message.text}")
