"""How the lines of grants are read: what they permit, what they deny, and what of it a key does not reach."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from apps.accounts import authz, services
from apps.accounts.lines import Permission
from apps.accounts.models import ApiKey, User
from apps.core import rights
from apps.core.fields import new_id

pytestmark = pytest.mark.requirement("SEC-AUTH-002")
ONE = UUID(int=1)


@pytest.mark.parametrize(
    ("line", "object_id", "denied"),
    [
        ("models:tenant:read", None, Permission("models", "tenant", "read")),
        ("models:*:read", None, Permission("models", "*", "read")),
        ("models:tenant:read", ONE, Permission("models", "tenant", "read", ONE)),
        ("*:campaign:read", None, Permission("*", "campaign", "read")),
        ("campaigns:campaign:read", ONE, Permission("campaigns", "campaign", "read", ONE)),
        ("roles:own:read", None, Permission("roles", "tenant", "read")),  # no role is anybody's own
        ("api-keys:campaign:read", None, Permission("api-keys", "tenant", "read")),  # nor any key a campaign's
    ],
)
def test_a_denial_reaches_as_far_as_its_scope_says_something_of_the_rows(
    line: str, object_id: UUID | None, denied: Permission
) -> None:
    assert authz.denial_of(line, object_id) == denied


def test_what_is_permitted_is_no_wider_than_it_says() -> None:
    user = User(pk=new_id())
    authz.remember(user, [(["roles:own:read"], None)])

    assert not authz.everywhere(user, "roles:read")


def test_what_is_denied_of_one_object_is_denied_of_it_alone() -> None:
    user = User(pk=new_id())
    authz.remember(user, [(["campaigns:tenant:read"], None), (["campaigns:campaign:read"], [ONE], True)])

    assert authz.denials_of(user) == (Permission("campaigns", "campaign", "read", ONE),)
    assert authz.somewhere(user, "campaigns:read")


@pytest.mark.parametrize("denied", [[ONE], None])
def test_what_is_denied_as_far_as_it_reaches_is_nothing(denied: list[UUID] | None) -> None:
    user = User(pk=new_id())
    given: Any = [(["campaigns:campaign:read", "api-keys:own:read"], [ONE])]
    authz.remember(user, [*given, (["campaigns:campaign:read"], denied, True)])

    assert [authz.somewhere(user, f"{one}:read") for one in ("campaigns", "api-keys")] == [False, True]


def test_what_a_viewer_is_denied_counts_while_they_look_as_somebody_else() -> None:
    person, viewer = User(pk=new_id()), User(pk=new_id())
    authz.remember(person, [(["tenant:tenant:manage"], None)])
    authz.remember(viewer, [(["tenant:tenant:manage"], None), (["roles:tenant:read"], None, True)])
    assert person.has_perm("accounts.view_role")

    authz.narrow_to(person, viewer)

    assert authz.denials_of(person) == (Permission("roles", "tenant", "read"),)
    assert not person.has_perm("accounts.view_role")


def test_no_key_reaches_what_is_given_in_person() -> None:
    user = User(pk=new_id())
    given: Any = [(["models:tenant:read"], None), (["subjects:tenant:read"], None, False, None, None, True)]
    authz.remember(user, given)
    everything = Permission("subjects", "tenant", "read")
    assert (authz.somewhere(user, "subjects:read"), authz.has(user, everything)) == (True, True)

    authz.narrow(user, ApiKey(permissions=["models:tenant:read", "subjects:tenant:read"]))

    assert [authz.somewhere(user, f"{one}:read") for one in ("models", "subjects")] == [True, False]
    assert not authz.has(user, everything)


def test_with_a_key_somebody_has_what_it_reaches() -> None:
    user = User(pk=new_id())
    authz.remember(user, [(["models:tenant:read", "subjects:tenant:read"], None)])

    authz.narrow(user, ApiKey(permissions=["models:tenant:read"]))

    wanted = [Permission(one, "tenant", "read") for one in ("models", "subjects")]
    assert [authz.has(user, one) for one in wanted] == [True, False]
    assert [authz.holds(user, one) for one in wanted] == [True, False]


def test_nobody_hands_on_what_they_are_denied() -> None:
    user = User(pk=new_id())
    authz.remember(user, [(["models:tenant:*"], None), (["models:tenant:publish"], None, True)])

    wanted = [Permission("models", "tenant", one) for one in ("read", "publish")]
    assert [authz.lends(user, one) for one in wanted] == [True, False]


def test_what_is_ones_own_reaches_nothing_of_others(admin: User, analyst: User, now: datetime) -> None:
    own, others = (services.create_api_key(one, name="k", now=now)[0] for one in (analyst, admin))
    line, elsewhere = Permission("api-keys", "own", "delete"), Permission("api-keys", "campaign", "delete")
    authz.remember(analyst, [(["api-keys:own:delete"], None)])

    assert [authz.reaches(analyst, line, one) for one in (own, others)] == [True, False]
    assert not authz.reaches(analyst, elsewhere, own)
    authz.require_each(analyst, "api-keys:delete", ApiKey.objects.filter(pk=own.pk))
    assert [*authz.visible(ApiKey.objects.all(), analyst, "api-keys:delete")] == [own]
    assert not authz.visible(ApiKey.objects.all(), analyst, "api-keys:delete", but=["own"]).exists()
    with pytest.raises(authz.NotPermitted):
        authz.require_each(analyst, "api-keys:delete", ApiKey.objects.all())


def test_scopes_of_a_resource_are_those_that_say_something_of_its_own_rows() -> None:
    found = {name: authz.scopes_of(rights.RESOURCES[name]) for name in ("api-keys", "campaigns", "tenant")}

    assert {"own"} <= {*found["api-keys"]}
    assert {"campaign"} <= {*found["campaigns"]}
    assert not {"campaign"} & {*found["api-keys"]}
    assert found["tenant"] == []
