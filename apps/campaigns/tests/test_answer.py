"""Answering through a personal link, with and without JavaScript."""

import copy
import gzip
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.campaigns import services
from apps.campaigns.models import Campaign
from apps.campaigns.tests.story import BO, DOCUMENT, HOST, Clock, make_version, part_of, path_of, question, taken_part
from apps.core.tests.pages import as_read
from apps.models.models import Subject
from apps.models.services import answers_of as what_they_say
from apps.models.tests.sheets import stored_answer

pytestmark = pytest.mark.requirement("CAMP-001")
HTMX = {"HX-Request": "true"}


def answers_of(campaign: Campaign) -> dict[str, Any]:
    return what_they_say(taken_part(part_of(campaign, BO)))


def test_the_first_page_says_who_asks_why_and_how_long(bos_link: str, visitor: Client) -> None:
    page = visitor.get(bos_link).content.decode()

    for said in (
        "Acme asks for your view",
        "Spring check",
        "Harbour",
        "We want to be ready.",
        "2 minutes",
        "Your answers are confidential",
    ):
        assert said in page
    assert "<dd>5</dd>" in page
    assert f'href="{bos_link}sections/people/#q-P1"' in page


def test_following_the_link_and_starting_are_on_record(
    campaign: Campaign, bos_link: str, visitor: Client, clock: Clock
) -> None:
    visitor.post(f"{bos_link}opened/")
    clock.forward(days=1)
    visitor.post(f"{bos_link}opened/")
    bo = part_of(campaign, BO)
    assert bo.response is not None
    assert bo.opened_at is not None
    assert campaign.opened_at is not None
    assert bo.opened_at.date() == campaign.opened_at.date()
    assert bo.response.started_at is None

    visitor.post(f"{bos_link}sections/people/", {"q-P1": "1"})
    bo = part_of(campaign, BO)
    assert bo.response is not None
    assert bo.response.started_at is not None
    assert f"{bo.response.started_at:%H:%M:%S.%f}" == "00:00:00.000000"  # the day alone


def test_a_section_is_saved_as_a_whole_and_leads_to_the_next(
    campaign: Campaign, bos_link: str, visitor: Client
) -> None:
    response = visitor.post(
        f"{bos_link}sections/people/", {"q-P1": "3", "q-P2": "dont_know", "c-P1": " Twice\r\na year "}
    )

    assert response.status_code == 302
    assert response["Location"] == f"{bos_link}sections/plans/"
    assert answers_of(campaign) == {"P1": 3, "P2": "dont_know"}
    assert stored_answer("P1").comment == "Twice\na year"


def test_the_last_section_leads_to_the_check(bos_link: str, visitor: Client) -> None:
    response = visitor.post(f"{bos_link}sections/means/", {"q-M1.1": "1"})

    assert response["Location"] == f"{bos_link}check/"


def test_every_kind_of_question_keeps_its_kind_of_value(campaign: Campaign, bos_link: str, visitor: Client) -> None:
    visitor.post(f"{bos_link}sections/plans/", {"q-S1": "12,5", "q-S2": "false"})
    visitor.post(f"{bos_link}sections/means/", {"q-M1.0": "1", "q-M1.1": "1"})

    assert answers_of(campaign) == {"S1": 12.5, "S2": False, "M1": ["plan", "drill"]}
    page = visitor.get(f"{bos_link}sections/plans/").content.decode()
    assert 'value="12.5"' in page
    assert 'value="false" checked' in page
    assert visitor.get(f"{bos_link}sections/means/").content.decode().count(" checked") == 2


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"q-S1": "many"}, "Enter a number, for example 12.5."),
        ({"q-S1": "nan"}, "Enter a number, for example 12.5."),
        ({"q-S1": "101"}, "Enter a number from 0 to 100."),
        ({"q-S1": "1", "x-S1.dont_know": "1"}, "not both"),
        ({"x-S1.dont_know": "1", "x-S1.not_applicable": "1"}, "Tick either"),
        ({"q-S2": "perhaps"}, "Choose one of the answers offered."),
        ({"c-S2": "x" * 5001}, "at most 5000 characters"),
    ],
)
def test_what_cannot_be_read_is_said_and_the_rest_is_saved(
    campaign: Campaign, bos_link: str, visitor: Client, sent: dict[str, str], said: str
) -> None:
    response = visitor.post(f"{bos_link}sections/plans/", {"q-S1": "50", "q-S2": "true"} | sent)

    page = response.content.decode()
    assert response.status_code == 422
    assert said.replace("'", "&#x27;") in page
    assert "There is a problem" in page
    assert "<title>Error:" in as_read(page)
    assert len(answers_of(campaign)) == 1


def test_an_answer_is_saved_as_soon_as_it_is_given(campaign: Campaign, bos_link: str, visitor: Client) -> None:
    response = visitor.post(f"{bos_link}answers/P1/", {"q-P1": "2", "c-P1": "", "s-P1": ""}, headers=HTMX)

    fragment = response.content.decode()
    assert response.status_code == 200
    assert "Saved" in fragment
    assert 'hx-swap-oob="true"' in fragment
    assert "1 of 5" in fragment
    assert "<html" not in fragment
    assert answers_of(campaign) == {"P1": 2}


def test_a_bad_answer_is_refused_where_it_was_given(campaign: Campaign, bos_link: str, visitor: Client) -> None:
    response = visitor.post(f"{bos_link}answers/S1/", {"q-S1": "999"}, headers=HTMX)

    assert response.status_code == 422
    assert "Enter a number from 0 to 100." in response.content.decode()
    assert answers_of(campaign) == {}


