"""What is handed on: never more than whoever handed it on has at that moment, and never handed on again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from apps.accounts import authz, bearer, keys, services
from apps.accounts.models import Grant, Role, User
from apps.accounts.services.grants import LastAdministrator, NotYoursToGive
from apps.audit.models import AuditEntry
from apps.core.errors import Invalid

pytestmark = pytest.mark.requirement("SEC-AUTH-002")
MakeUser = Callable[..., User]
ACME = {"host": "acme.localhost"}
LEAD = ["users:tenant:read", "users:tenant:update", "grants:own:*"]


@pytest.fixture
def role(acme: Any) -> Callable[..., Role]:
    def role(*permissions: str) -> Role:
        code = f"r{Role.objects.count()}"
        return services.create_role(
            code, name=code, permissions=list(permissions), acting_user=None, now=timezone.now()
        )

    return role


@pytest.fixture
def lead(role: Any, make_user: MakeUser) -> User:
    return make_user("lead@acme.example", role(*LEAD).code)


@pytest.fixture
def deputy(acme: Any, make_user: MakeUser) -> User:
    return make_user("deputy@acme.example")


@pytest.fixture
def reading(lead: User, deputy: User, role: Any) -> Grant:
    """The lead's right to see accounts, in the deputy's hands."""
    return services.delegate_role(deputy, role("users:tenant:read"), acting_user=lead, now=timezone.now())


def _again(user: User) -> User:
    return User.objects.get(pk=user.pk)


def _may(user: User, permission: str = "users:read") -> bool:
    """The same in the evaluator, in SQL, for a key of theirs, and read together with others."""
    again = _again(user)
    seen = authz.visible(User.objects.all(), again, permission).exists()
    _, text = services.create_api_key(again, name="k", acting_user=None, now=timezone.now())
    found = bearer.find(keys.prefix_of(text) or "")
    assert found is not None
    assert {authz.somewhere(again, permission), seen} == {authz.somewhere(found.key.user, permission)}
    together = [*User.objects.all()]
    authz.read_together(together)
    assert [_said(one) for one in together] == [_said(_again(one)) for one in together]
    return seen


def _said(user: User) -> tuple[object, ...]:
    return {*authz.permissions_of(user)}, {*authz.denials_of(user)}, authz.lent_to(user)


def test_what_is_handed_on_may_be_done(reading: Grant, deputy: User, lead: User) -> None:
    assert _may(deputy)
    assert not _may(deputy, "users:update")
    assert reading.delegator == lead
    assert reading.valid_until is not None
    assert timedelta(0) < reading.valid_until - timezone.now() <= timedelta(days=30)


def _revoke(lead: User, reading: Grant) -> None:
    services.revoke_grant(Grant.objects.get(user=lead, delegator=None), acting_user=None, now=timezone.now())


def _close(lead: User, reading: Grant) -> None:
    services.deactivate_user(lead, acting_user=None, now=timezone.now())


def _expire(lead: User, reading: Grant) -> None:
    Grant.objects.filter(user=lead).update(valid_until=timezone.now() - timedelta(hours=1))


def _pass(lead: User, reading: Grant) -> None:
    Grant.objects.filter(pk=reading.pk).update(valid_until=timezone.now() - timedelta(hours=1))


def _narrow(lead: User, reading: Grant) -> None:
    Role.objects.filter(grants__user=lead).update(permissions=["users:tenant:update"])


def _deny(lead: User, reading: Grant) -> None:
    a_part = Role.objects.create(code="not", name="N", permissions=["users:own:read"])
    Grant.objects.create(user=lead, role=a_part, denies=True, granted_at=timezone.now())


@pytest.mark.parametrize("lose", [_revoke, _close, _expire, _pass, _narrow, _deny])
def test_it_ends_when_its_delegator_has_it_no_longer(
    lose: Callable[[User, Grant], None], reading: Grant, lead: User, deputy: User
) -> None:
    assert _may(deputy)

    lose(lead, reading)

    assert not _may(deputy)


def test_what_was_handed_on_is_not_handed_on_again(reading: Grant, deputy: User, role: Any, make_user: Any) -> None:
    services.grant_role(deputy, role("grants:tenant:*", "users:tenant:create"), acting_user=None, now=timezone.now())
    other, acting_user = make_user("other@acme.example"), _again(deputy)

    with pytest.raises(NotYoursToGive, match="handed on to you"):
        services.delegate_role(other, reading.role, acting_user=acting_user, now=timezone.now())
    with pytest.raises(NotYoursToGive):  # nor given for good, in whatever way
        services.grant_role(other, reading.role, acting_user=acting_user, now=timezone.now())
    with pytest.raises(NotYoursToGive):
        services.invite("new@acme.example", roles=[reading.role], acting_user=acting_user, now=timezone.now())


def test_a_circle_keeps_nobody_up(reading: Grant, lead: User, deputy: User) -> None:
    """As a row that no service makes: what somebody was handed is not theirs to have handed on."""
    moment = timezone.now()
    Grant.objects.create(
        user=lead, role=reading.role, delegator=deputy, granted_at=moment, valid_until=moment + timedelta(days=1)
    )
    Grant.objects.filter(user=lead, delegator=None).delete()

    assert (_may(lead), _may(deputy)) == (False, False)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["models:tenant:publish"], "do not have"),
        (["models:tenant:*"], "do not have"),
        (["grants:own:read"], "your own"),
        (["keys:tenant:read"], "never handed on"),
    ],
)
def test_nobody_hands_on_more_than_they_have(lines: list[str], words: str, lead: User, deputy: User, role: Any) -> None:
    if lines == ["keys:tenant:read"]:
        services.grant_role(lead, role(*lines), acting_user=None, now=timezone.now())

    with pytest.raises(NotYoursToGive, match=words):
        services.delegate_role(deputy, role(*lines), acting_user=_again(lead), now=timezone.now())


def test_of_single_objects_those_are_handed_on_that_one_has(make_user: MakeUser, deputy: User, role: Any) -> None:
    of_one, mine, other = role("models:model:read"), UUID(int=1), UUID(int=2)
    owner = make_user("owner@acme.example", role("grants:own:create").code)
    services.grant_role(owner, of_one, object_id=mine, acting_user=None, now=timezone.now())
    Grant.objects.create(user=owner, role=of_one, granted_at=timezone.now())  # of none: it gives none away

    with pytest.raises(NotYoursToGive):
        services.delegate_role(deputy, of_one, object_id=other, acting_user=_again(owner), now=timezone.now())
    made = services.delegate_role(deputy, of_one, object_id=mine, acting_user=_again(owner), now=timezone.now())
    assert made.object_id == mine


def test_to_oneself_and_for_long_it_is_refused(lead: User, deputy: User, role: Any) -> None:
    one, moment = role("users:tenant:read"), timezone.now()

    with pytest.raises(Invalid) as refused:
        services.delegate_role(lead, one, acting_user=lead, now=moment)
    assert [problem.pointer for problem in refused.value.errors] == ["/user"]
    with pytest.raises(Invalid) as refused:
        services.delegate_role(deputy, one, valid_until=moment + timedelta(days=31), acting_user=lead, now=moment)
    assert [problem.pointer for problem in refused.value.errors] == ["/valid_until"]
    for row in ({"delegator": lead, "user": lead}, {"delegator": lead, "user": deputy, "valid_until": None}):
        with pytest.raises(IntegrityError), transaction.atomic():  # the database itself
            Grant.objects.create(role=one, granted_at=moment, **{"valid_until": moment, **row})


def test_it_takes_the_right_to_hand_on(make_user: MakeUser, deputy: User, role: Any) -> None:
    reader = make_user("reader@acme.example", role("users:tenant:read").code)

    with pytest.raises(authz.NotPermitted):
        services.delegate_role(deputy, role("users:tenant:read"), acting_user=reader, now=timezone.now())


def test_both_may_end_it_and_nobody_else(reading: Grant, lead: User, deputy: User, make_user: MakeUser) -> None:
    other = make_user("other@acme.example")
    with pytest.raises(NotYoursToGive):
        services.revoke_grant(reading, acting_user=other, now=timezone.now())
    _revoke(lead, reading)

    services.revoke_grant(reading, acting_user=_again(lead), now=timezone.now())  # who has it no longer, still

    assert not Grant.objects.filter(pk=reading.pk).exists()
    recorded = AuditEntry.objects.filter(action__startswith="delegation.").order_by("pk")
    assert [(one.action, one.actor, one.details["delegator"]) for one in recorded] == [
        ("delegation.created", str(lead.pk), str(lead.pk)),
        ("delegation.ended", str(lead.pk), str(lead.pk)),
    ]


def test_who_administers_for_another_is_not_the_last(admin: User, deputy: User) -> None:
    services.delegate_role(deputy, Role.objects.get(code="tenant_admin"), acting_user=admin, now=timezone.now())

    assert authz.everywhere(_again(deputy), "tenant:manage")
    with pytest.raises(LastAdministrator):
        services.revoke_grant(Grant.objects.get(user=admin), acting_user=None, now=timezone.now())


def test_it_is_explained_by_who_handed_it_on(reading: Grant, lead: User, deputy: User, admin: User) -> None:
    def said() -> Any:
        return services.explain(_again(deputy), "users:read", None, acting_user=admin, now=timezone.now())

    before = said()
    _revoke(lead, reading)
    after = said()

    assert (before.allow, [one.delegator for one in before.because]) == (True, [lead])
    assert "lead@acme.example handed on" in str(before.detail)
    assert (after.allow, after.because, [one.delegator for one in after.beside]) == (False, [], [lead])
    assert "does not have it any more" in str(after.detail)


def test_the_api_hands_on_and_takes_back(lead: User, deputy: User, role: Any, client: Client) -> None:
    client.force_login(lead)
    more: dict[str, Any] = {"content_type": "application/json", "headers": ACME}
    body = {"user": str(deputy.pk), "role": str(role("users:tenant:read").pk)}

    assert client.post("/api/v1/grants/", body, **more).status_code == 403  # for good: not theirs to give
    denied = client.post("/api/v1/grants/", {**body, "delegated": True, "denies": True}, **more)
    made = client.post("/api/v1/grants/", {**body, "delegated": True}, **more)

    assert (denied.status_code, denied.json()["errors"][0]["pointer"]) == (422, "/denies")
    assert (made.status_code, made.json()["delegated"], made.json()["delegator"]) == (201, True, str(lead.pk))
    assert [
        one["id"] for one in client.get(f"/api/v1/grants/?delegator={lead.pk}", headers=ACME).json()["results"]
    ] == [made.json()["id"]]
    assert client.delete(f"/api/v1/grants/{made.json()['id']}/", **more).status_code == 204
    assert not authz.somewhere(_again(deputy), "users:read")


def test_what_is_refused_in_the_administration_is_said_at_the_form_as_it_was_sent(
    admin: User, deputy: User, client: Client
) -> None:
    client.force_login(admin)
    body = {"user": str(deputy.pk), "role": str(Role.objects.get(code="model_analyst").pk), "delegated": "on"}
    said = {
        timedelta(days=40): "A role is handed on for 30 days at most.",
        timedelta(hours=-1): "Choose a time in the future.",
    }
    for away, sentence in said.items():
        until = f"{timezone.now() + away:%Y-%m-%dT%H:%M}"
        page = client.post("/admin/accounts/grant/add/", {**body, "valid_until": until}, headers=ACME)
        form = page.context["adminform"].form

        assert form.errors == {"valid_until": [sentence]}
        assert (form["user"].value(), form["valid_until"].value()) == (body["user"], until)
    assert not Grant.objects.filter(user=deputy).exists()


def test_administrators_hand_on_in_the_administration(admin: User, deputy: User, client: Client) -> None:
    client.force_login(admin)
    body = {"user": str(deputy.pk), "role": str(Role.objects.get(code="model_analyst").pk), "delegated": "on"}

    refused = client.post("/admin/accounts/grant/add/", {**body, "denies": "on"}, headers=ACME)
    made = client.post("/admin/accounts/grant/add/", body, headers=ACME)

    assert "A denial is not handed on." in refused.content.decode()
    assert made.status_code == 302
    assert Grant.objects.get(user=deputy).delegator == admin
    page = client.get(f"/admin/accounts/user/{deputy.pk}/permissions/?permission=models:read", headers=ACME)
    assert page.content.decode().count("Handed on by admin@acme.example") == 2
