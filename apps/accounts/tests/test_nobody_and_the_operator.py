"""Who is no user has no right at all, and the operator, for whom there is no user, needs none."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from apps.accounts import authz, backends
from apps.accounts.models import User
from apps.accounts.passwords import LONGEST

pytestmark = pytest.mark.requirement("SEC-AUTH-002")


def test_the_operator_is_refused_nothing_and_sees_everything(admin: User, analyst: User) -> None:
    authz.require(None, "users:read")
    authz.require(None, "users:read", admin)
    authz.require_everywhere(None, "tenant:manage")
    authz.require_each(None, "users:delete", User.objects.all())

    assert set(authz.seen_by(None, User.objects.all(), "users:read")) == {admin, analyst}


@pytest.mark.parametrize("nobody", [None, AnonymousUser(), SimpleNamespace(is_active=True, pk=1)])
def test_who_is_no_user_holds_nothing(admin: User, nobody: Any) -> None:
    assert authz.relevant(nobody, "users:read") == []
    assert not authz.allows(nobody, "users:read", admin)
    assert not authz.visible(User.objects.all(), nobody, "users:read").exists()


def test_the_administration_shows_no_app_to_who_does_not_manage_the_tenant(admin: User, analyst: User) -> None:
    assert admin.has_module_perms("accounts")
    assert not analyst.has_module_perms("accounts")


def test_a_password_that_is_too_long_keeps_no_hasher_busy(admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    monkeypatch.setattr(User, "check_password", lambda self, password: tried.append(password))
    backend = backends.EmailBackend()

    for length in (LONGEST, LONGEST + 1):
        assert backend.authenticate(None, admin.email, "x" * length) is None

    assert [len(password) for password in tried] == [LONGEST]
