"""By a key one gives what the key and its user have, and nothing that either of them lacks."""

from datetime import datetime
from typing import Any

import pytest

from apps.accounts import authz, services
from apps.accounts.lines import Permission
from apps.accounts.models import User

pytestmark = pytest.mark.requirement("SEC-AUTH-002", "AUTH-002")


@pytest.mark.parametrize(
    ("of_key", "wanted", "gives"),
    [
        (["users:tenant:manage"], "users:tenant:read", True),
        (["roles:tenant:read", "users:own:read"], "users:own:read", True),
        (["users:own:manage"], "users:tenant:read", False),
        (["roles:tenant:manage"], "users:tenant:read", False),
        ([], "users:tenant:read", True),
    ],
)
def test_a_key_gives_no_more_than_it_has(
    admin: User, now: datetime, of_key: list[str], wanted: str, gives: bool
) -> None:
    key, _ = services.create_api_key(admin, name="gives", permissions=of_key, now=now)
    authz.narrow(admin, key)

    assert authz.holds(admin, Permission.parse(wanted)) is gives


def test_a_key_gives_nothing_that_its_user_has_not(acme: Any, make_user: Any, now: datetime) -> None:
    analyst = make_user("ana@acme.example", "model_analyst")
    key, _ = services.create_api_key(analyst, name="wide", permissions=["models:tenant:read"], now=now)
    key.permissions = ["*:tenant:manage"]
    authz.narrow(analyst, key)

    assert authz.holds(analyst, Permission.parse("models:tenant:read"))
    assert not authz.holds(analyst, Permission.parse("users:tenant:read"))
