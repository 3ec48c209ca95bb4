"""A role means what it says and what those say that it builds on; nobody gets more by that than they could give."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts import authz, lineage, services
from apps.accounts.models import Grant, Inheritance, Role, User
from apps.accounts.services import roles as of_roles
from apps.accounts.services.grants import LastAdministrator, NotYoursToGive
from apps.accounts.services.roles import RoleInUse, TooManyRoles
from apps.audit.models import AuditEntry
from apps.core.errors import Invalid

pytestmark = pytest.mark.requirement("SEC-AUTH-002")
MakeUser = Callable[..., User]


@pytest.fixture
def make_role(acme: Any, now: datetime) -> Callable[..., Role]:
    def make(code: str, *permissions: str, on: tuple[Role, ...] = (), by: User | None = None) -> Role:
        return services.create_role(code, name=code, permissions=permissions, parents=on, acting_user=by, now=now)

    return make


def test_who_has_a_role_may_do_what_those_above_it_say(make_role: Any, make_user: MakeUser) -> None:
    top = make_role("top", "users:tenant:read")
    middle = make_role("middle", "roles:tenant:read", on=(top, Role.objects.get(code="stakeholder")))
    make_role("low", "grants:tenant:read", on=(middle,))
    user = make_user("low@acme.example", "low")

    with CaptureQueriesContext(connection) as queries:
        may = [
            one for one in ("users", "roles", "grants", "campaigns", "models") if authz.somewhere(user, f"{one}:read")
        ]

    assert may == ["users", "roles", "grants", "campaigns"]
    assert len(queries) == 1


def test_what_a_role_gains_or_loses_is_seen_at_the_next_request_below(
    make_role: Any, make_user: MakeUser, now: datetime
) -> None:
    top = make_role("top", "users:tenant:read")
    make_role("low", on=(top,))
    user = make_user("low@acme.example", "low")

    services.change_role(top, name="Top", permissions=["roles:tenant:read"], acting_user=None, now=now)

    user = User.objects.get(pk=user.pk)
    assert (authz.everywhere(user, "users:read"), authz.everywhere(user, "roles:read")) == (False, True)


def test_a_key_has_what_its_owner_inherits(make_role: Any, make_user: MakeUser, client: Any, now: datetime) -> None:
    make_role("low", on=(make_role("top", "roles:tenant:read"),))
    _, text = services.create_api_key(make_user("low@acme.example", "low"), name="k", now=now)
    headers = {"host": "acme.localhost", "authorization": f"Bearer {text}"}

    assert client.get("/api/v1/roles/", headers=headers).status_code == 200
    assert client.get("/api/v1/users/", headers=headers).status_code == 403


def test_no_role_builds_on_itself_at_whatever_distance(make_role: Any, now: datetime) -> None:
    top = make_role("top")
    middle = make_role("middle", on=(top,))
    low = make_role("low", on=(middle,))

    for role, parent in ((top, low), (top, middle), (top, top), (middle, low)):
        with pytest.raises(Invalid) as refused:
            services.change_role(role, name="x", permissions=[], parents=[parent], acting_user=None, now=now)
        assert [one.pointer for one in refused.value.errors] == ["/parents"]


def test_a_cycle_that_is_there_all_the_same_ends(make_role: Any, make_user: MakeUser) -> None:
    top = make_role("top", "users:tenant:read")
    low = make_role("low", "roles:tenant:read", on=(top,))
    Inheritance.objects.create(child=top, parent=low)

    assert lineage.permissions_of(top) == ["users:tenant:read", "roles:tenant:read"]
    assert authz.everywhere(make_user("low@acme.example", "low"), "users:read")
    assert lineage.levels_below(top) == 50


def test_only_so_many_build_on_one_another_wherever_the_next_one_comes_between(make_role: Any, now: datetime) -> None:
    chain = [make_role("r0")]
    for number in range(1, of_roles.MOST_LEVELS):
        chain.append(make_role(f"r{number}", on=(chain[-1],)))

    with pytest.raises(Invalid, match="At most 5 roles"):
        make_role("deeper", on=(chain[-1],))
    with pytest.raises(Invalid, match="At most 5 roles"):
        services.change_role(
            chain[0], name="x", permissions=[], parents=[make_role("above")], acting_user=None, now=now
        )
    services.change_role(chain[-1], name="x", permissions=[], parents=[chain[0]], acting_user=None, now=now)
    assert list(chain[-1].parents.all()) == [chain[0]]


def test_what_others_build_on_stays(make_role: Any, now: datetime) -> None:
    top = make_role("top")
    low = make_role("low", on=(top,))

    with pytest.raises(RoleInUse, match="The role low still builds on top"):
        services.delete_role(top, acting_user=None, now=now)
    services.delete_role(low, acting_user=None, now=now)
    services.delete_role(top, acting_user=None, now=now)


def test_there_are_only_so_many_roles(make_role: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_roles, "MOST_ROLES", Role.objects.count())

    with pytest.raises(TooManyRoles):
        make_role("one-more")


def test_nobody_builds_on_a_role_that_says_more_than_they_have(
    make_role: Any, make_user: MakeUser, admin: User, now: datetime
) -> None:
    make_role("keeper", "roles:tenant:manage", "grants:tenant:manage")
    keeper = make_user("keeper@acme.example", "keeper")
    mighty = Role.objects.get(code="tenant_admin")
    harmless = make_role("harmless", "roles:tenant:read")
    heir = make_role("heir", "roles:tenant:read", on=(mighty,))

    with pytest.raises(NotYoursToGive):  # a new one
        make_role("mine", on=(mighty,), by=keeper)
    with pytest.raises(NotYoursToGive):  # one that others have
        services.change_role(harmless, name="h", permissions=[], parents=[mighty], acting_user=keeper, now=now)
    with pytest.raises(NotYoursToGive):  # to oneself
        services.grant_role(keeper, heir, acting_user=keeper, now=now)
    with pytest.raises(NotYoursToGive):  # nor taken away
        services.change_role(heir, name="h", permissions=[], parents=[], acting_user=keeper, now=now)
    services.grant_role(keeper, heir, acting_user=admin, now=now)
    with pytest.raises(NotYoursToGive):  # nor from who has it by a role
        services.revoke_grant(
            Grant.objects.get(user=keeper, role=heir), acting_user=make_user("k2@acme.example", "keeper"), now=now
        )


def test_who_administers_by_inheritance_is_not_the_one_who_must_remain(
    make_role: Any, make_user: MakeUser, admin: User, now: datetime
) -> None:
    make_role("heir", on=(Role.objects.get(code="tenant_admin"),))
    make_user("heir@acme.example", "heir")

    with pytest.raises(LastAdministrator):
        services.revoke_grant(Grant.objects.get(user=admin), acting_user=admin, now=now)


def test_a_role_for_one_object_inherits_nothing_wider(make_role: Any, make_user: MakeUser, now: datetime) -> None:
    low = make_role("low", "campaigns:campaign:read", on=(make_role("top", "users:tenant:read"),))

    with pytest.raises(Invalid):
        services.grant_role(make_user("low@acme.example"), low, object_id=low.pk, acting_user=None, now=now)


def test_the_reason_names_the_role_that_says_it(
    make_role: Any, make_user: MakeUser, admin: User, now: datetime
) -> None:
    make_role("low", on=(make_role("top", "roles:tenant:read"),))
    user = make_user("low@acme.example", "low")

    said = services.explain(user, "roles:read", None, acting_user=admin, now=now)

    assert [(one.role, one.inherited_from, one.permission) for one in said.because] == [
        ("low", "top", "roles:tenant:read")
    ]


@pytest.mark.requirement("LOG-002")
def test_the_api_shows_and_changes_what_a_role_builds_on(admin: User, client: Any) -> None:
    client.force_login(admin)
    parent = Role.objects.get(code="answers_auditor")
    more: dict[str, Any] = {"content_type": "application/json", "headers": {"host": "acme.localhost"}}

    body = {"code": "low", "name": "Low", "permissions": ["models:tenant:read"], "parents": [str(parent.pk)]}
    made = client.post("/api/v1/roles/", body, **more)

    assert (made.status_code, made.json()["parents"]) == (201, [str(parent.pk)])
    assert made.json()["inherited"] == ["assessments:tenant:read", "responses:tenant:read"]
    where = f"/api/v1/roles/{made.json()['id']}/"
    assert client.patch(where, {"name": "Lower"}, **more).json()["parents"] == [str(parent.pk)]
    assert client.patch(where, {"parents": []}, **more).json()["inherited"] == []
    assert AuditEntry.objects.get(action="role.created").details["parents"] == ["answers_auditor"]
    with CaptureQueriesContext(connection) as one:
        client.get("/api/v1/roles/?code=low", **more)
    with CaptureQueriesContext(connection) as all_of_them:
        client.get("/api/v1/roles/", **more)
    assert len(one) == len(all_of_them)
