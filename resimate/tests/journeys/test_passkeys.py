"""A passkey in a real browser, with a virtual authenticator: added, good by itself, unknown at another tenant."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from resimate.tests.journeys.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.requirement("SEC-AUTH-001")]
#: Whom no other journey signs in: from now on a password alone is not enough.
OWNER = "admin@hdi.example"


def _authenticator(page: Page) -> Callable[..., Any]:
    """Give the page a device that holds passkeys and knows its owner; what is returned sends it commands."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    id = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    return lambda command, **more: session.send(f"WebAuthn.{command}", {"authenticatorId": id, **more})


def test_somebody_signs_in_without_a_password_and_is_nobody_at_another_tenant(visitor: Callable[..., Visitor]) -> None:
    person = visitor("hdi", device="phone", scheme="dark")
    person.sign_in(OWNER)
    device = _authenticator(person.page)
    page = person.go("/account/security/factors/")
    person.follow(page.get_by_role("link", name="Add a passkey"))
    page.get_by_label("Name").fill("My phone")
    person.look("1-add")
    with person.page.expect_navigation():
        page.get_by_role("button", name="Add a passkey").press("Enter")
    page.get_by_role("heading", name="Your backup codes").wait_for()
    person.go("/account/security/factors/")
    person.look("2-list")
    assert "My phone" in page.locator("main").inner_text()

    page.context.clear_cookies(name="resimate")
    person.go("/sign-in/?next=/account/")
    person.look("3-sign-in")
    page.get_by_role("button", name="Sign in with a passkey").press("Enter")
    page.wait_for_url("**/account/")
    assert [one["signCount"] for one in device("getCredentials")["credentials"]] == [1]

    page.context.clear_cookies(name="resimate")
    device("setUserVerified", isUserVerified=False)
    person.go("/sign-in/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("alert").filter(has_text="No passkey was used").wait_for()
    device("setUserVerified", isUserVerified=True)
    person.tenant = "demo"
    person.go("/sign-in/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("alert").filter(has_text="No passkey was used").wait_for()
    assert "/sign-in/" in page.url
