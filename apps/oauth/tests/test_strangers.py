"""Pages of programs and passkeys are for who is signed in: a stranger is led to the one page for that."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.requirement("SEC-AUTH-001")


@pytest.mark.parametrize(
    ("method", "page"),
    [("get", "oauth:apps"), ("post", "oauth:revoke-app"), ("post", "factors:ask-for-new")],
)
def test_a_stranger_is_led_to_the_page_for_signing_in(acme: object, method: str, page: str) -> None:
    path = reverse(page, args=[uuid4()] if page == "oauth:revoke-app" else [])

    answer = getattr(Client(headers={"host": "acme.localhost"}), method)(path)

    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/sign-in/")
