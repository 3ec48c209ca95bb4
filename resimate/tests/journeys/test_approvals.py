"""A sign-in is approved on another device, by the number of the page that waits. The push service is a fake.

Before, the browser has given up its address for another one, where it is asked from then on.
"""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from apps.factors.tests.fake_push_service import FakePushService
from resimate.tests.journeys.conftest import Visitor
from resimate_net.tests.other_side import other_side
from resimate_servers.processes import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.requirement("SEC-AUTH-001")]
#: Whom no other journey signs in.
OWNER, PASSWORD = "dora@demo.example", "harbour light 7 tide"
#: As a browser with a push service would: what it subscribes to is the fake's.
SUBSCRIBED = """subscription => {
    PushManager.prototype.subscribe = async () => JSON.parse(subscription)
    Notification.requestPermission = async () => 'granted'
}"""

#: The service worker is told what its browser would say: a question, and then that it is reached elsewhere.
REPLACED = """async ([asked, address]) => {
    const said = (name, what) => new Promise((done) => {
        dispatchEvent(Object.assign(new Event(name), what, { waitUntil: (work) => done(work) }))
    })
    registration.showNotification = async () => undefined
    await said('push', { data: { json: () => asked } })
    await said('pushsubscriptionchange', { newSubscription: JSON.parse(address) })
}"""


@pytest.fixture
def service() -> Iterator[FakePushService]:
    fake = FakePushService()
    with other_side(fake) as server:
        fake.listen(server)
        yield fake
    assert fake.wrong == []


def _first_password(visitor: Visitor) -> str:
    """Make the account, as an administrator does by a program."""
    key = visitor.product.api_key("demo", "admin@demo.example")
    made = visitor.product.request("POST", "demo", "/api/v1/users/", key=key, body={"email": OWNER, "name": "Dora"})
    return str(made.json()["initial_password"])


def _sign_in(page: Page, password: str) -> None:
    page.fill("input[name=email]", OWNER)
    page.fill("input[name=password]", password)
    with page.expect_navigation():
        page.click("main form button:not([type=button])")


def _choose_password(page: Page, first: str) -> None:
    page.fill("input[name=present]", first)
    page.fill("input[name=password]", PASSWORD)
    page.fill("input[name=repeated]", PASSWORD)
    with page.expect_navigation():
        page.get_by_role("button", name="Change the password").click()


def _answer(phone: Visitor, service: FakePushService, number: str, title: str) -> None:
    """Press the notification on the phone, which is signed in nowhere, and enter the number."""
    assert wait_until(lambda: bool(service.shown), 30)
    page = phone.go(service.shown.pop()["url"])
    phone.look(title)
    page.get_by_label("Number").fill(number)
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("heading", name="Approved", exact=True).wait_for()
    phone.look(f"{title}-done")


def test_a_page_that_waits_goes_on_by_itself_once_the_phone_has_said_yes(
    visitor: Callable[..., Visitor], service: FakePushService
) -> None:
    desk, phone = visitor(), visitor(device="phone", scheme="dark")
    first = _first_password(desk)
    page = desk.go("/sign-in/")
    _sign_in(page, first)
    _choose_password(page, first)
    desk.go("/account/security/factors/device/")
    if page.get_by_role("button", name="Start").count():
        page.get_by_role("button", name="Start").click()
    button = page.locator("button[data-push]")
    desk.look("1-add")
    page.evaluate(SUBSCRIBED, service.subscription(str(button.get_attribute("data-push"))))
    page.get_by_label("Name").fill("Dora's phone")
    button.click()
    page.wait_for_url("**/device/first/")
    desk.look("2-first")
    assert wait_until(lambda: bool(service.shown), 30)
    asked = service.shown[-1]
    _answer(phone, service, page.locator(".hero-number").inner_text(), "3-first-question")
    page.get_by_role("heading", name="Your backup codes").wait_for()

    page.context.service_workers[0].evaluate(REPLACED, [asked, service.subscription(asked["key"], "new")])
    page.context.clear_cookies(name="resimate")
    desk.go("/sign-in/?next=/account/")
    _sign_in(page, PASSWORD)
    desk.look("4-second-factor")
    desk.follow(page.get_by_role("link", name="Approve on your device"))
    with page.expect_navigation():
        page.get_by_role("button", name="Ask Dora's phone").click()
    desk.look("5-waiting")
    assert "/sign-in/factor/device/" in page.url
    _answer(phone, service, page.locator(".hero-number").inner_text(), "6-question")

    page.wait_for_url("**/account/")
    assert OWNER in page.locator("main").inner_text()
