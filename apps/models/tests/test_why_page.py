"""The page that says why a score is what it is."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.core.tests.pages import as_read
from apps.keys.models import SubjectKey
from apps.models import services
from apps.models.models import Assessment, ReferenceSet, Response, ScoreRun, Subject

pytestmark = pytest.mark.requirement("CMS-002")
ACME = {"host": "acme.localhost"}
ANSWERS = ({"L1": 5, "L2": 3, "N1": 1}, {"L1": 4, "L2": "not_applicable", "N1": 2})


@pytest.fixture
def browser(ada: User) -> Client:
    client = Client(headers=ACME)
    client.force_login(ada)
    return client


@pytest.fixture
def answer(assessment: Assessment, ada: User, now: Any) -> Any:
    """Hand in for so many people, half of a group each, and score."""

    def make(people: int, after: int = 0) -> ScoreRun:
        for number in range(after, after + people):
            group, answers = ("stafferoni", "boardwalk")[number % 2], ANSWERS[number % 2]
            response = services.create_response(
                assessment, rater=f"rater{number}", group=group, answers=answers, acting_user=ada, now=now
            )
            services.submit(response, acting_user=ada, now=now)
        return services.score_assessment(assessment, now=now)

    return make


def _page(browser: Client, assessment: Any, query: str = "") -> str:
    answer = browser.get(f"/assessments/{assessment}/why/{query}")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_it_says_what_the_score_is_made_of_and_what_would_help(browser: Client, answer: Any) -> None:
    run = answer(6)

    text = _page(browser, run.assessment_id)

    nodes = {score.node: score.value for score in run.scores.all()}
    assert f"{run.score:.1f}" in text
    assert f"leadership contributes most: {0.75 * nodes['leadership']:.1f} of {run.score:.1f}" in text
    assert f"weight 1 · 25 % of the whole · contributes {0.25 * nodes['network']:.1f}" in text
    assert f"network is {100 - nodes['network']:.1f} below its target of 100 and makes up 25 % of the whole" in text
    assert "Every additional 10 in leadership raises the score by about 7.5." in text
    assert "2 questions, 6 people, mean of all raters" in text
    assert f"{nodes['leadership']:.6g}</td>" in text
    assert f">{run.score:.1f}<span" in as_read(browser.get("/subjects/").content.decode())
    assert f'href="/api/v1/assessments/{run.assessment_id}/scores/{run.pk}/trace/"' in text
    assert run.input_digest in text


def test_the_way_to_the_next_band_is_told(browser: Client, assessment: Assessment, ada: User, now: Any) -> None:
    response = services.create_response(
        assessment, rater="r", answers={"L1": 2, "L2": 2, "N1": 2}, acting_user=ada, now=now
    )
    services.submit(response, acting_user=ada, now=now)
    run = services.score_assessment(assessment, now=now)

    assert run.score == 25.0
    assert "25.0 more to reach “high”" in _page(browser, assessment.pk)


@pytest.mark.parametrize("people", [2, 6])
def test_nothing_tells_what_one_person_answered(browser: Client, answer: Any, people: int) -> None:
    run = answer(people)

    text = _page(browser, run.assessment_id)

    assert ("Fewer than 5 people answered" in text) is (people < 5)
    leadership = run.scores.get(node="leadership").value
    assert (f"{leadership:.6g}</td>" in text) is (people >= 5)
    for secret in ("rater0", "rater1", "stafferoni", "boardwalk", "L1", "not_applicable"):
        assert not re.search(rf"\b{secret}\b", text), secret  # as a word: tokens hold letters by chance


def test_an_earlier_score_is_explained_too(browser: Client, answer: Any, ada: User, now: Any) -> None:
    first = answer(2)
    services.save_answers(Response.objects.get(rater="rater0"), {"L1": 1, "L2": 1}, acting_user=ada, now=now)
    second = services.score_assessment(first.assessment, now=now)

    latest, earlier = (_page(browser, first.assessment_id, query) for query in ("", f"?run={first.pk}"))

    assert second.input_digest in latest
    assert f'href="?run={first.pk}"' in latest
    assert first.input_digest in earlier
    for unknown in ("x", "", "00000000-0000-7000-8000-000000000000"):
        assert browser.get(f"/assessments/{first.assessment_id}/why/?run={unknown}").status_code == 404


def test_a_measured_score_is_followed_from_its_input(
    browser: Client, publish: Any, hdi: dict[str, Any], harbour: Subject, ada: User, now: Any
) -> None:
    values = {"life_expectancy": 61.48, "expected_schooling": 14.2636, "gni_per_capita": 13185.5}
    assessment = services.create_assessment(
        version=publish(hdi), subject=harbour, values=values, acting_user=ada, now=now
    )
    services.score_assessment(assessment, now=now)

    text = _page(browser, assessment.pk)

    assert "Geometric mean: a weak part weighs heavily. The score cannot be broken down" in text
    assert "between the goalposts 20 and 85" in text
    assert "natural logarithm" in text
    assert "13,185.5</td>" in text
    assert "nothing was measured or answered" in text
    assert "Range with missing answers" in text
    subjects = as_read(browser.get("/subjects/").content.decode())
    assert f'href="/assessments/{assessment.pk}/why/"' in subjects
    assert f"{assessment.version}</td>" in subjects
    assert ">no data<span" in subjects


def test_what_a_relative_score_compares_with_is_named(
    browser: Client, publish: Any, harbour: Subject, ada: User, now: Any
) -> None:
    document = {
        "schema": "resimate.model/1",
        "code": "rel",
        "name": {"en": "Relative"},
        "mode": "relative",
        "scale": {"low": 0, "high": 1},
        "root": {"code": "x", "indicator": {"input": "x", "normalisation": "min_max"}},
    }
    version = publish(document)
    other = services.create_subject(code="other", name="Other", acting_user=ada, now=now)
    rows = [{"version": version, "subject": subject, "values": {"x": x}} for subject, x in ((harbour, 1), (other, 5))]
    first, second = services.create_assessments(rows, acting_user=ada, now=now)
    units = [{"id": "low", "values": {"x": 0}}, {"id": "high", "values": {"x": 10}}]
    frozen = ReferenceSet.objects.create(
        key=SubjectKey.objects.create(),
        version=version,
        name="Europe 2025",
        digest="d",
        units=units,
        unit_count=2,
        created_at=now,
    )
    Assessment.objects.filter(pk=second.pk).update(reference_set=frozen)
    services.score_assessments([first, second], now=now)

    assert "2 of 2" in _page(browser, first.pk)
    assert "Europe 2025" in _page(browser, second.pk)


def test_before_the_first_score_it_says_when_it_comes(browser: Client, assessment: Assessment) -> None:
    assert "No score yet" in _page(browser, assessment.pk)


def test_a_score_without_a_value_says_why(browser: Client, assessment: Assessment, now: Any) -> None:
    services.score_assessment(assessment, now=now)

    assert "none of its parts have a value" in _page(browser, assessment.pk)


def test_a_score_whose_input_was_not_kept_is_shown_alone(browser: Client, assessment: Assessment, now: Any) -> None:
    run = ScoreRun.objects.create(
        number=99,
        assessment=assessment,
        version=assessment.version,
        engine_version="0.9.0",
        input_digest="0" * 64,
        score=51.5,
        band="high",
        duration_ms=1.0,
        calculated_at=now,
    )

    text = _page(browser, assessment.pk)

    assert "51.5" in text
    assert "calculated before inputs were stored" in text
    assert f"{run.pk}/trace/" not in text


@pytest.mark.requirement("PERF-002")
def test_it_costs_a_fixed_number_of_queries(browser: Client, answer: Any) -> None:
    counts = []
    for after, people in ((0, 2), (2, 9)):
        run = answer(people, after)
        _page(browser, run.assessment_id)
        with CaptureQueriesContext(connection) as queries:
            _page(browser, run.assessment_id)
        counts.append(len(queries))

    assert counts[0] == counts[1]


@pytest.mark.requirement("SEC-AUTH-002", "DB-002")
def test_only_who_may_read_the_assessment_gets_there(
    browser: Client, answer: Any, make_user: Any, now: Any, beta: Any
) -> None:
    path = f"/assessments/{answer(2).assessment_id}/why/"
    role = accounts.create_role("own", name="own", permissions=["assessments:own:read"], acting_user=None, now=now)
    people = {email: make_user(email) for email in ("own@acme.example", "none@acme.example")}
    accounts.grant_role(people["own@acme.example"], role, acting_user=None, now=now)

    found = {}
    for email, user in people.items():
        client = Client(headers=ACME)
        client.force_login(user)
        found[email] = client.get(path).status_code

    assert found == {"own@acme.example": 404, "none@acme.example": 403}
    assert Client(headers=ACME).get(path).status_code == 302
    assert Client(headers={"host": "beta.localhost"}).get(path).status_code == 302
