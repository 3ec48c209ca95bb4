"""What of a campaign is shown, from how many people on, and to whom: no step lets one person be told apart."""

from typing import Any

import pytest
from django.test import Client

from apps.campaigns import reading, services
from apps.campaigns.models import Campaign
from apps.campaigns.services import Contact
from apps.campaigns.tests.story import HOST, Clock, deliver_everything, make_user, others_send, part_of, send
from apps.keys.models import SubjectKey
from apps.models.models import Response, ScoreRun
from apps.models.services import save_answer

pytestmark = pytest.mark.requirement("COMP-001", "CAMP-001")
ANSWERS = {"P1": 3, "P2": 2, "S1": 40, "S2": True, "M1": ["plan"]}


@pytest.fixture
def auditor(acme: Any, clock: Clock) -> Client:
    """The browser of somebody who may read single answers."""
    browser = Client(headers=HOST)
    browser.force_login(make_user("aud@acme.example", clock.moment, role="answers_auditor"))
    return browser


def _people(campaign: Campaign, names: range, answers: dict[str, Any], clock: Clock, group: str = "") -> None:
    people = [Contact(f"P{number}", f"p{number}@example.org", group) for number in names]
    services.add_stakeholders(campaign, people, acting_user=None, now=clock.moment)
    for person in people:
        send(part_of(campaign, person), answers, clock.moment)
    deliver_everything(clock)


def _counted() -> list[int]:
    return list(ScoreRun.objects.order_by("pk").values_list("rater_count", flat=True))


def _close(campaign: Campaign, clock: Clock) -> Campaign:
    services.close_campaign(campaign, acting_user=None, now=clock.moment)
    deliver_everything(clock)
    return Campaign.objects.select_related("version", "subject").get(pk=campaign.pk)


@pytest.mark.thorough
def test_scores_come_in_steps_of_five_and_the_last_one_counts_everybody(campaign: Campaign, clock: Clock) -> None:
    seen = []
    for number in range(19):
        _people(campaign, range(number, number + 1), ANSWERS, clock)
        seen.append(_counted())
    _close(campaign, clock)

    assert [seen[place - 1] for place in (4, 9, 10, 14, 15, 19)] == [[], [], [5], [5], [5, 10], [5, 10]]
    assert _counted() == [5, 10, 19]


@pytest.mark.parametrize(("people", "counted"), [(4, []), (5, [5]), (6, [6])])
def test_at_the_end_five_are_enough_and_of_fewer_nothing_is_shown(
    campaign: Campaign, staff: Client, clock: Clock, people: int, counted: list[int]
) -> None:
    _people(campaign, range(people), ANSWERS, clock)
    _close(campaign, clock)

    page = staff.get(f"/campaigns/{campaign.pk}/results/").content.decode()

    assert _counted() == counted
    assert ("Fewer than 5 people sent their answers" in page) is (not counted)


def test_asking_for_a_score_between_two_steps_gives_the_one_there_is(
    campaign: Campaign, staff: Client, clock: Clock
) -> None:
    scores = f"/api/v1/assessments/{campaign.assessment_id}/scores/"
    _people(campaign, range(9), ANSWERS, clock)
    early = staff.post(scores, content_type="application/json").json()
    _people(campaign, range(9, 13), ANSWERS, clock)
    before = staff.get(f"{scores}latest/").json()

    staff.post(scores, content_type="application/json")

    assert early["state"] != "succeeded"
    assert staff.get(f"{scores}latest/").json() == before
    assert _counted() == [5]


def test_a_node_that_too_few_have_answered_is_withheld_with_one_that_would_tell(
    campaign: Campaign, staff: Client, clock: Clock
) -> None:
    """Two people alone speak of means; so means are not shown, nor plans, through which they could be worked out."""
    _people(campaign, range(3), {"P1": 3, "P2": 2, "S1": 40}, clock)
    _people(campaign, range(3, 7), {"P1": 3, "P2": 2, "S1": 20}, clock)
    _people(campaign, range(7, 9), ANSWERS, clock)
    campaign = _close(campaign, clock)

    latest = staff.get(f"/api/v1/assessments/{campaign.assessment_id}/scores/latest/").json()
    explained = staff.get(f"/api/v1/assessments/{campaign.assessment_id}/scores/latest/explanation/").json()

    shown = {code: node["value"] is not None for code, node in latest["nodes"].items()}
    assert shown == {"all": True, "people": False, "plans": True, "means": False} or shown == {
        "all": True,
        "people": True,
        "plans": False,
        "means": False,
    }
    assert latest["nodes"]["means"]["reason"] == "withheld"
    assert latest["nodes"]["means"]["raters"] is None
    assert explained["nodes"]["means"]["contribution"] is None
    assert explained["indicators"]["means"]["measured"] is None
    assert {tuple(one["answers"]) for steps in explained["indicators"].values() for one in steps["questions"]} == {()}
    assert staff.get(f"/assessments/{campaign.assessment_id}/why/").status_code == 200
    assert "not shown, so that" in staff.get(f"/assessments/{campaign.assessment_id}/why/").content.decode()


