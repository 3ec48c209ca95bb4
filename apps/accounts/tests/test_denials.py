"""What is denied, no role gives back; until when and from when a grant holds; and who may deny, or lift it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts import authz, services
from apps.accounts.lines import Permission
from apps.accounts.models import ApiKey, Grant, Role, User
from apps.accounts.services.grants import LastAdministrator, NotYoursToGive
from apps.accounts.services.roles import RoleDenies
from apps.audit.models import AuditEntry
from apps.core.errors import Invalid

pytestmark = pytest.mark.requirement("SEC-AUTH-002")
MakeUser = Callable[..., User]


@pytest.fixture
def deny(acme: Any, now: datetime) -> Callable[..., Grant]:
    """Deny some lines to somebody; without ``by``, the operator does it."""

    def deny(user: User, *permissions: str, by: User | None = None, **more: Any) -> Grant:
        code = f"not-{Role.objects.count()}"
        role = services.create_role(code, name=code, permissions=permissions, acting_user=None, now=now)
        return services.grant_role(user, role, denies=True, acting_user=by, now=now, **more)

    return deny


def _again(user: User) -> User:
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize(
    ("denied", "asked", "left"),
    [
        ("roles:tenant:read", "roles:read", False),
        ("roles:tenant:read", "roles:update", True),
        ("roles:tenant:read", "roles:manage", False),  # a part of all is missing
        ("roles:tenant:*", "roles:create", False),
        ("*:tenant:read", "models:read", False),
        ("*:tenant:read", "models:update", True),
        ("tenant:*:manage", "campaigns:open", False),
        ("api-keys:own:read", "api-keys:read", True),  # others' are left
        ("api-keys:own:create", "api-keys:create", False),  # what is made is one's own
        ("campaigns:campaign:manage", "campaigns:create", True),
    ],
)
def test_a_denial_takes_what_it_says_and_no_more(admin: User, deny: Any, denied: str, asked: str, left: bool) -> None:
    deny(admin, denied) if denied != "tenant:*:manage" else authz.remember(
        admin, [(["tenant:*:manage"], None), (["tenant:*:manage"], None, True)]
    )
    user = admin if denied == "tenant:*:manage" else _again(admin)

    assert authz.somewhere(user, asked) is left


@pytest.fixture(autouse=True)
def second(acme: Any, make_user: MakeUser) -> User:
    """Another administrator, so that somebody remains."""
    return make_user("second@acme.example", "tenant_admin")


def test_a_part_that_is_denied_is_not_everywhere(admin: User, second: User, deny: Any) -> None:
    deny(admin, "users:own:read")
    user = _again(admin)

    assert not authz.everywhere(user, "users:read")
    assert list(authz.visible(User.objects.all(), user, "users:read")) == [second]
    assert (user.has_perm("users:read", second), user.has_perm("users:read", user)) == (True, False)


def test_who_is_denied_anything_sees_no_lists_of_the_administration(admin: User, deny: Any, client: Any) -> None:
    client.force_login(admin)
    assert client.get("/admin/accounts/role/", headers={"host": "acme.localhost"}).status_code == 200

    deny(admin, "campaigns:tenant:read")

    assert client.get("/admin/accounts/role/", headers={"host": "acme.localhost"}).status_code == 403


def test_what_is_denied_is_not_given_to_others(admin: User, make_user: MakeUser, deny: Any, now: datetime) -> None:
    deny(admin, "campaigns:own:read")
    user = _again(admin)

    assert authz.has(user, Permission.parse("campaigns:tenant:read"))
    for wanted in ("campaigns:tenant:read", "*:tenant:read", "tenant:*:manage", "campaigns:campaign:*"):
        assert not authz.holds(user, Permission.parse(wanted)), wanted
    assert authz.holds(user, Permission.parse("campaigns:tenant:update"))
    with pytest.raises(NotYoursToGive):
        services.grant_role(
            make_user("n@acme.example"), Role.objects.get(code="tenant_admin"), acting_user=user, now=now
        )


def test_a_key_is_denied_what_its_owner_is_denied(admin: User, deny: Any, client: Client, now: datetime) -> None:
    deny(admin, "roles:tenant:read")
    _, text = services.create_api_key(_again(admin), name="k", acting_user=_again(admin), now=now)
    headers = {"host": "acme.localhost", "authorization": f"Bearer {text}"}

    assert client.get("/api/v1/roles/", headers=headers).status_code == 403
    assert client.get("/api/v1/grants/", headers=headers).status_code == 200
    authz.narrow(user := _again(admin), ApiKey(permissions=["roles:tenant:read"]))
    assert not authz.somewhere(user, "roles:read")


def test_a_denial_of_one_object_leaves_the_others(make_user: MakeUser) -> None:
    here, there = (Permission.parse("models:model:read", pk) for pk in (Role().pk, Role().pk))

    assert here.touches(here)
    assert not here.touches(there)
    assert here.touches(Permission.parse("models:tenant:read"))
    assert not Permission.parse("*:tenant:manage").touches(Permission.parse("keys:tenant:read"))
    assert not Permission.parse("users:tenant:manage").touches(Permission.parse("models:tenant:read"))


def test_grants_hold_from_and_until_a_moment(make_user: MakeUser, now: datetime) -> None:
    moment, hour, role = timezone.now(), timedelta(hours=1), Role.objects.get(code="model_analyst")
    holds = {}
    for name, begins, ends in (
        ("now", moment - hour, moment + hour),
        ("later", moment + hour, None),
        ("before", moment - 2 * hour, moment - hour),
    ):
        user = make_user(f"{name}@acme.example")
        services.grant_role(user, role, valid_from=begins, valid_until=ends, acting_user=None, now=now)
        holds[name] = authz.somewhere(_again(user), "models:read")

    assert holds == {"now": True, "later": False, "before": False}
    with pytest.raises(Invalid) as refused:
        services.grant_role(user, role, valid_from=moment, valid_until=moment, acting_user=None, now=now)
    assert [one.pointer for one in refused.value.errors] == ["/valid_until"]


def test_what_was_read_of_grants_is_read_again_in_long_work(
    admin: User, monkeypatch: pytest.MonkeyPatch, second: User
) -> None:
    assert authz.everywhere(admin, "users:read")
    Grant.objects.filter(user=admin).update(valid_until=timezone.now() - timedelta(seconds=1))
    assert authz.everywhere(admin, "users:read")  # the request that has begun

    clock = monotonic() + authz.FRESH + 1
    monkeypatch.setattr(authz, "monotonic", lambda: clock)

    assert not authz.everywhere(admin, "users:read")


def test_nobody_denies_something_to_a_mightier_account(
    admin: User, make_user: MakeUser, deny: Any, now: datetime
) -> None:
    services.create_role("h", name="H", permissions=["grants:tenant:*"], acting_user=None, now=now)
    helper = make_user("helper@acme.example", "h")

    with pytest.raises(NotYoursToGive):
        deny(admin, "grants:tenant:read", by=helper)
    deny(make_user("plain@acme.example"), "grants:tenant:read", by=helper)
    with pytest.raises(NotYoursToGive):  # more than one's own
        deny(make_user("other@acme.example"), "users:tenant:read", by=helper)


def test_nobody_lifts_what_is_denied_to_themselves(admin: User, second: User, deny: Any, now: datetime) -> None:
    in_force = deny(admin, "roles:tenant:read")
    to_come = deny(admin, "users:tenant:read", valid_from=timezone.now() + timedelta(days=1))

    for grant in (in_force, to_come):
        with pytest.raises(NotYoursToGive):
            services.revoke_grant(grant, acting_user=_again(admin), now=now)
    with pytest.raises(RoleDenies):
        services.change_role(to_come.role, name="x", permissions=[], acting_user=_again(admin), now=now)
    services.revoke_grant(in_force, acting_user=second, now=now)
    assert authz.everywhere(_again(admin), "roles:read")


def test_what_a_denial_builds_on_is_not_changed_either(admin: User, second: User, now: datetime) -> None:
    """Otherwise what somebody is denied would be lifted by what their role builds on, unseen."""
    below = services.create_role("below", name="below", permissions=["roles:tenant:read"], acting_user=None, now=now)
    role = services.create_role("no", name="no", permissions=[], parents=[below], acting_user=None, now=now)
    services.grant_role(admin, role, denies=True, acting_user=second, now=now)

    with pytest.raises(RoleDenies, match="below"):
        services.change_role(below, name="below", permissions=[], acting_user=_again(second), now=now)
    assert not authz.somewhere(_again(admin), "roles:read")


def test_nothing_is_denied_to_the_last_administrator(admin: User, second: User, deny: Any, now: datetime) -> None:
    grant = Grant.objects.get(user=second)
    deny(admin, "campaigns:tenant:read", valid_from=timezone.now() + timedelta(days=1))

    with pytest.raises(LastAdministrator):
        deny(second, "campaigns:tenant:read")
    with pytest.raises(LastAdministrator):  # who is denied something does not count
        services.revoke_grant(grant, acting_user=None, now=now)


def test_who_administers_until_a_day_is_not_the_one_who_remains(
    admin: User, second: User, make_user: MakeUser, now: datetime
) -> None:
    role, tomorrow = Role.objects.get(code="tenant_admin"), timezone.now() + timedelta(days=1)
    services.revoke_grant(Grant.objects.get(user=second), acting_user=admin, now=now)
    times: Any
    for person, times in ((second, {"valid_until": tomorrow}), (make_user("n@acme.example"), {"valid_from": tomorrow})):
        services.grant_role(person, role, acting_user=admin, now=now, **times)

    for refused in (
        lambda: services.revoke_grant(Grant.objects.get(user=admin), acting_user=admin, now=now),
        lambda: services.deactivate_user(admin, acting_user=admin, now=now),
    ):
        with pytest.raises(LastAdministrator):
            refused()


@pytest.mark.parametrize("line", ["roles:campaign:read", "settings:model:read", "jobs:own:manage"])
def test_what_a_scope_says_nothing_of_is_denied_as_a_whole(admin: User, deny: Any, line: str) -> None:
    resource = line.partition(":")[0]
    deny(admin, line)

    assert not authz.somewhere(_again(admin), f"{resource}:read")


def test_a_denial_is_told_and_recorded(admin: User, second: User, deny: Any, now: datetime) -> None:
    grant = deny(admin, "roles:tenant:read", by=second)
    whole = services.explain(_again(admin), "roles:read", None, acting_user=second, now=now)

    assert (whole.allow, whole.because, whole.missing) == (False, [], [])
    assert [(one.grant, one.permission) for one in whole.denied_by] == [(grant.pk, "roles:tenant:read")]
    assert [one.permission for one in whole.beside] == ["tenant:*:manage"]
    assert str(whole.detail).startswith("It is denied to this person")
    services.revoke_grant(grant, acting_user=second, now=now)
    recorded = AuditEntry.objects.filter(action__startswith="denial.").order_by("pk")
    assert [(one.action, one.actor) for one in recorded] == [
        ("denial.created", str(second.pk)),
        ("denial.lifted", str(second.pk)),
    ]


def test_the_api_denies_and_lifts(admin: User, analyst: User, client: Any) -> None:
    client.force_login(admin)
    more: dict[str, Any] = {"content_type": "application/json", "headers": {"host": "acme.localhost"}}
    role = Role.objects.get(code="model_analyst")

    body = {"user": str(analyst.pk), "role": str(role.pk), "denies": True, "valid_from": "2026-11-01T00:00:00Z"}
    made = client.post("/api/v1/grants/", body, **more)

    assert (made.status_code, made.json()["denies"], made.json()["valid_from"]) == (201, True, "2026-11-01T00:00:00Z")
    assert not authz.somewhere(_again(analyst), "models:read")
    assert client.delete(f"/api/v1/grants/{made.json()['id']}/", **more).status_code == 204
    assert authz.somewhere(_again(analyst), "models:read")