def test_a_question_that_is_not_asked_is_not_found(bos_link: str, visitor: Client) -> None:
    assert visitor.post(f"{bos_link}answers/X9/", {"q-X9": "1"}).status_code == 404
    assert visitor.get(f"{bos_link}sections/nowhere/").status_code == 404
    assert visitor.get(f"{bos_link}answers/P1/").status_code == 405


def test_another_device_goes_on_at_the_first_open_question(bos_link: str, visitor: Client) -> None:
    visitor.post(f"{bos_link}sections/people/", {"q-P1": "3"})

    page = Client(headers=HOST).get(bos_link).content.decode()

    assert "Continue" in page
    assert f'href="{bos_link}sections/people/#q-P2"' in page
    assert "1 of 5" in page


def test_the_language_is_the_stakeholders_until_they_choose(campaign: Campaign, bos_link: str, visitor: Client) -> None:
    first = visitor.get(bos_link)
    assert 'lang="en"' in first.content.decode()

    chosen = visitor.get(f"{bos_link}?lang=de")
    assert chosen.cookies["respondent_language"]["path"] == "/a/"
    section = visitor.get(f"{bos_link}sections/people/").content.decode()

    assert 'lang="de"' in section
    assert "DE We train?" in section
    assert "Selten" in section


@pytest.mark.parametrize("language", ["fr", "xx", "", "de'"])
def test_a_language_that_the_model_does_not_speak_is_not_offered(bos_link: str, visitor: Client, language: str) -> None:
    page = visitor.get(f"{bos_link}?lang={language}")

    assert page.status_code == 200
    assert 'lang="en"' in page.content.decode()
    assert 'hreflang="fr"' not in page.content.decode()


def test_what_people_write_is_shown_as_text(bos_link: str, visitor: Client) -> None:
    visitor.post(f"{bos_link}sections/people/", {"q-P1": "3", "c-P1": "</textarea><script>alert(1)</script>"})

    for page in ("sections/people/", "check/"):
        assert "<script>alert" not in visitor.get(bos_link + page).content.decode()


def test_a_foreign_page_needs_the_link_to_do_anything(bos_link: str) -> None:
    """There is no cookie to ride on: the token in the address is all the authority, so no CSRF token is asked."""
    stranger = Client(headers={**HOST, "Origin": "null"}, enforce_csrf_checks=True)

    assert stranger.post(f"{bos_link}sections/people/", {"q-P1": "3"}).status_code == 302
    assert not stranger.cookies


def test_saving_one_answer_costs_few_queries(
    campaign: Campaign, bos_link: str, visitor: Client, django_assert_max_num_queries: Any
) -> None:
    visitor.get(bos_link)
    with django_assert_max_num_queries(8):
        visitor.post(f"{bos_link}answers/P1/", {"q-P1": "2"}, headers=HTMX)
    with django_assert_max_num_queries(8):
        visitor.post(f"{bos_link}answers/P1/", {"q-P1": "3"}, headers=HTMX)


def test_a_page_is_read_with_few_queries(bos_link: str, visitor: Client, django_assert_max_num_queries: Any) -> None:
    visitor.get(bos_link)
    with django_assert_max_num_queries(5):
        visitor.get(f"{bos_link}sections/people/")


def test_the_trail_knows_who_sent_answers_and_nothing_of_them(
    campaign: Campaign, bos_link: str, visitor: Client
) -> None:
    visitor.post(f"{bos_link}sections/people/", {"q-P1": "3"})
    visitor.post(f"{bos_link}check/", {"confirmed": "yes"})

    bo = part_of(campaign, BO)
    assert bo.response is not None
    entry = AuditEntry.objects.get(action="participation.answers_sent")
    assert (entry.actor_type, entry.actor, entry.object_id) == ("participant", str(bo.pk), str(bo.pk))
    kept = json.dumps([*AuditEntry.objects.values()], default=str)
    assert bo.response.rater not in kept
    assert str(bo.response.pk) not in kept


def test_a_page_of_questions_is_light(acme: Any, ada: User, harbour: Subject, visitor: Client, clock: Clock) -> None:
    """Twenty questions of five answers: HTML as it is, sheet, scripts and icons compressed, at most 90 KB."""
    document = copy.deepcopy(DOCUMENT)
    document["code"] = "long"
    options = [{"value": value, "name": {"en": f"Somewhat like answer {value}"}} for value in range(5)]
    document["response_scales"]["often"]["options"] = options
    asked = [{**question(f"P{number}", "How well do we know this, all told? " * 3)} for number in range(20)]
    document["root"]["children"][0]["indicator"]["questions"] = asked
    campaign = services.create_campaign(
        name="Long",
        version=make_version(clock.moment, document),
        subject=harbour,
        closes_at=clock.moment + timedelta(days=1),
        acting_user=ada,
        now=clock.moment,
    )
    services.add_stakeholders(campaign, [BO], acting_user=ada, now=clock.moment)
    services.open_campaign(campaign, acting_user=ada, now=clock.moment)

    page = visitor.get(f"{path_of(part_of(campaign, BO))}sections/people/").content

    named = re.findall(r'<(?:link|script)[^>]* (?:href|src)="/static/([^"]+)"', page.decode())
    parts = [*named, "icons/sprite.svg"]
    static = sum(len(gzip.compress(Path(str(finders.find(part))).read_bytes())) for part in parts)
    assert {"css/resimate.css", "js/drafts.js", "django_htmx/htmx-2.min.js"} <= set(parts)
    assert page.count(b"<fieldset") == 20
    assert len(page) + static <= 90 * 1024
