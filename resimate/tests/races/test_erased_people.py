"""Somebody is erased, or added, by two at once: no message is left to read, and no key of nobody."""

from datetime import datetime, timedelta

import pytest

from apps.accounts.models import User
from apps.campaigns import services
from apps.campaigns.models import Campaign, Stakeholder
from apps.core.fields import new_id
from apps.keys.models import SubjectKey
from apps.notifications import services as notifications
from apps.notifications.models import Message
from resimate.tests.races.harness import race
from resimate.tests.races.test_people import campaign, di, draft  # noqa: F401  fixtures

pytestmark = [pytest.mark.thorough, pytest.mark.requirement("COMP-001")]


def test_a_message_that_is_claimed_is_not_kept_from_being_erased(di: Stakeholder, ada: User, now: datetime) -> None:  # noqa: F811  the fixture
    letters = Message.objects.to(di.participations.values_list("pk", flat=True))
    ids = [str(one) for one in letters.values_list("pk", flat=True)]

    erasing, sending = race(
        lambda: services.erase_stakeholder(di, acting_user=ada, now=now),
        lambda: notifications._claim(ids, now),
    )

    assert (erasing.code, sending.code) == ("", "")
    assert letters.get().state == Message.State.CANCELLED
    assert letters.select_related("key").get().body == ""


def test_of_two_who_add_one_person_at_once_no_key_is_left_over(
    campaign: Campaign,  # noqa: F811  the fixture
    ada: User,
    now: datetime,
) -> None:
    other = services.create_campaign(
        name="Other",
        version=campaign.version,
        subject=campaign.subject,
        closes_at=now + timedelta(days=14),
        acting_user=ada,
        now=now,
    )
    contact, count = services.Contact("El Ek", f"el-{new_id()}@example.org"), SubjectKey.objects.count()

    first, second = race(
        *[lambda to=to: services.add_stakeholders(to, [contact], acting_user=ada, now=now) for to in (campaign, other)]
    )

    assert (first.code, second.code, second.waited) == ("", "", True)
    assert SubjectKey.objects.count() == count + 1
    assert services.find_by_email(contact.email).get().participations.count() == 2
