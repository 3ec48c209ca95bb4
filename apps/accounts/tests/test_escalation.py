"""Ways to more rights than one was given, each of them shut."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts import services
from apps.accounts.models import Role, User
from apps.accounts.services.grants import NotYoursToGive

pytestmark = pytest.mark.requirement("SEC-AUTH-002")
ACME = {"host": "acme.localhost"}
MakeUser = Callable[..., User]


@pytest.fixture
def owner(acme: Any, make_user: MakeUser) -> User:
    """Somebody who may do everything with what is their own, and nothing with what is not."""
    services.create_role("owner", name="Owner", permissions=["*:own:manage"], acting_user=None, now=timezone.now())
    return make_user("own@acme.example", "owner")


@pytest.fixture
def browser(owner: User) -> Client:
    browser = Client(headers=ACME)
    browser.force_login(owner)
    return browser


def test_who_manages_what_is_their_own_does_not_administer_the_tenant(owner: User, browser: Client) -> None:
    assert not owner.has_perm("tenant:manage")
    assert not owner.has_perm("accounts.view_user")
    assert not owner.is_staff
    assert browser.get("/admin/accounts/user/", follow=True).status_code == 403


def test_settings_belong_to_the_whole_tenant(browser: Client) -> None:
    assert browser.get("/api/v1/settings/").status_code == 403
    answer = browser.put("/api/v1/settings/campaign.sender/", {"value": "Me"}, "application/json")

    assert answer.status_code == 403


def test_a_narrow_key_of_an_administrator_administers_nothing(admin: User, client: Client) -> None:
    _, text = services.create_api_key(admin, name="mine", permissions=["*:own:manage"], now=timezone.now())
    headers = {**ACME, "authorization": f"Bearer {text}"}

    assert client.get("/api/v1/settings/", headers=headers).status_code == 403
    assert [one["email"] for one in client.get("/api/v1/users/", headers=headers).json()["results"]] == [admin.email]


@pytest.fixture
def newcomer(acme: Any, make_user: MakeUser) -> User:
    """A colleague who has no rights yet."""
    return make_user("new@acme.example")


def test_nobody_makes_a_key_that_grows_with_the_rights_of_another(
    acme: Any, make_user: MakeUser, newcomer: User, now: datetime
) -> None:
    services.create_role("keys", name="Keys", permissions=["api-keys:tenant:manage"], acting_user=None, now=now)
    keeper = make_user("keys@acme.example", "keys")

    with pytest.raises(NotYoursToGive):
        services.create_api_key(newcomer, name="later", acting_user=keeper, now=now)
    services.create_api_key(keeper, name="mine", acting_user=keeper, now=now)


def test_an_administrator_makes_keys_for_others(admin: User, newcomer: User, now: datetime) -> None:
    key, _ = services.create_api_key(newcomer, name="theirs", acting_user=admin, now=now)

    assert key.user == newcomer


def test_a_filter_of_the_administration_does_not_let_secrets_be_guessed(admin: User, client: Client) -> None:
    client.force_login(admin)
    for wanted in (
        "accounts/user/?password__startswith=argon2",
        "accounts/apikey/?digest__isnull=False",
        "accounts/grant/?role__grants__user__password__startswith=argon2",
        "accounts/grant/?role__code__startswith=t",
        "audit/auditentry/?outcome__regex=.",
    ):
        assert client.get(f"/admin/{wanted}", headers=ACME).status_code == 400
    role = Role.objects.get(code="tenant_admin")
    for offered in ("accounts/user/?is_active__exact=1", f"accounts/grant/?role__id__exact={role.pk}"):
        assert client.get(f"/admin/{offered}", headers=ACME).status_code == 200


def test_a_mightier_account_is_not_reopened_by_a_lesser_one(admin: User, make_user: Any, now: datetime) -> None:
    helper = make_user("helper@acme.example")
    role = services.create_role("helper", name="H", permissions=["users:tenant:manage"], acting_user=None, now=now)
    services.grant_role(helper, role, acting_user=None, now=now)
    closed = make_user("second@acme.example", "tenant_admin")
    services.deactivate_user(closed, acting_user=admin, now=now)

    with pytest.raises(NotYoursToGive):
        services.activate_user(closed, acting_user=User.objects.get(pk=helper.pk), now=now)
