"""An invitation that is over opens nothing, whatever ended it, and the page does not tell what that was."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts import authz, services
from apps.accounts.messages import COLLEAGUE_INVITED
from apps.accounts.models import ApiKey, Grant, Invitation, Role, User
from apps.accounts.services.grants import NotYoursToGive
from apps.accounts.services.invitations import LINKS, InvitationOver
from apps.accounts.tests.conftest import PASSWORD
from apps.accounts.tests.test_invitations import ACME, FORM, JSON, URL, accept, path_of
from apps.audit.models import AuditEntry
from apps.core import events
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("AUTH-001", "UC-001")


def _used(invitation: Invitation, admin: User) -> None:
    services.accept_invitation(LINKS.token_for(invitation), name="Bo", password=PASSWORD, now=timezone.now())


def _revoked(invitation: Invitation, admin: User) -> None:
    services.revoke_invitation(invitation, acting_user=admin, now=timezone.now())


def _sent_again(invitation: Invitation, admin: User) -> None:
    services.resend_invitation(invitation, acting_user=admin, now=timezone.now())


def _expired(invitation: Invitation, admin: User) -> None:
    Invitation.objects.update(expires_at=timezone.now())


def _erased(invitation: Invitation, admin: User) -> None:
    services.erase_invitation(invitation, acting_user=admin, now=timezone.now())


def _got_an_account(invitation: Invitation, admin: User) -> None:
    services.create_user("BO@acme.example", password=PASSWORD, now=timezone.now())


def _inviter_closed(invitation: Invitation, admin: User) -> None:
    User.objects.filter(pk=admin.pk).update(is_active=False)


def _inviter_has_less(invitation: Invitation, admin: User) -> None:
    Grant.objects.filter(user=admin).delete()


def _role_grew(invitation: Invitation, admin: User) -> None:
    Grant.objects.filter(user=admin).delete()
    code = "inviter"
    rights = ["users:tenant:create", "models:tenant:read"]
    role = services.create_role(code, name="I", permissions=rights, acting_user=None, now=timezone.now())
    services.grant_role(admin, role, acting_user=None, now=timezone.now())
    given = services.create_role("given", name="G", permissions=rights[1:], acting_user=None, now=timezone.now())
    invitation.roles.set([given])
    given.permissions = ["models:tenant:manage"]
    given.save()


@pytest.mark.requirement("SEC-AUTH-002")
@pytest.mark.parametrize(
    "what",
    [_used, _revoked, _sent_again, _expired, _erased, _got_an_account, _inviter_closed, _inviter_has_less, _role_grew],
)
def test_a_link_that_is_over_shows_one_page_and_makes_nothing(invite: Any, admin: User, what: Any) -> None:
    invitation = invite()
    path = path_of(invitation)
    nonsense = Client(headers=ACME).post("/invitations/x:y:z/", FORM)
    what(invitation, admin)
    people, grants = User.objects.count(), Grant.objects.count()

    answer = accept(path)

    assert (answer.status_code, nonsense.status_code) == (410, 410)
    assert _without_token(answer) == _without_token(nonsense)
    assert (User.objects.count(), Grant.objects.count()) == (people, grants)


def _without_token(answer: Any) -> str:
    """The page without what is new in each: its own address, and the token against forged requests."""
    return re.sub(r"/invitations/[^\"]*|[A-Za-z0-9]{64}", "", answer.content.decode())


@pytest.mark.requirement("SEC-AUTH-002")
def test_that_somebody_could_not_give_the_roles_any_more_is_on_record(invite: Any, admin: User) -> None:
    path = path_of(invite())
    Grant.objects.filter(user=admin).delete()

    accept(path)

    entry = AuditEntry.objects.get(action="invitation.refused")
    assert (entry.outcome, entry.details) == ("denied", {"reason": "rights"})
    assert not User.objects.at("bo@acme.example").exists()


@pytest.mark.requirement("SEC-AUTH-002")
def test_an_invitation_reaches_no_further_than_the_key_with_which_it_was_sent(invite: Any, admin: User) -> None:
    rights = ["users:tenant:create", "models:tenant:read"]
    reader = services.create_role("reader", name="R", permissions=rights[1:], acting_user=None, now=timezone.now())
    key, _ = services.create_api_key(admin, name="k", permissions=rights, now=timezone.now())
    by = User.objects.get(pk=admin.pk)
    authz.narrow(by, key)
    with pytest.raises(NotYoursToGive):
        invite("cy@acme.example", "tenant_admin", by=by)
    invitation = invite("bo@acme.example", "reader", by=by)
    path = path_of(invitation)

    ApiKey.objects.update(revoked_at=timezone.now())
    assert accept(path).status_code == 410
    ApiKey.objects.update(revoked_at=None)
    reader.permissions = ["models:tenant:manage"]
    reader.save()
    assert accept(path).status_code == 410
    reader.permissions = rights[1:]
    reader.save()
    assert accept(path).status_code == 302


@pytest.mark.requirement("SEC-AUTH-002")
def test_nobody_invites_to_more_than_they_have(acme: Any, invite: Any, analyst: User) -> None:
    rights = ["users:tenant:create", "models:tenant:read"]
    role = services.create_role("inviter", name="I", permissions=rights, acting_user=None, now=timezone.now())
    with pytest.raises(authz.NotPermitted):
        invite(by=User.objects.get(pk=analyst.pk))
    services.grant_role(analyst, role, acting_user=None, now=timezone.now())
    client = Client(headers=ACME)
    client.force_login(analyst)

    wider = [Role.objects.get(code=code).pk for code in ("tenant_admin", "key_custodian")]
    answers = [client.post(URL, {"email": "bo@acme.example", "roles": [str(one)]}, JSON) for one in wider]

    assert [one.status_code for one in answers] == [403, 403]
    assert invite("bo@acme.example", "inviter", by=User.objects.get(pk=analyst.pk)).pk
    assert not Invitation.objects.exclude(invited_by=analyst).exists()


def test_of_two_at_once_one_comes_too_late(invite: Any) -> None:
    token = LINKS.token_for(invite())
    services.accept_invitation(token, name="Bo", password=PASSWORD, now=timezone.now())

    with pytest.raises(InvitationOver):
        services.accept_invitation(token, name="Mallory", password=PASSWORD, now=timezone.now())


def test_a_letter_that_has_not_left_is_not_written_once_nobody_stands_for_it(admin: User, make_user: Any) -> None:
    other = make_user("other@acme.example", "tenant_admin")
    role = Role.objects.get(code="stakeholder")
    for inviter, email in ((other, "bo@new.example"), (admin, "cy@new.example")):
        services.invite(email, roles=[role], acting_user=inviter, now=timezone.now())
    services.deactivate_user(other, acting_user=admin, now=timezone.now())
    events.deliver_due(timezone.now())

    assert [one.address for one in Message.objects.filter(kind=COLLEAGUE_INVITED.name)] == ["cy@new.example"]
