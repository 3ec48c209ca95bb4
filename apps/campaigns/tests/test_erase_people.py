"""Somebody is forgotten by one verb: their key is gone, nothing is sent, and what was answered leads to nobody."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django_tenants.utils import tenant_context

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.campaigns import services
from apps.campaigns.models import Campaign, Participation, Stakeholder
from apps.campaigns.services import NothingToRemind
from apps.campaigns.tests.story import BO, CY, Clock, Post, deliver_everything, part_of, send, taken_part
from apps.campaigns.tests.test_isolation import theirs  # noqa: F401  a fixture
from apps.campaigns.tests.test_keys_of_people import MIGRATION, stakeholder
from apps.campaigns.tests.test_outdated_messages import reminded, send_all  # noqa: F401  a fixture
from apps.core import crypto
from apps.core.api.serializers import NOBODYS
from apps.keys import services as keys
from apps.keys.models import SubjectKey
from apps.models.services import answers_of
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("COMP-001", "SEC-DATA-001")


@pytest.fixture
def erased(reminded: Campaign, ada: User, clock: Clock) -> Stakeholder:  # noqa: F811  the fixture
    return services.erase_stakeholder(stakeholder(), acting_user=ada, now=clock.moment)


def test_nothing_is_left_of_who_was_erased_and_nothing_is_sent(
    reminded: Campaign,  # noqa: F811  the fixture
    erased: Stakeholder,
    clock: Clock,
    post: Post,
) -> None:
    got = len(post.to(BO))

    send_all(clock)

    assert (len(post.to(BO)), len(post.to(CY))) == (got, 2)
    assert (erased.name, erased.email, erased.is_erased, erased.user) == ("Erased", "", True, None)
    letters = Message.objects.to(erased.participations.values_list("pk", flat=True)).select_related("key")
    assert {(one.address, one.body) for one in letters} == {("", "")}
    assert {one.state for one in letters} == {Message.State.SENT, Message.State.CANCELLED}
    assert SubjectKey.objects.filter(secret__isnull=True).count() == 1
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT octet_length(name) + octet_length(email) FROM campaigns_stakeholder WHERE id = %s", [erased.pk]
        )
        assert cursor.fetchone() == (0,)
    assert keys.verify("acme").problems == []


def test_who_did_it_is_on_record_once(erased: Stakeholder, ada: User, clock: Clock) -> None:
    services.erase_stakeholder(erased, acting_user=ada, now=clock.moment)

    (entry,) = AuditEntry.objects.filter(action="stakeholder.erased")
    assert entry.actor == str(ada.pk)


def test_who_has_the_address_afterwards_is_somebody_else(
    reminded: Campaign,  # noqa: F811  the fixture
    erased: Stakeholder,
    ada: User,
    clock: Clock,
) -> None:
    services.add_stakeholders(reminded, [BO], acting_user=ada, now=clock.moment)

    assert stakeholder().pk != erased.pk
    assert not part_of(reminded, BO).stakeholder.is_erased


def test_what_was_answered_stays_and_who_has_not_is_asked_no_more(campaign: Campaign, ada: User, clock: Clock) -> None:
    deliver_everything(clock)
    send(part_of(campaign, BO), {"P1": 3}, clock.moment)
    bo, cy = part_of(campaign, BO), part_of(campaign, CY)
    for one in (bo, cy):
        services.erase_stakeholder(one.stakeholder, acting_user=ada, now=clock.moment)

    parts = {one.pk: one for one in Participation.objects.select_related("response")}
    assert (parts[bo.pk].revoked_at, parts[cy.pk].revoked_at) == (None, clock.moment)
    assert parts[bo.pk].has_answered
    assert answers_of(taken_part(parts[bo.pk])) == {"P1": 3}
    clock.forward(days=1)
    with pytest.raises(NothingToRemind):
        services.remind(campaign, acting_user=ada, now=clock.moment)


def test_whose_account_it_was_is_forgotten_and_what_was_withdrawn_stays_as_it_was(
    campaign: Campaign, ada: User, clock: Clock
) -> None:
    bo, cy = part_of(campaign, BO), part_of(campaign, CY)
    Stakeholder.objects.filter(pk=bo.stakeholder_id).update(user=ada)
    services.revoke_link(bo, acting_user=ada, now=clock.moment)
    services.close_campaign(campaign, acting_user=ada, now=clock.moment)
    clock.forward(days=1)

    erased = [services.erase_stakeholder(one.stakeholder, acting_user=ada, now=clock.moment) for one in (bo, cy)]

    assert [one.user for one in erased] == [None, None]
    was_revoked = dict(Participation.objects.values_list("pk", "revoked_at"))
    assert was_revoked == {bo.pk: clock.moment - timedelta(days=1), cy.pk: None}


def test_nothing_more_can_be_done_with_who_was_erased(
    reminded: Campaign,  # noqa: F811  the fixture
    erased: Stakeholder,
    ada: User,
    clock: Clock,
) -> None:
    part = erased.participations.get()
    others = services.create_campaign(
        name="Another",
        version=reminded.version,
        subject=reminded.subject,
        closes_at=clock.moment + timedelta(days=3),
        acting_user=ada,
        now=clock.moment,
    )
    Participation.objects.filter(pk=part.pk).update(revoked_at=None)  # as in an older copy
    for attempt in (
        lambda: services.change_stakeholder(erased, {"group": "X"}, acting_user=ada, now=clock.moment),
        lambda: services.renew_link(part, acting_user=ada, now=clock.moment),
        lambda: services.show_link(part, acting_user=ada, now=clock.moment),
        lambda: services.add_stakeholders(others, [], known=[erased], acting_user=ada, now=clock.moment),
    ):
        with pytest.raises(crypto.Erased):
            attempt()


def test_somebody_of_before_there_were_keys_is_erased_as_well(draft: Campaign, ada: User, clock: Clock) -> None:
    """As an older process has stored them, during an upgrade."""
    with connection.schema_editor() as editor:
        MIGRATION.PEOPLE.backwards(None, editor)
    assert (stakeholder().name, stakeholder().key) == ("Bo Berg", None)

    erased = services.erase_stakeholder(stakeholder(), acting_user=ada, now=clock.moment)

    assert (erased.name, erased.email) == ("Erased", "")


def test_programs_erase_people_by_the_right_to_delete_them(
    reminded: Campaign,  # noqa: F811  the fixture
    staff: Client,
) -> None:
    bo = stakeholder()
    answer = staff.post(f"/api/v1/stakeholders/{bo.pk}/erase/", content_type="application/json")

    assert answer.status_code == 200, answer.content
    assert {name: answer.json()[name] for name in ("name", "email", "erased")} == {
        "name": "Erased",
        "email": NOBODYS,
        "erased": True,
    }
    assert staff.patch(f"/api/v1/stakeholders/{bo.pk}/", {"group": "X"}, "application/json").status_code in (410, 428)


@pytest.mark.requirement("DB-002")
def test_erasing_somebody_here_leaves_them_known_to_another_tenant(
    campaign: Campaign,
    theirs: Campaign,  # noqa: F811  the fixture
    beta: Any,
    ada: User,
    clock: Clock,
) -> None:
    services.erase_stakeholder(stakeholder(), acting_user=ada, now=clock.moment)

    with tenant_context(beta):
        bo = stakeholder()
        assert (bo.name, bo.is_erased) == ("Bo Berg", False)
        assert keys.verify("beta").problems == []
