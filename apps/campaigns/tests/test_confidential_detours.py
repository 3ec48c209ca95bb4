"""Ways around confidentiality: another address, weights of groups, the scores of others, states before the end."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.campaigns import reading, services
from apps.campaigns.models import Campaign, Participation
from apps.campaigns.services import Contact
from apps.campaigns.tests.story import (
    BO,
    DOCUMENT,
    HOST,
    Clock,
    deliver_everything,
    make_user,
    make_version,
    node,
    part_of,
    path_of,
    question,
    send,
)
from apps.models import services as models
from apps.models.models import ModelVersion, ScoreRun, Subject
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("COMP-001", "SEC-AUTH-002")
JSON = "application/json"


@pytest.fixture
def auditor(acme: Any, clock: Clock) -> Client:
    """The browser of somebody who may read single answers."""
    browser = Client(headers=HOST)
    browser.force_login(make_user("aud@acme.example", clock.moment, role="answers_auditor"))
    return browser


def _open(version: ModelVersion, subject: Subject, ada: User, clock: Clock) -> Campaign:
    draft = services.create_campaign(
        name="Check",
        version=version,
        subject=subject,
        period="2026",
        closes_at=clock.moment + timedelta(days=7),
        acting_user=ada,
        now=clock.moment,
    )
    services.add_stakeholders(draft, [BO], acting_user=ada, now=clock.moment)
    return services.open_campaign(draft, acting_user=ada, now=clock.moment)


def _send_all(campaign: Campaign, given: dict[str, list[dict[str, Any]]], clock: Clock) -> None:
    """Of each group, what each of its people answers."""
    for group, answers in given.items():
        people = [Contact(f"{group} {number}", f"{group}{number}@example.org", group) for number in range(len(answers))]
        services.add_stakeholders(campaign, people, acting_user=None, now=clock.moment)
        for person, one in zip(people, answers, strict=True):
            send(part_of(campaign, person), one, clock.moment)
    deliver_everything(clock)


def _close(campaign: Campaign, clock: Clock) -> Campaign:
    services.close_campaign(campaign, acting_user=None, now=clock.moment)
    deliver_everything(clock)
    return Campaign.objects.select_related("version", "subject", "assessment").get(pk=campaign.pk)


# Another address


def test_whoever_gets_a_persons_mail_from_now_on_has_no_link_that_this_person_answers_by(
    campaign: Campaign, version: ModelVersion, harbour: Subject, ada: User, staff: Client, clock: Clock
) -> None:
    """Somebody enters an address of their own, before the person begins to answer by the link that they were sent."""
    parts = [part_of(campaign, BO), part_of(_open(version, harbour, ada, clock), BO)]
    deliver_everything(clock)
    links = [path_of(one) for one in parts]

    changed = staff.patch(
        f"/api/v1/stakeholders/{parts[0].stakeholder_id}/", {"email": "mine@acme.example"}, content_type=JSON
    )

    assert changed.status_code == 200
    assert [Client(headers=HOST).get(link).status_code for link in links] == [410, 410]
    sent = Message.objects.filter(kind="invitation").order_by("-pk")[:2]
    assert {one.address for one in sent} == {"mine@acme.example"}
    assert {path_of(one) for one in Participation.objects.filter(stakeholder=parts[0].stakeholder)}.isdisjoint(links)


def test_the_same_address_in_another_spelling_leaves_the_link(campaign: Campaign, staff: Client, clock: Clock) -> None:
    bo = part_of(campaign, BO)
    deliver_everything(clock)

    staff.patch(f"/api/v1/stakeholders/{bo.stakeholder_id}/", {"email": BO.email.upper()}, content_type=JSON)

    assert Client(headers=HOST).get(path_of(bo)).status_code == 200
    assert Participation.objects.get(pk=bo.pk).link_version == bo.link_version


def test_nor_has_who_was_entered_for_a_while_before_anybody_was_invited(
    campaign: Campaign, staff: Client, clock: Clock
) -> None:
    """Whoever signs in with the address finds the link under their own campaigns, before an invitation is sent."""
    bo = part_of(campaign, BO)
    seen = path_of(bo)

    staff.patch(f"/api/v1/stakeholders/{bo.stakeholder_id}/", {"email": "bo.b@example.org"}, content_type=JSON)
    deliver_everything(clock)

    assert Client(headers=HOST).get(seen).status_code == 410
    assert [one.address for one in Message.objects.about(bo.about).to([bo.pk])] == ["bo.b@example.org"]


def test_what_a_campaign_collects_is_locked_when_it_closes(campaign: Campaign, staff: Client) -> None:
    """Comments, groups and single answers are promised for after the end."""
    answer = staff.post(f"/api/v1/assessments/{campaign.assessment_id}/lock/", content_type=JSON)

    assert (answer.status_code, answer.json()["code"]) == (409, "answered_by_link")
    campaign.refresh_from_db()
    assert campaign.assessment is not None
    assert campaign.assessment.state == "open"


# Groups


@pytest.fixture
def weighed(acme: Any, clock: Clock) -> ModelVersion:
    """Board counts 7, staff 3: so a value tells the board's mean from the staff's."""
    leaves = [node(f"n{number}", f"N{number}", question(f"P{number}", "We train?")) for number in (1, 2)]
    for leaf in leaves:
        leaf["indicator"]["rater_aggregation"] = {"method": "by_group", "weights": {"Board": 0.7, "Staff": 0.3}}
    root = {"code": "all", "aggregation": "arithmetic_mean", "children": leaves}
    return make_version(clock.moment, {**DOCUMENT, "code": "weighed", "root": root})


def _values(run: ScoreRun) -> dict[str, float | None]:
    return dict(run.scores.values_list("node", "value"))


def test_a_value_that_weighs_a_group_of_one_is_not_shown(
    weighed: ModelVersion, harbour: Subject, ada: User, clock: Clock
) -> None:
    campaign = _open(weighed, harbour, ada, clock)
    low, high = {"P1": 1, "P2": 1}, {"P1": 3, "P2": 3}
    _send_all(campaign, {"Board": [high], "Staff": [low] * 9}, clock)
    _close(campaign, clock)

    found = [_values(run) for run in ScoreRun.objects.all()]

    assert found
    assert {value for values in found for value in values.values()} == {None}


def test_values_that_weigh_groups_come_once_at_the_end(
    weighed: ModelVersion, harbour: Subject, ada: User, clock: Clock
) -> None:
    """Between two of them a single person more of one group could be told."""
    campaign = _open(weighed, harbour, ada, clock)
    low, high = {"P1": 1, "P2": 1}, {"P1": 3, "P2": 3}
    _send_all(campaign, {"Board": [high] * 6, "Staff": [low] * 6}, clock)
    _close(campaign, clock)

    first, last = (_values(run) for run in ScoreRun.objects.order_by("pk"))

    assert set(first.values()) == {None}
    assert last == {"all": 70.0, "n1": 70.0, "n2": 70.0}


def test_a_group_in_which_one_alone_has_answered_is_not_compared(campaign: Campaign, clock: Clock) -> None:
    """All five of the board have sent their answers, four of them without a single one."""
    given = {"P1": 3, "P2": 2, "S1": 40, "S2": True, "M1": ["plan"]}
    _send_all(campaign, {"Board": [given, {}, {}, {}, {}], "Crew": [given] * 6, "Staff": [given] * 7}, clock)

    found = reading.results_of(_close(campaign, clock), "en")

    assert found is not None
    assert {one.group: one.value is None for one in found.groups} == {"Board": True, "Crew": True, "Staff": False}


# Scores of others, and sets to compare with


@pytest.fixture
def relative(acme: Any, clock: Clock) -> ModelVersion:
    people = node("people", "People", question("P1", "We train?"))
    people["indicator"]["normalisation"] = "min_max"
    root = {"code": "all", "aggregation": "arithmetic_mean", "children": [people]}
    return make_version(clock.moment, {**DOCUMENT, "code": "compared", "mode": "relative", "root": root})


@pytest.fixture
def wave(relative: ModelVersion, harbour: Subject, ada: User, clock: Clock) -> tuple[Campaign, str]:
    """An open campaign with its first release, and the path of another subject's scores, compared with it."""
    campaign = _open(relative, harbour, ada, clock)
    _send_all(campaign, {"Crew": [{"P1": 1}] * 10}, clock)
    port = models.create_subject(code="port", name="Port", acting_user=ada, now=clock.moment)
    other = models.create_assessment(version=relative, subject=port, period="2026", acting_user=ada, now=clock.moment)
    response = models.create_response(other, rater="r", answers={"P1": 3}, acting_user=ada, now=clock.moment)
    models.submit(response, acting_user=ada, now=clock.moment)
    deliver_everything(clock)
    return campaign, f"/api/v1/assessments/{other.pk}/"


