"""Which right a request of the API takes, and who has it at all, before any object is looked at."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from apps.accounts import authz
from apps.accounts.api.permissions import Granted, permission_for
from apps.accounts.models import User

pytestmark = pytest.mark.requirement("SEC-AUTH-002")


def _view(action: str = "", **more: Any) -> Any:
    """A view of things that takes GET and OPTIONS; it has a method for DELETE, but does not offer it."""
    names: dict[str, Any] = {
        "resource": "users",
        "action": action,
        "http_method_names": ["get", "options"],
        **dict.fromkeys(("get", "options", "delete")),
    }
    return SimpleNamespace(**names | more)


def _somebody(*permissions: str) -> User:
    user = User(email="ada@acme.example")
    authz.remember(user, [(list(permissions), None)])
    return user


def _asked(view: Any, method: str, user: Any) -> bool:
    view.request = SimpleNamespace(method=method, user=user)
    return Granted().has_permission(view.request, view)


@pytest.mark.parametrize(
    ("action", "exceptions", "asked"),
    [
        ("list", {}, "users:read"),
        ("retrieve", {}, "users:read"),
        ("partial_update", {}, "users:update"),
        ("destroy", {}, "users:delete"),
        ("activate", {}, "users:activate"),
        ("activate", {"activate": "update"}, "users:update"),
        ("export", {"export": "reports:export"}, "reports:export"),
    ],
)
def test_an_action_takes_the_right_that_is_named_for_it(action: str, exceptions: dict[str, str], asked: str) -> None:
    assert permission_for(_view(action, permissions=exceptions)) == asked


def test_without_an_action_it_is_the_method_that_is_asked_for() -> None:
    view = _view(permissions={"post": "create"})
    view.request = SimpleNamespace(method="POST")

    assert permission_for(view) == "users:create"


@pytest.mark.parametrize(
    ("method", "permissions", "may"),
    [
        ("GET", ["users:tenant:read"], True),
        ("GET", ["users:own:read"], True),
        ("GET", ["roles:tenant:read"], False),
        ("GET", [], False),
        ("OPTIONS", [], True),
        ("DELETE", [], True),  # neither of them is there, which the answer says: 405
        ("PUT", [], True),
    ],
)
def test_a_grant_of_that_kind_is_needed_where_there_is_something_to_ask(
    method: str, permissions: list[str], may: bool
) -> None:
    assert _asked(_view("list"), method, _somebody(*permissions)) is may


@pytest.mark.parametrize(("method", "may"), [("GET", False), ("OPTIONS", False), ("DELETE", True)])
def test_nobody_is_told_what_a_view_takes_without_signing_in(method: str, may: bool) -> None:
    assert _asked(_view("list"), method, AnonymousUser()) is may


@pytest.mark.parametrize(("scope", "may"), [("tenant", True), ("own", False)])
def test_what_belongs_to_the_tenant_takes_a_grant_for_all_of_it(scope: str, may: bool) -> None:
    assert _asked(_view("list", of_tenant=True), "GET", _somebody(f"users:{scope}:read")) is may
