"""What is said of a decision is what the evaluator decides, of everybody and about everything that is there."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from apps.accounts import authz
from apps.accounts import services as accounts
from apps.accounts.models import Grant, Role, User
from apps.audit.models import AuditEntry
from apps.campaigns.models import Stakeholder
from apps.campaigns.tests.story import make_user
from apps.core import rights
from resimate.tests.world import world

__all__ = ["world"]  # a fixture

pytestmark = pytest.mark.requirement("SEC-AUTH-002")
ACME = {"host": "acme.localhost"}
PEOPLE = {
    "nobody": [],
    "part": ["campaigns:assigned:read", "assessments:assigned:participate"],
    "own": ["*:own:manage"],
    "lead": ["campaigns:campaign:manage"],
    "reader": ["campaigns:tenant:*", "assessments:tenant:read", "models:tenant:read"],
    "admin": ["tenant:*:manage"],
    "denied": ["tenant:*:manage"],
    "barred": ["campaigns:tenant:*", "models:tenant:read"],
}
#: What they hand on: by whom, to whom, and what; of one campaign, where a line speaks of one.
HANDED_ON = [
    ("admin", "own", ["models:tenant:*", "users:tenant:read"]),
    ("lead", "own", ["campaigns:campaign:read"]),
    ("nobody", "own", ["assessments:tenant:read"]),  # who has it no longer
]
#: Of one campaign, where a line speaks of one.
DENIED = {"denied": ["users:tenant:read", "assessments:own:*"], "barred": ["campaigns:campaign:read"]}


@pytest.fixture
def people(world: dict[str, Any], now: datetime) -> dict[str, User]:
    """Somebody for each way in which a permission reaches something."""
    made = {}
    for name, permissions in PEOPLE.items():
        user = made[name] = User.objects.create(email=f"{name}@acme.example", created_at=now)
        role = accounts.create_role(name, name=name, permissions=permissions, acting_user=None, now=now)
        of_one = world["campaigns"] if name == "lead" else None
        accounts.grant_role(user, role, object_id=of_one, acting_user=None, now=now)
    for name, permissions in DENIED.items():
        role = accounts.create_role(f"not-{name}", name=name, permissions=permissions, acting_user=None, now=now)
        of_one = world["campaigns"] if name == "barred" else None
        accounts.grant_role(made[name], role, object_id=of_one, denies=True, acting_user=None, now=now)
    for by, to, permissions in HANDED_ON:
        role = accounts.create_role(f"{by}-{to}", name=by, permissions=permissions, acting_user=None, now=now)
        moment, of_one = timezone.now(), world["campaigns"] if by == "lead" else None
        until = moment + timedelta(days=1)
        more: dict[str, Any] = {"object_id": of_one, "granted_at": moment, "valid_until": until, "delegator": made[by]}
        Grant.objects.create(user=made[to], role=role, **more)
    Stakeholder.objects.filter(pk=world["stakeholders"]).update(user=made["part"])
    return made


def _asked() -> Iterator[tuple[str, Any]]:
    """Every permission there is, of the tenant; and a few of them of one or two objects of each kind."""
    for resource in rights.RESOURCES.values():
        for action in sorted(resource.actions):
            yield f"{resource.name}:{action}", None
        if resource.model:
            for obj in apps.get_model(resource.model)._default_manager.order_by("pk")[:2]:
                for action in ("manage", *resource.actions & {"read", "participate"}):
                    yield f"{resource.name}:{action}", obj


def _decided(user: User, permission: str, obj: Any) -> bool:
    if obj is not None:
        return authz.allows(user, permission, obj)
    return authz.somewhere(user, permission) if permission.endswith(":create") else authz.everywhere(user, permission)


@pytest.mark.thorough
def test_it_says_what_is_decided(people: dict[str, User], now: datetime) -> None:
    asked = list(_asked())
    told = {True: 0, False: 0}
    for user in people.values():
        for permission, obj in asked:
            said = accounts.explain(user, permission, obj and obj.pk, acting_user=people["admin"], now=now)
            assert said.allow == _decided(user, permission, obj), (user.email, permission, obj)
            assert bool(said.because) == said.allow == (not said.missing and not said.denied_by)
            told[said.allow] += 1

    assert min(told.values()) > 100


@pytest.fixture
def ask(people: dict[str, User]) -> Callable[..., Any]:
    def get(person: str, status: int = 200, **query: Any) -> Any:
        client = Client(headers=ACME)
        client.force_login(people[person])
        answer = client.get("/api/v1/permissions/explain/", query)
        assert answer.status_code == status, answer.content
        return answer.json()

    return get


def test_the_grant_and_the_line_of_its_role_are_named(ask: Any, people: dict[str, User], world: dict[str, Any]) -> None:
    said = ask("admin", user=people["lead"].pk, permission="campaigns:read", object=world["campaigns"])

    grant = Grant.objects.get(user=people["lead"])
    assert (said["allow"], said["missing"], said["beside"]) == (True, [], [])
    assert said["because"] == [
        {
            "grant": str(grant.pk),
            "role": "lead",
            "inherited_from": "",
            "permission": "campaigns:campaign:manage",
            "scope": "campaign",
            "object": str(world["campaigns"]),
            "valid_until": None,
            "delegator": None,
        }
    ]


def test_what_does_not_reach_far_enough_stands_beside(ask: Any, people: dict[str, User], world: dict[str, Any]) -> None:
    said = ask("admin", user=people["lead"].pk, permission="campaigns:read", object=world["theirs"])

    assert (said["allow"], said["because"], said["missing"]) == (False, [], ["campaigns:tenant:read"])
    assert [one["permission"] for one in said["beside"]] == ["campaigns:campaign:manage"]
    assert said["detail"] == "A role includes it, but not for this object."


def test_everybody_may_ask_about_themselves(ask: Any, people: dict[str, User], world: dict[str, Any]) -> None:
    assert ask("nobody", permission="campaigns:read")["detail"] == "No role of this person includes it."
    assert ask("part", permission="assessments:participate", user=people["part"].pk)["allow"] is False
    assert ask("part", permission="campaigns:read", object=world["campaigns"])["allow"] is True


def test_what_is_out_of_sight_is_as_if_it_were_not_there(ask: Any, world: dict[str, Any]) -> None:
    there, nowhere = (
        ask("lead", permission="campaigns:update", object=one) | {"object": None} for one in (world["theirs"], uuid4())
    )

    assert there == nowhere
    assert there["allow"] is False


def test_nobody_reaches_what_is_not_there(ask: Any) -> None:
    said = ask("admin", permission="campaigns:read", object=uuid4())

    assert (said["allow"], said["because"]) == (False, [])
    assert said["detail"] == "There is no such object, or it is out of your sight."


def test_of_others_only_what_one_may_read_is_explained(
    people: dict[str, User], world: dict[str, Any], now: datetime
) -> None:
    lines = ["campaigns:tenant:update", "users:tenant:read", "grants:tenant:read"]
    role = accounts.create_role("desk", name="Desk", permissions=lines, acting_user=None, now=now)
    accounts.grant_role(people["nobody"], role, acting_user=None, now=now)
    desk = User.objects.get(pk=people["nobody"].pk)

    other, own = (
        accounts.explain(user, "campaigns:update", world["campaigns"], acting_user=desk, now=now)
        for user in (people["reader"], desk)
    )

    assert (other.allow, other.detail) == (False, "There is no such object, or it is out of your sight.")
    assert own.allow


def test_of_others_one_needs_to_see_accounts_and_grants(ask: Any, people: dict[str, User], now: datetime) -> None:
    ask("reader", 404, user=people["admin"].pk, permission="campaigns:read")
    role = accounts.create_role("desk", name="Desk", permissions=["users:tenant:read"], acting_user=None, now=now)
    accounts.grant_role(people["reader"], role, acting_user=None, now=now)

    assert ask("reader", 403, user=people["admin"].pk, permission="campaigns:read")["code"] == "permission_denied"
    assert not AuditEntry.objects.filter(action="user.read").exists()
    ask("admin", user=people["reader"].pk, permission="campaigns:read")
    entry = AuditEntry.objects.get(action="user.read")
    assert (entry.object_id, entry.details["permission"]) == (str(people["reader"].pk), "campaigns:read")


def test_nobody_of_another_tenant_is_explained(ask: Any, beta: Any, now: datetime) -> None:
    with tenant_context(beta):
        stranger = make_user("admin@beta.example", now)

    ask("admin", 404, user=stranger.pk, permission="campaigns:read")


def test_what_cannot_be_asked_is_refused_at_its_place(ask: Any) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({}, "/permission"),
        ({"permission": "campaigns"}, "/permission"),
        ({"permission": "campaigns:tenant:read"}, "/permission"),
        ({"permission": "toys:read"}, "/permission"),
        ({"permission": "campaigns:READ"}, "/permission"),
        ({"permission": "settings:read", "object": uuid4()}, "/object"),
        ({"permission": "campaigns:read", "object": "none"}, "/object"),
        ({"permission": "campaigns:read", "user": "none"}, "/user"),
    ]

    assert [[one["pointer"] for one in ask("admin", 422, **query)["errors"]] for query, _ in wrong] == [
        [at] for _, at in wrong
    ]


def test_an_ended_grant_and_a_closed_account_permit_nothing(
    people: dict[str, User], world: dict[str, Any], now: datetime
) -> None:
    reader, later = people["reader"], now + timedelta(days=2)
    Grant.objects.filter(user=reader).update(valid_until=now + timedelta(days=1))
    said = accounts.explain(reader, "campaigns:read", None, acting_user=people["admin"], now=later)
    assert (said.allow, said.beside) == (False, [])

    accounts.deactivate_user(reader, acting_user=None, now=now)
    closed = User.objects.get(pk=reader.pk)
    asked = [("campaigns:read", None), ("campaigns:create", None), ("campaigns:read", world["campaigns"])]
    for permission, object_id in asked:
        said = accounts.explain(closed, permission, object_id, acting_user=people["admin"], now=now)
        assert (said.allow, said.detail) == (False, "The account is closed.")


def test_a_narrower_key_is_told_apart(people: dict[str, User], now: datetime) -> None:
    ana = people["reader"]
    key, _ = accounts.create_api_key(ana, name="k", permissions=["models:tenant:read"], now=now)
    authz.narrow(ana, key)

    said = accounts.explain(ana, "campaigns:read", None, acting_user=ana, now=now)

    assert (said.allow, said.detail) == (False, "The roles of this person include it, but the API key does not.")
    assert accounts.explain(ana, "models:read", None, acting_user=ana, now=now).allow


def test_system_roles_are_explained_like_others(acme: Any, now: datetime) -> None:
    ana = make_user("ana@acme.example", now)
    assert Role.objects.filter(code="model_analyst", is_system=True).exists()

    said = accounts.explain(ana, "subjects:create", None, acting_user=ana, now=now)

    assert [(one.role, one.permission) for one in said.because] == [("model_analyst", "subjects:tenant:manage")]