def test_two_campaigns_that_are_released_at_once_see_of_each_other_what_is_shown(
    relative: ModelVersion, harbour: Subject, ada: User, clock: Clock
) -> None:
    """What a release withholds of one is in no calculation of the other."""
    port = models.create_subject(code="port", name="Port", acting_user=ada, now=clock.moment)
    both = [_open(relative, subject, ada, clock) for subject in (harbour, port)]
    for campaign in both:
        _send_all(campaign, {campaign.subject.code: [{"P1": 2}] * 6}, clock)
    for campaign in both:
        services.close_campaign(campaign, acting_user=None, now=clock.moment)

    runs = models.score_assessments([one.assessment for one in both if one.assessment], now=clock.moment)

    kept = [models.stored_calculation(run).units for run in runs]
    assert [[len(unit["responses"]) for unit in units] for units in kept] == [[6, 0], [0, 6]]


def test_another_period_opens_no_trace_that_holds_a_campaigns_answers(
    wave: tuple[Campaign, str], staff: Client, auditor: Client
) -> None:
    """The score of the other was calculated with the answers, whatever its period is called by now."""
    _campaign, other = wave
    before = staff.get(f"{other}scores/latest/trace/").status_code

    moved = staff.patch(other, {"values": {}, "period": "elsewhere"}, content_type=JSON)

    assert (before, moved.status_code) == (403, 200)
    assert staff.get(f"{other}scores/latest/trace/").status_code == 403
    assert auditor.get(f"{other}scores/latest/trace/").status_code == 403


