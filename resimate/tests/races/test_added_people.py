"""Two add one person at the same moment: the second is told so, as if the first had been there long ago."""

from datetime import datetime

from apps.accounts.models import User
from apps.campaigns import services
from apps.core.errors import Invalid
from apps.core.fields import new_id
from apps.outreach.contacts import Contact
from resimate.tests.races.harness import race


def test_the_second_is_told_which_row_of_a_list_it_is(ada: User, now: datetime) -> None:
    both = [Contact("Ed", f"{new_id()}@example.org"), Contact("Di", f"{new_id()}@example.org")]

    first, second = race(
        lambda: services.create_stakeholder(both[1], acting_user=ada, now=now),
        lambda: services.create_stakeholders(both, acting_user=ada, now=now, at="/rows"),
    )

    assert (first.code, second.code, second.waited) == ("", "invalid", True)
    assert isinstance(second.error, Invalid)
    assert [(one.pointer, one.code) for one in second.error.errors] == [("/rows/1/email", "unique")]
    assert not services.find_by_email(both[0].email).exists()
