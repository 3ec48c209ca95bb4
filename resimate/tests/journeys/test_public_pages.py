"""The pages that anybody can open."""

from collections.abc import Callable

import pytest

from resimate.tests.journeys.conftest import LOOKS, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.requirement("DOC-001")]

PAGES = {
    "landing": ("", "/"),
    "sign-in": ("demo", "/sign-in/"),
    "mailbox": ("demo", "/dev/mail/"),
    "error-codes": ("demo", "/api/docs/errors"),
}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(("device", "scheme"), LOOKS)
def test_they_are_clean(visitor: Callable[..., Visitor], page: str, device: str, scheme: str) -> None:
    tenant, path = PAGES[page]
    person = visitor(tenant, device=device, scheme=scheme)
    person.go(path)

    person.look(page)


@pytest.mark.parametrize("path", ["/api/docs/", "/api/redoc/"])
def test_the_api_documents_open_under_the_strict_policy(visitor: Callable[..., Visitor], path: str) -> None:
    reader = visitor()
    page = reader.go(path)

    page.get_by_text("/api/v1/api-keys/").first.wait_for()  # Swagger UI draws only what is in view

    reader.collect()
    # Redoc's packaged bundle asks for its maker's logo from outside; the policy refuses it, which is what it is for.
    reader.faults = [fault for fault in reader.faults if "logo-mini" not in fault]