def test_a_trace_of_before_the_end_stays_closed_after_it(
    wave: tuple[Campaign, str], auditor: Client, ada: User, clock: Clock
) -> None:
    """Two states beside each other would show whose answers were sent anew."""
    campaign, other = wave
    early = ScoreRun.objects.get(assessment__subject__code="port")
    _close(campaign, clock)
    models.score_assessment(early.assessment, now=clock.moment)
    late = ScoreRun.objects.filter(assessment=early.assessment).latest("pk")

    codes = [auditor.get(f"{other}scores/{run.pk}/trace/").status_code for run in (early, late)]

    assert early != late
    assert codes == [403, 200]


def test_the_answers_of_an_open_campaign_are_not_frozen(
    wave: tuple[Campaign, str], relative: ModelVersion, staff: Client, auditor: Client, clock: Clock
) -> None:
    campaign, _other = wave
    body = {"version": str(relative.pk), "name": "2026", "period": "2026"}

    early = staff.post("/api/v1/reference-sets/", body, content_type=JSON)
    _close(campaign, clock)
    late = staff.post("/api/v1/reference-sets/", body, content_type=JSON)

    assert (early.status_code, early.json()["errors"][0]["code"]) == (422, "still_open")
    assert late.status_code == 201
    units = f"/api/v1/reference-sets/{late.json()['id']}/units/"
    assert [browser.get(units).status_code for browser in (staff, auditor)] == [403, 200]


def test_a_frozen_set_that_names_a_small_group_is_not_read(
    relative: ModelVersion, harbour: Subject, ada: User, auditor: Client, clock: Clock
) -> None:
    """The score rests on groups, so the set keeps them; a guest would be the only one of theirs."""
    document = json.loads(json.dumps(relative.document)) | {"code": "grouped"}
    weights = {"method": "by_group", "weights": {"Board": 1, "Crew": 1}}
    document["root"]["children"][0]["indicator"]["rater_aggregation"] = weights
    campaign = _open(make_version(clock.moment, document), harbour, ada, clock)
    one = {"P1": 2}
    _send_all(campaign, {"Board": [one] * 5, "Crew": [one] * 5, "Guest": [one]}, clock)
    campaign = _close(campaign, clock)

    frozen, _ = models.freeze_period(campaign.version, "2026", "2026", acting_user=ada, now=clock.moment)

    assert auditor.get(f"/api/v1/reference-sets/{frozen.pk}/units/").status_code == 403


def test_single_answers_wait_for_the_last_score(campaign: Campaign, auditor: Client, clock: Clock) -> None:
    """Closed and not yet scored for good, the latest trace is of a state before the end."""
    given = {"P1": 3, "P2": 2, "S1": 40, "S2": True, "M1": ["plan"]}
    _send_all(campaign, {"Crew": [given] * 10}, clock)
    services.close_campaign(campaign, acting_user=None, now=clock.moment)
    path = f"/api/v1/assessments/{campaign.assessment_id}/"
    addresses = ("responses/", "export/", "scores/latest/trace/")

    early = [auditor.get(path + one).status_code for one in addresses]
    deliver_everything(clock)

    assert [code in (403, 404) for code in early] == [True] * 3
    assert [auditor.get(path + one).status_code for one in addresses] == [200] * 3
