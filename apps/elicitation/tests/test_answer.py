"""The expert's pages, without scripts: judge, stop, resume, send, change."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.elicitation import services
from apps.elicitation.models import Expert, Judgement, WeightElicitation
from apps.elicitation.reading import results_of
from apps.elicitation.tests.story import BO, CY, POINTS, expert

pytestmark = pytest.mark.requirement("CMS-002", "CAMP-001")

Link = Callable[[Expert], str]


def points(given: dict[str, int], **more: str) -> dict[str, str]:
    return {f"p-{code}": str(number) for code, number in given.items()} | more


@pytest.fixture
def bos(budget: WeightElicitation, link: Link) -> str:
    return link(expert(budget, BO))


def test_a_budget_is_answered_checked_and_sent(budget: WeightElicitation, bos: str, visitor: Client) -> None:
    landing = visitor.get(bos)
    assert "What matters" in landing.content.decode()
    assert landing["Referrer-Policy"] == "no-referrer"
    assert landing["Cache-Control"] == "no-store"
    assert not landing.cookies

    first = visitor.post(f"{bos}nodes/all/", points(POINTS["all"]))
    assert first["Location"] == f"{bos}nodes/plans/"
    assert visitor.post(f"{bos}nodes/plans/", points(POINTS["plans"]))["Location"] == f"{bos}check/"
    assert "Weights in per cent: Plans" in visitor.get(f"{bos}check/").content.decode()
    assert visitor.post(f"{bos}check/")["Location"] == f"{bos}done/"

    assert "Your judgement has been sent" in visitor.get(f"{bos}done/").content.decode()
    assert expert(budget, BO).sent_at is not None
    whole, plans = results_of(budget)
    assert [one.value for report in (whole, plans) for one in report.judged] == [
        {"points": POINTS["all"]},
        {"points": POINTS["plans"]},
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"people": 50, "plans": 30}, "You have 20 of 100 points left."),
        ({"people": 90, "plans": 30}, "That is 20 points too many."),
    ],
)
def test_points_that_do_not_add_up_are_kept_and_explained(
    budget: WeightElicitation, bos: str, visitor: Client, given: dict[str, int], said: str
) -> None:
    page = visitor.post(f"{bos}nodes/all/", points(given))

    assert page.status_code == 422
    text = page.content.decode()
    assert said in text
    assert 'href="#p-people"' in text
    assert Judgement.objects.get().value == {"points": given}
    assert f'value="{given["people"]}"' in visitor.get(f"{bos}nodes/all/").content.decode()
    assert visitor.post(f"{bos}check/").status_code == 422


def test_for_later_saves_without_a_word_about_gaps(bos: str, visitor: Client) -> None:
    saved = visitor.post(f"{bos}nodes/all/", points({"people": 10}, later=""))

    assert saved["Location"] == bos
    assert "Continue" in visitor.get(bos).content.decode()
    assert Judgement.objects.get().value == {"points": {"people": 10}}


@pytest.mark.parametrize("wrong", ["-1", "101", "ten", "1.5", "9" * 5000, "\u0661", "\0"])
def test_what_is_no_number_of_points_is_explained_and_the_rest_is_kept(bos: str, visitor: Client, wrong: str) -> None:
    page = visitor.post(f"{bos}nodes/all/", {"p-people": wrong, "p-plans": "30"})

    assert page.status_code == 422
    assert ">People: Enter a whole number from 0 to 100.</a>" in page.content.decode()
    assert Judgement.objects.get().value == {"points": {"plans": 30}}


def test_a_node_that_was_left_empty_is_left_out(budget: WeightElicitation, bos: str, visitor: Client) -> None:
    visitor.post(f"{bos}nodes/all/", points(POINTS["all"]))
    assert visitor.post(f"{bos}nodes/plans/", {})["Location"] == f"{bos}check/"

    assert visitor.post(f"{bos}check/").status_code == 302

    assert [len(report.judged) for report in results_of(budget)] == [1, 0]


def test_nothing_at_all_is_not_sent(bos: str, visitor: Client) -> None:
    page = visitor.post(f"{bos}check/")

    assert page.status_code == 422
    assert "Complete the judgements you have started" in page.content.decode()
    assert visitor.get(f"{bos}done/")["Location"] == bos


def test_every_pair_is_asked_once_and_a_contradiction_is_pointed_at(
    pairs: WeightElicitation, link: Link, visitor: Client
) -> None:
    path = link(expert(pairs, BO))
    asked = visitor.get(f"{path}nodes/all/").content.decode()
    assert asked.count("<select") == 3
    assert "A: People or B: Plans?" in asked

    missing = visitor.post(f"{path}nodes/all/", {"c-0": "2", "c-2": "2"})
    assert missing.status_code == 422
    assert "Not compared yet: People and Means" in missing.content.decode()
    assert 'href="#c-1"' in missing.content.decode()

    assert visitor.post(f"{path}nodes/all/", {"c-0": "2", "c-1": "-7", "c-2": "2"}).status_code == 302
    again = visitor.get(f"{path}nodes/all/").content.decode()
    assert "above 0.10" in again
    assert "“Means” matters 7 times as much as “People”" in again
    assert "This answer is the least consistent with the others." in again
    assert visitor.post(f"{path}check/").status_code == 302, "a contradiction warns and never refuses"

    visitor.post(f"{path}nodes/all/", {"c-0": "2", "c-1": "4", "c-2": "2"})
    assert "the answers fit together" in visitor.get(f"{path}check/").content.decode()


def test_an_answer_that_is_not_offered_is_none(pairs: WeightElicitation, link: Link, visitor: Client) -> None:
    page = visitor.post(f"{link(expert(pairs, BO))}nodes/all/", {"c-0": "12", "c-1": "0", "c-2": "x"})

    assert page.status_code == 422
    assert Judgement.objects.get().value == {"comparisons": []}


def test_scripts_save_as_the_expert_goes(bos: str, visitor: Client) -> None:
    saved = visitor.post(f"{bos}nodes/all/", points({"people": 60}), headers={"HX-Request": "true"})

    text = saved.content.decode()
    assert "You have 40 of 100 points left." in text
    assert "Saved" in text
    assert "<html" not in text
    assert Judgement.objects.get().saved_at.isoformat() in text


def test_an_older_page_does_not_overwrite_a_newer_answer(
    budget: WeightElicitation, bos: str, visitor: Client, monkeypatch: pytest.MonkeyPatch, now: Any
) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    visitor.post(f"{bos}nodes/all/", points({"people": 10}, later=""))
    seen = Judgement.objects.get().saved_at.isoformat()
    monkeypatch.setattr("django.utils.timezone.now", lambda: now + timedelta(minutes=1))
    visitor.post(f"{bos}nodes/all/", points({"people": 20}, seen=seen, later=""))

    late = visitor.post(f"{bos}nodes/all/", points({"people": 30}, seen=seen))
    by_script = visitor.post(f"{bos}nodes/all/", points({"people": 30}, seen=seen), headers={"HX-Request": "true"})

    assert late.status_code == 409
    assert 'value="20"' in late.content.decode()
    assert "not saved" in by_script.content.decode()
    assert Judgement.objects.get().value == {"points": {"people": 20}}


def test_what_was_sent_is_changed_by_sending_again(budget: WeightElicitation, bos: str, visitor: Client) -> None:
    visitor.post(f"{bos}nodes/all/", points(POINTS["all"]))
    visitor.post(f"{bos}check/")
    assert "You sent your judgement on" in visitor.get(bos).content.decode()

    other = {"people": 10, "plans": 10, "means": 80}
    visitor.post(f"{bos}nodes/all/", points(other))
    assert results_of(budget)[0].judged[0].value == {"points": POINTS["all"]}
    visitor.post(f"{bos}check/")

    assert results_of(budget)[0].judged[0].value == {"points": other}


PAGES = ("", "nodes/all/", "check/", "done/")


@pytest.mark.parametrize("page", PAGES)
def test_a_link_opens_what_it_was_made_for_and_nothing_else(
    budget: WeightElicitation, bos: str, visitor: Client, now: Any, page: str
) -> None:
    token = bos.split("/")[2]
    swapped = token[:30] + ("A" if token[30] != "A" else "B") + token[31:]

    unknown = visitor.get(f"/e/{swapped}/{page}")
    as_a_campaigns = visitor.get(f"/a/{token}/")
    services.revoke_link(expert(budget, BO), acting_user=None, now=now)
    withdrawn = visitor.get(bos + page)

    assert (unknown.status_code, as_a_campaigns.status_code, withdrawn.status_code) == (404, 404, 410)
    assert b"What matters" not in unknown.content + as_a_campaigns.content + withdrawn.content


def test_a_draft_and_a_closed_elicitation_open_to_nobody(make: Any, link: Link, visitor: Client, now: Any) -> None:
    elicitation = make("ahp")
    path = link(expert(elicitation, BO))
    assert visitor.get(path).status_code == 404

    services.open_elicitation(elicitation, acting_user=None, now=now)
    assert visitor.get(path).status_code == 200
    services.close_elicitation(elicitation, acting_user=None, now=now)

    assert visitor.get(path).status_code == 410
    assert visitor.post(f"{path}nodes/all/", {"c-0": "2"}).status_code == 410
    assert not Judgement.objects.exists()


def test_a_renewed_link_replaces_the_old_one(
    budget: WeightElicitation, bos: str, link: Link, visitor: Client, now: Any
) -> None:
    renewed = link(services.renew_link(expert(budget, BO), acting_user=None, now=now))

    assert visitor.get(bos).status_code == 410
    assert visitor.get(renewed).status_code == 200


def test_it_speaks_the_experts_language(budget: WeightElicitation, link: Link, visitor: Client) -> None:
    path = link(expert(budget, CY))

    assert '<html lang="de"' in visitor.get(path).content.decode()
    assert "DE People" in visitor.get(f"{path}nodes/all/").content.decode()
    assert '<html lang="fr"' in visitor.get(f"{path}?lang=fr").content.decode()
    assert '<html lang="fr"' in visitor.get(path).content.decode()


def test_a_node_that_is_not_asked_about_is_not_there(bos: str, visitor: Client) -> None:
    assert visitor.get(f"{bos}nodes/people/").status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_a_page_costs_few_queries(bos: str, visitor: Client, page: str, django_assert_max_num_queries: Any) -> None:
    visitor.get(bos + page)

    with django_assert_max_num_queries(4):
        visitor.get(bos + page)
