"""The people who can be asked: found by their e-mail address, encrypted, each there once."""

from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import schema_context, tenant_context

from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.campaigns import services
from apps.campaigns.models import Campaign, Stakeholder
from apps.campaigns.services import CampaignClosed, Contact
from apps.campaigns.services.stakeholders import StakeholderInUse
from apps.campaigns.tests.story import BO, CY, Clock, deliver_everything, part_of
from apps.core import events
from apps.core.errors import Invalid
from apps.core.models import EventDelivery

pytestmark = pytest.mark.requirement("CAMP-001")


def test_adding_the_same_people_again_changes_nothing(draft: Campaign, ada: User, clock: Clock) -> None:
    again = services.add_stakeholders(draft, [BO, CY], acting_user=ada, now=clock.moment)

    assert (again.new, again.already) == (0, 2)
    assert Stakeholder.objects.count() == 2
    assert draft.participations.count() == 2


def test_another_address_is_another_persons(draft: Campaign, ada: User, clock: Clock) -> None:
    bo = create_user("bo@example.org", password="seven purple bicycles", now=clock.moment)
    services.link_user(bo.pk)
    stakeholder = services.find_by_email(BO.email).get()
    assert stakeholder.user == bo

    changed = services.change_stakeholder(stakeholder, {"email": "di@example.org"}, acting_user=ada, now=clock.moment)
    assert changed.user is None
    again = services.change_stakeholder(changed, {"email": "Ada@acme.example"}, acting_user=ada, now=clock.moment)
    assert again.user == ada


@pytest.mark.parametrize("spelling", ["BO@EXAMPLE.ORG", " bo@example.org ", "Bo@Example.Org"])
def test_an_address_is_the_same_in_every_spelling(draft: Campaign, ada: User, clock: Clock, spelling: str) -> None:
    added = services.add_stakeholders(
        draft, [Contact("bo  BERG", spelling, "STAFF")], acting_user=ada, now=clock.moment
    )

    assert (added.new, added.already) == (0, 1)
    bo = services.find_by_email("bo@example.org").get()
    assert (bo.name, bo.group) == ("Bo Berg", "Staff")


def test_names_and_addresses_are_encrypted_at_rest(draft: Campaign) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(campaigns_stakeholder::text, '') FROM campaigns_stakeholder")
        [stored] = cursor.fetchone()

    for secret in ("bo@example.org", "Bo Berg"):
        assert secret not in stored
        assert secret.encode().hex() not in stored


def test_nobody_joins_a_closed_campaign(campaign: Campaign, ada: User, clock: Clock) -> None:
    services.close_campaign(campaign, acting_user=ada, now=clock.moment)

    with pytest.raises(CampaignClosed):
        services.add_stakeholders(campaign, [Contact("Di", "di@example.org")], acting_user=ada, now=clock.moment)


def test_who_joins_an_open_campaign_can_answer_at_once(campaign: Campaign, ada: User, clock: Clock) -> None:
    di = Contact("Di", "di@example.org", "Board")
    services.add_stakeholders(campaign, [di], acting_user=ada, now=clock.moment)

    response = part_of(campaign, di).response
    assert response is not None
    assert response.group == "Board"


def test_two_stakeholders_with_one_address_are_refused(draft: Campaign, ada: User, clock: Clock) -> None:
    with pytest.raises(Invalid) as refused:
        services.create_stakeholder(Contact("B", "BO@example.org"), acting_user=ada, now=clock.moment)
    assert refused.value.errors[0].pointer == "/email"

    rows = [Contact("Di", "di@example.org"), Contact("D", "Di@example.org"), Contact("B", "bo@example.org")]
    with pytest.raises(Invalid) as many:
        services.create_stakeholders(rows, acting_user=ada, now=clock.moment)
    assert [one.pointer for one in many.value.errors] == ["/1/email", "/2/email"]
    assert Stakeholder.objects.count() == 2


def test_who_takes_part_stays(draft: Campaign, ada: User, clock: Clock) -> None:
    bo = services.find_by_email(BO.email).get()

    with pytest.raises(StakeholderInUse):
        services.delete_stakeholder(bo, acting_user=ada, now=clock.moment)


def test_a_stakeholder_who_gets_an_account_sees_their_campaigns(campaign: Campaign, clock: Clock) -> None:
    user = create_user("BO@example.org", password="seven purple bicycles", now=clock.moment)
    deliver_everything(clock)

    assert services.find_by_email(BO.email).get().user == user
    assert services.find_by_email(CY.email).get().user is None


def test_a_new_person_of_the_platform_is_no_stakeholders_account(acme: Any, clock: Clock) -> None:
    with schema_context("public"):
        create_user("root@localhost.example", password="seven purple bicycles", now=clock.moment)
        events.deliver_due(clock.moment)
        assert not EventDelivery.objects.exclude(last_error="").exists()


def test_the_same_address_in_another_tenant_is_somebody_else(draft: Campaign, beta: Any, clock: Clock) -> None:
    with tenant_context(beta):
        assert not services.find_by_email(BO.email).exists()
        services.create_stakeholder(BO, acting_user=None, now=clock.moment)
        theirs = bytes(services.find_by_email(BO.email).get().email_index)

    assert bytes(services.find_by_email(BO.email).get().email_index) != theirs
