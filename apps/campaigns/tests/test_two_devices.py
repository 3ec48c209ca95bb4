"""The same link open on two devices: the later answer stays, and the earlier device is told."""

from datetime import timedelta

import pytest
from django.test import Client

from apps.campaigns.models import Campaign
from apps.campaigns.tests.story import HOST, Clock
from apps.models.tests.sheets import stored_answer

pytestmark = pytest.mark.requirement("CAMP-001")
HTMX = {"HX-Request": "true"}


def value(question: str) -> object:
    return stored_answer(question).value


def seen(page: bytes, question: str) -> str:
    """The moment of the answer that a page shows, as its form sends it back."""
    return page.decode().split(f'name="s-{question}" value="')[1].split('"')[0]


def test_a_page_that_shows_an_older_answer_does_not_overwrite_the_newer(
    campaign: Campaign, bos_link: str, visitor: Client, clock: Clock
) -> None:
    page = visitor.get(f"{bos_link}sections/people/").content
    clock.forward(minutes=1)
    Client(headers=HOST).post(f"{bos_link}answers/P1/", {"q-P1": "1"}, headers=HTMX)
    clock.forward(minutes=1)

    late = {"q-P1": "3", "s-P1": seen(page, "P1"), "q-P2": "2", "s-P2": seen(page, "P2")}
    told = visitor.post(f"{bos_link}sections/people/", late)

    assert told.status_code == 409
    assert "answered elsewhere in the meantime" in told.content.decode()
    assert (value("P1"), value("P2")) == (1, 2)
    again = {"q-P1": "3", "s-P1": seen(told.content, "P1"), "q-P2": "2", "s-P2": seen(told.content, "P2")}
    assert visitor.post(f"{bos_link}sections/people/", again).status_code == 302
    assert value("P1") == 3


def test_the_same_answer_on_both_devices_is_no_conflict(
    campaign: Campaign, bos_link: str, visitor: Client, clock: Clock
) -> None:
    page = visitor.get(f"{bos_link}sections/people/").content
    Client(headers=HOST).post(f"{bos_link}answers/P1/", {"q-P1": "1"}, headers=HTMX)

    response = visitor.post(f"{bos_link}sections/people/", {"q-P1": "1", "s-P1": seen(page, "P1")})

    assert response.status_code == 302


def test_a_form_that_leaves_a_question_out_does_not_erase_it(
    campaign: Campaign, bos_link: str, visitor: Client
) -> None:
    empty = visitor.get(f"{bos_link}sections/people/").content
    visitor.post(f"{bos_link}answers/P1/", {"q-P1": "1"}, headers=HTMX)

    visitor.post(f"{bos_link}sections/people/", {"s-P1": seen(empty, "P1"), "q-P2": "2"})

    assert value("P1") == 1


def test_an_answer_given_offline_before_a_newer_one_is_stale(
    campaign: Campaign, bos_link: str, visitor: Client, clock: Clock
) -> None:
    given_offline_at = clock.moment
    clock.forward(minutes=5)
    Client(headers=HOST).post(f"{bos_link}answers/P1/", {"q-P1": "3"}, headers=HTMX)
    clock.forward(minutes=5)

    reply = visitor.post(
        f"{bos_link}answers/P1/", {"q-P1": "1"}, headers={**HTMX, "X-Answered-At": given_offline_at.isoformat()}
    )

    assert value("P1") == 3
    assert reply["HX-Retarget"] == "#q-P1"
    assert "answered this elsewhere later" in reply.content.decode()
    assert 'value="3" checked' in reply.content.decode()


def test_an_answer_given_offline_after_the_stored_one_counts(
    campaign: Campaign, bos_link: str, visitor: Client, clock: Clock
) -> None:
    Client(headers=HOST).post(f"{bos_link}answers/P1/", {"q-P1": "3"}, headers=HTMX)
    given_offline_at = clock.forward(minutes=5)
    clock.forward(hours=5)

    visitor.post(
        f"{bos_link}answers/P1/", {"q-P1": "1"}, headers={**HTMX, "X-Answered-At": given_offline_at.isoformat()}
    )

    assert value("P1") == 1
    assert stored_answer("P1").answered_at == given_offline_at


def test_a_device_whose_clock_is_slow_is_measured_by_its_own_clock(
    campaign: Campaign, bos_link: str, visitor: Client, clock: Clock
) -> None:
    """It says when the answer was given and when it was sent: only the time between them is believed."""
    Client(headers=HOST).post(f"{bos_link}answers/P1/", {"q-P1": "3"}, headers=HTMX)
    clock.forward(minutes=10)
    slow = clock.moment - timedelta(days=1)

    visitor.post(
        f"{bos_link}answers/P1/",
        {"q-P1": "1"},
        headers={**HTMX, "X-Answered-At": (slow - timedelta(minutes=1)).isoformat(), "X-Sent-At": slow.isoformat()},
    )

    assert value("P1") == 1
    assert stored_answer("P1").answered_at == clock.moment - timedelta(minutes=1)


@pytest.mark.parametrize("header", ["2999-01-01T00:00:00Z", "yesterday", "2026-11-02", "0001-01-01T00:00:00+14:00", ""])
def test_a_wrong_time_is_not_believed(
    campaign: Campaign, bos_link: str, visitor: Client, clock: Clock, header: str
) -> None:
    reply = visitor.post(f"{bos_link}answers/P1/", {"q-P1": "1"}, headers={**HTMX, "X-Answered-At": header})

    assert reply.status_code == 200
    assert stored_answer("P1").answered_at <= clock.moment
