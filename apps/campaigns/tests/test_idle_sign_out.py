"""Whoever was signed out by idleness is told so, and finds the way back."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts import sessions
from apps.accounts.models import User
from apps.campaigns.tests.story import HOST

pytestmark = pytest.mark.requirement("CAMP-001")
SAID = "You were signed out after 30 minutes without activity."


@pytest.fixture
def left_alone(ada: User) -> Client:
    """A browser that was signed in, and then nobody did anything."""
    browser = Client(headers=HOST)
    browser.force_login(ada)
    session = browser.session
    session["seen_at"] = (timezone.now() - timedelta(seconds=sessions.idle_seconds() + 1)).timestamp()
    session.save()
    return browser


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_sign_in_page_says_why(left_alone: Client, method: str) -> None:
    page = getattr(left_alone, method)("/campaigns/new/", follow=True)

    text = page.content.decode()
    assert SAID in text
    assert 'name="next" value="/campaigns/new/"' in text


def test_who_was_never_signed_in_is_told_nothing_of_it(acme: object) -> None:
    page = Client(headers=HOST).get("/campaigns/new/", follow=True)

    assert SAID not in page.content.decode()


def test_it_is_said_once(left_alone: Client) -> None:
    left_alone.get("/campaigns/new/")

    assert SAID not in left_alone.get("/campaigns/new/", follow=True).content.decode()


@pytest.mark.usefixtures("version")
def test_long_forms_keep_what_is_typed_for_their_user_alone(staff: Client, ada: User) -> None:
    assert f'data-keep="{ada.pk}:/campaigns/new/"' in staff.get("/campaigns/new/").content.decode()
