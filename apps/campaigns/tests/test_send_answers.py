"""Checking the answers and sending them; they can be changed and sent again until the campaign closes."""

import copy
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.campaigns import services
from apps.campaigns.models import Campaign
from apps.campaigns.tests.story import (
    BO,
    DOCUMENT,
    Clock,
    deliver_everything,
    make_version,
    others_send,
    part_of,
    path_of,
    taken_part,
)
from apps.core.models import Event
from apps.models.models import ScoreRun, Subject
from apps.models.services import answers_of

pytestmark = pytest.mark.requirement("CAMP-001")


def answer_all(visitor: Client, link: str) -> None:
    visitor.post(f"{link}sections/people/", {"q-P1": "3", "q-P2": "3"})
    visitor.post(f"{link}sections/plans/", {"q-S1": "100", "q-S2": "true"})
    visitor.post(f"{link}sections/means/", {"q-M1.0": "1", "q-M1.1": "1"})


def test_the_check_page_shows_answers_in_words_and_gaps(bos_link: str, visitor: Client) -> None:
    visitor.post(f"{bos_link}sections/people/", {"q-P1": "3", "q-P2": "not_applicable"})

    page = visitor.get(f"{bos_link}check/").content.decode()

    assert "Always" in page
    assert "Does not apply" in page
    assert page.count("No answer</span>") == 3
    assert "3 questions have no answer yet" in page


def test_gaps_are_sent_only_after_they_were_confirmed(campaign: Campaign, bos_link: str, visitor: Client) -> None:
    visitor.post(f"{bos_link}sections/people/", {"q-P1": "3"})

    asked = visitor.post(f"{bos_link}check/")
    assert asked.status_code == 422
    assert "4 questions have no answer" in asked.content.decode()
    assert "Send anyway" in asked.content.decode()
    assert not Event.objects.filter(name="assessment.submitted").exists()

    sent = visitor.post(f"{bos_link}check/", {"confirmed": "yes"})
    assert sent["Location"] == f"{bos_link}done/"
    assert Event.objects.filter(name="assessment.submitted").count() == 1


def test_complete_answers_are_sent_at_once_with_a_receipt(campaign: Campaign, bos_link: str, visitor: Client) -> None:
    answer_all(visitor, bos_link)

    done = visitor.post(f"{bos_link}check/", follow=True)

    bo = part_of(campaign, BO)
    assert bo.response is not None
    assert bo.response.submitted_at is not None
    page = done.content.decode()
    receipt = re.search(r"[0-9A-F]{4}(-[0-9A-F]{4}){3}", page)
    assert receipt
    assert receipt.group().replace("-", "").lower() != bo.response.rater


def test_there_is_no_receipt_before_answers_were_sent(bos_link: str, visitor: Client) -> None:
    assert visitor.get(f"{bos_link}done/")["Location"] == bos_link


def test_answers_can_be_changed_and_sent_again(
    campaign: Campaign, bos_link: str, visitor: Client, clock: Clock
) -> None:
    answer_all(visitor, bos_link)
    visitor.post(f"{bos_link}check/")

    clock.forward(days=1)
    assert "you can change them" in visitor.get(bos_link).content.decode()
    visitor.post(f"{bos_link}answers/P1/", {"q-P1": "1"}, headers={"HX-Request": "true"})
    visitor.post(f"{bos_link}check/")

    bo = part_of(campaign, BO)
    assert answers_of(taken_part(bo))["P1"] == 1
    sent = AuditEntry.objects.filter(action="participation.answers_sent", object_id=str(bo.pk))
    assert sent.count() == 2


def test_answers_that_are_counted_and_sent_anew_count_with_the_next_five(
    campaign: Campaign, bos_link: str, visitor: Client, clock: Clock
) -> None:
    """No second score of the same people: the difference would be what one of them has changed."""
    answer_all(visitor, bos_link)
    visitor.post(f"{bos_link}check/")
    others_send(campaign, 9, {"P1": 3}, clock.moment)
    deliver_everything(clock)
    assert [run.rater_count for run in ScoreRun.objects.all()] == [5]

    visitor.post(f"{bos_link}answers/P1/", {"q-P1": "1"})
    visitor.post(f"{bos_link}check/")
    deliver_everything(clock)

    assert ScoreRun.objects.count() == 1


def test_a_required_question_must_be_answered(harbour: Subject, ada: User, visitor: Client, clock: Clock) -> None:
    document: dict[str, Any] = copy.deepcopy(DOCUMENT)
    document["code"] = "strict"
    document["root"]["children"][0]["indicator"]["questions"][1]["required"] = True
    campaign = services.create_campaign(
        name="Strict",
        version=make_version(clock.moment, document),
        subject=harbour,
        closes_at=clock.moment + timedelta(days=1),
        acting_user=ada,
        now=clock.moment,
    )
    services.add_stakeholders(campaign, [BO], acting_user=ada, now=clock.moment)
    link = path_of(part_of(services.open_campaign(campaign, acting_user=ada, now=clock.moment), BO))
    visitor.post(f"{link}sections/people/", {"q-P1": "3"})

    for sent in ({}, {"confirmed": "yes"}):
        refused = visitor.post(f"{link}check/", sent)
        page = refused.content.decode()
        assert refused.status_code == 422
        assert "There is a problem" in page
        assert 'href="#a-P2"' in page
        assert "Send anyway" not in page

    visitor.post(f"{link}sections/people/", {"q-P1": "3", "q-P2": "dont_know"})
    assert visitor.post(f"{link}check/", {"confirmed": "yes"}).status_code == 302
