"""Contacts whose domain is spelt in ASCII and in letters are one person, in lists and in what is known already."""

from dataclasses import replace

import pytest

from apps.accounts.models import User
from apps.campaigns import services
from apps.campaigns.models import Campaign, Stakeholder
from apps.campaigns.services import Contact
from apps.campaigns.tests.story import Clock
from apps.core import crypto
from apps.core.errors import Invalid
from apps.outreach import contacts
from resimate_text.identity import folded

pytestmark = pytest.mark.requirement("CAMP-001")

UWE = Contact("Uwe Vogt", "uwe@xn--bcher-kva.example", "Staff")
AGAIN = replace(UWE, email="Uwe@Bücher.example")


def test_one_person_does_not_stand_twice_in_a_list() -> None:
    reading = contacts.read(f"name,email\nUwe,{UWE.email}\nUwe,{AGAIN.email}")

    assert [one.email for one in reading.contacts] == [UWE.email]
    assert "the same e-mail address as in line 2" in reading.problems[0]


@pytest.mark.parametrize("before", [False, True])
def test_who_is_known_by_one_spelling_is_known_by_the_other(
    draft: Campaign, ada: User, clock: Clock, before: bool
) -> None:
    services.add_stakeholders(draft, [UWE], acting_user=ada, now=clock.moment)
    uwe = services.find_by_email(AGAIN.email).get()
    if before:
        key = crypto.index_keys("acme").written[1]
        digest = crypto.keyed_digest(folded(UWE.email), key, "campaigns.stakeholder|email")
        Stakeholder.objects.filter(pk=uwe.pk).update(email_index=digest)

    again = services.add_stakeholders(draft, [AGAIN], acting_user=ada, now=clock.moment)
    with pytest.raises(Invalid, match="already"):
        services.create_stakeholder(AGAIN, acting_user=ada, now=clock.moment)
    with pytest.raises(Invalid, match="different"):
        services.create_stakeholders([AGAIN], acting_user=ada, now=clock.moment)

    assert (again.new, again.already) == (0, 1)
    assert services.find_by_email(AGAIN.email).get() == uwe
    assert uwe.reached_at["email"] == "uwe@bücher.example"
