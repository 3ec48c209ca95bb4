"""A page of the workspace lets in who has some grant of its kind, and records that personal data were shown."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import RequestFactory

from apps.accounts import authz
from apps.accounts.models import User
from apps.accounts.workspace import workspace_page
from apps.audit import reading

pytestmark = pytest.mark.requirement("LOG-002", "SEC-AUTH-002")
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The kinds of personal data of which it is on record that somebody read them."""
    kinds: list[str] = []
    monkeypatch.setattr(reading, "note", lambda kind, **_: kinds.append(kind))
    return kinds


def _opened(user: Any, *, shows: str = "", status: int = 200, headers: dict[str, str] | None = None) -> int:
    @workspace_page("users:read", shows=shows)
    def page(request: Any) -> HttpResponse:
        return HttpResponse(status=status)

    request = RequestFactory().get("/people/", headers=headers)
    request.user, request.resolver_match = user, None
    return page(request).status_code


@pytest.fixture
def reader(acme: Any) -> User:
    user = User(email="ada@acme.example")
    authz.remember(user, [(["users:own:read"], None)])
    return user


def test_a_page_opens_to_who_has_a_grant_of_its_kind(reader: User) -> None:
    stranger = User(email="bo@acme.example")
    authz.remember(stranger, [(["roles:tenant:manage"], None)])

    assert (_opened(reader), _opened(AnonymousUser())) == (200, 302)
    with pytest.raises(PermissionDenied):
        _opened(stranger)


@pytest.mark.parametrize(
    ("shows", "status", "kinds"), [("user", 200, ["user"]), ("", 200, []), ("user", 302, []), ("user", 422, [])]
)
def test_it_is_on_record_when_somebody_was_shown(
    reader: User, noted: list[str], shows: str, status: int, kinds: list[str]
) -> None:
    _opened(reader, shows=shows, status=status)

    assert noted == kinds


def test_a_fragment_that_is_fetched_again_and_again_is_one_reading_and_each_page_is_one_of_its_own(
    reader: User, noted: list[str]
) -> None:
    for _ in range(3):
        _opened(reader, shows="user", headers=FRAGMENT)
    assert noted == ["user"]

    for _ in range(2):
        _opened(reader, shows="user")
    assert noted == ["user"] * 3
