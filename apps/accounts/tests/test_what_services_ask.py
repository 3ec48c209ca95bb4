"""What services ask and look for themselves, whichever face called them, and whatever it had asked before."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone

from apps.accounts import authz, reach, second_steps, services
from apps.accounts.models import Invitation, ServiceAccount, Session, User
from apps.accounts.risk import Facts, assess
from apps.accounts.services import device_links, preferences
from apps.accounts.services.service_accounts import stop_programs_of
from apps.accounts.services.sign_in_links import ask_for_sign_in_link, write_sign_in_link
from apps.audit.models import AuditEntry
from apps.configuration import services as configuration
from apps.core.models import Event
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("SEC-AUTH-002")
ACME = {"host": "acme.localhost"}
ORDINARY = Facts(
    is_new_device=False, failures=0, accounts=0, factor_used_at=None, is_administrator=False, now=timezone.now()
)
VERBS: dict[str, Callable[..., Any]] = {
    "send again": services.resend_invitation,
    "withdraw": services.revoke_invitation,
    "erase": services.erase_invitation,
}


def _close(user: User) -> None:
    """And nothing else: what ends with it otherwise, such as sessions and links, has not ended."""
    User.objects.filter(pk=user.pk).update(is_active=False)


# Rights


@pytest.mark.parametrize("verb", VERBS)
def test_what_is_done_with_invitations_takes_a_right(verb: str, invite: Any, analyst: User, now: datetime) -> None:
    invitation = invite()

    with pytest.raises(authz.NotPermitted):
        VERBS[verb](invitation, acting_user=analyst, now=now)

    left = Invitation.objects.get(pk=invitation.pk)
    assert (left.email, left.link_version, left.state_at(now)) == ("bo@acme.example", 1, Invitation.State.OPEN)


def test_a_list_of_colleagues_is_no_job_for_who_invites_nobody(analyst: User, now: datetime) -> None:
    with pytest.raises(authz.NotPermitted):
        services.enqueue_import([], notes=[], acting_user=analyst, now=now, dry_run=True)


def test_sessions_of_others_are_ended_by_who_manages_accounts(analyst: User, admin: User, now: datetime) -> None:
    browser = Client(headers=ACME)
    browser.force_login(admin)
    session = Session.objects.get(user=admin)

    with pytest.raises(authz.NotPermitted):
        services.end_session(session, acting_user=analyst, now=now)
    with pytest.raises(authz.NotPermitted):
        services.sign_out_everywhere(admin, acting_user=analyst, now=now)
    assert Session.objects.filter(user=admin).exists()


def test_nobody_looks_as_a_colleague_without_the_right_to(analyst: User, make_user: Any, now: datetime) -> None:
    colleague = make_user("cy@acme.example", "model_analyst")  # who may do no more than the analyst

    with pytest.raises(authz.NotPermitted):
        services.start_view({}, colleague, acting_user=analyst, now=now)
    refusals = []
    for person_id in (colleague.pk, uuid4()):
        with pytest.raises(authz.NotPermitted) as refused:
            services.look_as(person_id, acting_user=analyst, now=now)
        refusals.append(str(refused.value))
    assert len(set(refusals)) == 1  # it tells nobody who is there


def test_an_app_gives_programs_no_reach_that_another_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "_bearers", {})
    reach.declare("toy", lambda what, user_id: User())

    with pytest.raises(ValueError, match="two apps declare the reach toy"):
        reach.declare("toy", lambda what, user_id: User())


# Closed accounts


def test_a_closed_account_takes_no_second_step(analyst: User, client: Client) -> None:
    now = timezone.now()
    request: Any = RequestFactory().get("/", headers=ACME)
    request.user, request.session = analyst, client.session
    second_steps.begin(request, analyst, assess(ORDINARY), now)
    assert second_steps.pending(request.session, now) == analyst

    _close(analyst)

    assert second_steps.pending(request.session, now) is None


def test_a_closed_account_proves_no_device(analyst: User) -> None:
    token = device_links.LINKS.token_for(analyst)
    assert services.owner_of_device_link(token) == analyst

    _close(analyst)

    device_links.write_device_link(str(analyst.pk), uuid4(), now=timezone.now())
    assert not Message.objects.exists()
    with pytest.raises(device_links.DeviceLinkOver):
        services.owner_of_device_link(token)


def test_a_closed_account_gets_no_link_to_sign_in(acme: Any, make_user: Any) -> None:
    now = timezone.now()
    configuration.change("sign_in.links", True, now=now)
    bo = make_user("bo@acme.example", "stakeholder")
    ask_for_sign_in_link(bo.email, target="", now=now)
    write_sign_in_link(str(bo.pk), uuid4(), target="", now=now)

    _close(bo)
    ask_for_sign_in_link(bo.email, target="", now=now)
    write_sign_in_link(str(bo.pk), uuid4(), target="", now=now)

    asked = Event.objects.filter(name="user.sign_in_link_asked").order_by("pk")
    assert [one.payload["user_id"] for one in asked] == [str(bo.pk), ""]
    assert Message.objects.filter(kind="sign_in_link").count() == 1


def test_what_the_owner_of_a_closed_account_wanted_is_asked_no_more(analyst: User) -> None:
    User.objects.filter(pk=analyst.pk).update(time_zone="Asia/Tokyo", declined=["reminder:email"])

    def wishes() -> tuple[str, bool]:
        return preferences.wishes_at([analyst.email])(analyst.email).time_zone, preferences.anybody_declines("reminder")

    assert wishes() == ("Asia/Tokyo", True)
    _close(analyst)
    assert wishes() == ("", False)


# Programs


def test_with_somebody_their_own_programs_stop_and_each_once(analyst: User, admin: User, now: datetime) -> None:
    runs, old = (
        services.create_service_account(name, owner=analyst, acting_user=None, now=now) for name in ("Feed", "Old feed")
    )
    others = services.create_service_account("Other feed", owner=admin, acting_user=None, now=now)
    _close(old)

    stop_programs_of(analyst, acting_user=None, now=now)

    assert [*ServiceAccount.objects.filter(is_active=True)] == [others]
    stopped = AuditEntry.objects.filter(action="service_account.stopped")
    assert [one.object_id for one in stopped] == [str(runs.pk)]