def test_a_node_that_one_more_has_answered_is_not_shown_again(campaign: Campaign, clock: Clock) -> None:
    """In the second release a single person more speaks of means: the difference would be what that person said."""
    _people(campaign, range(10), ANSWERS, clock)
    _people(campaign, range(10, 14), {"P1": 1, "P2": 1, "S1": 10, "S2": False}, clock)
    first, everybody = ScoreRun.objects.get(), Response.objects.filter(submitted_at__isnull=False)
    Response.objects.filter(pk__in=everybody.filter(is_counted=False)).update(submitted_at=None)
    others_send(campaign, 4, {"P1": 1, "P2": 1, "S1": 10, "S2": False}, clock.moment)
    _people(campaign, range(20, 21), ANSWERS, clock)
    _close(campaign, clock)

    last = ScoreRun.objects.order_by("pk").last()

    assert first.disclosed == {"all": 5, "people": 5, "plans": 5, "means": 5}
    assert last is not None
    assert last.rater_count == 10
    assert last.disclosed is not None
    assert "means" not in last.disclosed


def test_groups_come_at_the_end_alone(campaign: Campaign, staff: Client, clock: Clock) -> None:
    _people(campaign, range(10), ANSWERS, clock, "Crew")
    _people(campaign, range(10, 20), ANSWERS, clock, "Board")
    found = reading.results_of(Campaign.objects.select_related("version", "subject").get(pk=campaign.pk), "en")

    closed = reading.results_of(_close(campaign, clock), "en")

    assert found is not None
    assert closed is not None
    assert found.groups == ()
    assert {one.group: one.raters for one in closed.groups} == {"Board": 10, "Crew": 10}


def test_single_answers_take_a_right_of_their_own_and_the_end(
    campaign: Campaign, staff: Client, auditor: Client, clock: Clock
) -> None:
    _people(campaign, range(6), ANSWERS, clock, "Crew")
    _people(campaign, range(6, 10), ANSWERS, clock, "Board")
    path = f"/api/v1/assessments/{campaign.assessment_id}/"
    addresses = ("responses/", "responses/export/", "export/", "scores/latest/trace/")
    early = {auditor.get(path + one).status_code for one in addresses}
    save_answer(
        Response.objects.select_related("assessment__version").filter(submitted_at=None)[0],
        "P1",
        1,
        answered_at=clock.moment,
        now=clock.moment,
    )
    campaign = _close(campaign, clock)

    assert early <= {403, 404}
    assert [staff.get(path + one).status_code for one in addresses] == [403] * 4
    listed = auditor.get(f"{path}responses/").json()["results"]
    assert len(listed) == 10
    assert {(one["group"], one["started_at"], one["submitted_at"], one["created_at"]) for one in listed} == {
        ("", None, None, None)
    }
    assert auditor.get(f"{path}responses/{listed[0]['id']}/").json()["answers"] == ANSWERS
    assert auditor.get(f"{path}scores/latest/trace/").status_code == 200


def test_a_reference_set_of_a_campaign_is_read_by_who_may_read_single_answers(
    campaign: Campaign, auditor: Client, clock: Clock
) -> None:
    _people(campaign, range(6), ANSWERS, clock)
    campaign = _close(campaign, clock)
    assessment = campaign.assessment
    assert assessment is not None
    frozen = assessment.version.reference_sets.create(
        key=SubjectKey.objects.create(),
        name="Frozen",
        digest="d",
        units=[{"id": "u"}],
        unit_count=1,
        source={"period": assessment.period},
        created_at=clock.moment,
    )

    assert auditor.get(f"/api/v1/reference-sets/{frozen.pk}/units/").status_code == 200
    analyst = Client(headers=HOST)
    analyst.force_login(make_user("ana@acme.example", clock.moment))
    assert analyst.get(f"/api/v1/reference-sets/{frozen.pk}/units/").status_code == 403


def test_comments_are_shown_at_the_end_where_five_have_answered(
    campaign: Campaign, staff: Client, clock: Clock
) -> None:
    def write(number: int, question: str, value: Any, comment: str) -> None:
        part = part_of(campaign, Contact(f"P{number}", f"p{number}@example.org"))
        assert part.response is not None
        save_answer(part.response, question, value, answered_at=clock.moment, now=clock.moment, comment=comment)

    _people(campaign, range(6), {"P1": 3}, clock)
    write(2, "P1", 3, "We train on Mondays.")
    write(3, "P2", 3, "Only I rotate.")
    page = f"/campaigns/{campaign.pk}/results/"
    before = staff.get(page).content.decode()
    _close(campaign, clock)

    after = staff.get(page).content.decode()

    assert "We train on Mondays." not in before
    assert "We train on Mondays." in after
    assert "Only I rotate." not in after
    assert "p2@example.org" not in after


def test_the_first_page_promises_what_is_so(campaign: Campaign, bos_link: str, visitor: Client) -> None:
    page = " ".join(visitor.get(bos_link).content.decode().split())

    for words in (
        "Your answers are confidential.",
        "sees whether you have answered, but never which answers are yours",
        "Results are based on at least 5 people, and on at least 5 more each time they change.",
        "a group of fewer than 5 people is never shown",
        "once the campaign is closed and at least 5 people have answered the question",
        "The organisers see comments word for word, without your name",
        "may read single answers, without names",
    ):
        assert words in page
