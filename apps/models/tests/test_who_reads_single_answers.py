"""Single answers of a confidential assessment: at the end, of enough people, without times and small groups."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.models import disclosure, services
from apps.models.models import Assessment, ModelVersion, ReferenceSet, Response, ScoreRun, Subject
from apps.models.services import scoring
from apps.models.tests.conftest import Api
from apps.models.tests.sheets import put

pytestmark = pytest.mark.requirement("COMP-001", "SEC-AUTH-002")
NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def held(publish: Any, survey: Any, harbour: Subject, now: datetime) -> Assessment:
    """A confidential assessment, still open, without a single answer."""
    return _begin(publish(survey), harbour, now)


def _begin(version: ModelVersion, subject: Subject, now: datetime, **more: Any) -> Assessment:
    given = {"version": version, "subject": subject, "period": "2026", "confidential": True, **more}
    return services.begin_assessment(**given, acting_user=None, now=now)


def _send(assessment: Assessment, now: datetime, *, is_counted: bool = False, **people: int) -> None:
    for group, count in people.items():
        for number in range(count):
            sent = Response.objects.create(
                assessment=assessment,
                rater=f"{group[0]}{number}{is_counted}",
                group=group,
                submitted_at=now,
                created_at=now,
                is_counted=is_counted,
            )
            put(sent, {"L1": 3}, now)


def _lock(assessment: Assessment, now: datetime) -> Assessment:
    services.lock_in_confidence(assessment, acting_user=None, now=now)
    return Assessment.objects.select_related("version").get(pk=assessment.pk)


@pytest.fixture
def auditor(acme: Any, make_user: Any) -> User:
    return make_user("aud@acme.example", "answers_auditor")


@pytest.mark.parametrize(("counted", "others", "may"), [(5, 0, True), (4, 0, False), (4, 3, False)])
def test_it_takes_five_who_are_counted(
    held: Assessment, auditor: User, now: datetime, counted: int, others: int, may: bool
) -> None:
    """Whose data were erased afterwards is counted no more."""
    _send(held, now, is_counted=True, staff=counted)
    _send(held, now, staff=others)
    held = _lock(held, now)

    if may:
        disclosure.refuse_single_answers(held, auditor)
    else:
        with pytest.raises(disclosure.NotReleased):
            disclosure.refuse_single_answers(held, auditor)


def test_no_address_tells_when_anybody_answered_or_of_which_small_group_they_are(
    held: Assessment, auditor: User, api_of: Any, now: datetime
) -> None:
    _send(held, now, staff=6, crew=5, board=2)
    _lock(held, now)
    services.score_assessment(held, now=now)
    api: Api = api_of(auditor)
    path = f"assessments/{held.pk}/"
    one = Response.objects.get(rater="b0False")

    answers = {
        what: api.get(path + what)
        for what in ("responses/", "responses/export/", f"responses/{one.pk}/", "export/", "export/?format=csv")
    }

    said = {what: (b"".join(a.streaming_content) if a.streaming else a.content).decode() for what, a in answers.items()}
    assert {what: one.status_code for what, one in answers.items()} == dict.fromkeys(answers, 200)
    assert {what for what, text in said.items() if f"{now:%Y-%m-%d}" in text} == set()
    assert {what for what, text in said.items() if '"board"' in text or ",board," in text} == set()
    assert {what for what, text in said.items() if "staff" in text} == set(answers) - {f"responses/{one.pk}/"}


def test_an_open_assessment_tells_all_of_it(assessment: Assessment, api: Api, now: datetime) -> None:
    _send(assessment, now, board=1)
    path = f"assessments/{assessment.pk}/responses/"

    for what in ("", "export/", f"{Response.objects.get().pk}/"):
        answer = api.get(path + what)
        text = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()
        assert ("board" in text, f"{now:%Y-%m-%d}" in text) == (True, True), what


def test_whoever_is_not_counted_makes_no_group_large_enough_to_be_named(held: Assessment, now: datetime) -> None:
    _send(held, now, is_counted=True, staff=5, crew=4)
    _send(held, now, crew=3)

    shown = disclosure.blinded(Response.objects.filter(is_counted=True), held)

    assert {one.group for one in shown} == {""}


def test_who_may_not_write_does_not_learn_which_responses_there_are(held: Assessment, api: Api, now: datetime) -> None:
    _send(held, now, staff=1)
    path = f"assessments/{held.pk}/responses/"

    answers = [api.patch(f"{path}{pk}/", {"answers": {"L1": 1}}) for pk in (Response.objects.get().pk, NOWHERE)]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [(409, "answered_by_link")] * 2


def test_a_set_of_open_assessments_is_read_whatever_is_confidential_in_other_periods(
    publish: Any, survey: Any, harbour: Subject, now: datetime
) -> None:
    version = publish(survey)
    _begin(version, harbour, now, period="2025")
    _begin(version, harbour, now, confidential=False)
    frozen = ReferenceSet(version=version, source={"period": "2026", "assessments": 1})

    assert disclosure.may_read_frozen(frozen, AnonymousUser(), services.parsed(version))


@pytest.fixture
def unreleased(held: Assessment, now: datetime) -> ScoreRun:
    """A calculation of which nothing was ever released."""
    return ScoreRun.objects.create(
        assessment=held,
        version=held.version,
        number=1,
        unit=held.subject.code,
        input_digest="d",
        engine_version="1",
        calculated_at=now,
        duration_ms=1.0,
        score=42.25,
    )


def test_a_calculation_that_was_not_released_is_nowhere(unreleased: ScoreRun, ada: User, api: Api) -> None:
    browser = Client(headers={"host": "acme.localhost"})
    browser.force_login(ada)
    path = f"assessments/{unreleased.assessment_id}/scores/"
    why = reverse("models:why", args=[unreleased.assessment_id])

    missing = [f"{unreleased.pk}/", f"{unreleased.pk}/explanation/", "latest/", "latest/explanation/", "latest/trace/"]
    assert {what: api.get(path + what).status_code for what in missing} == dict.fromkeys(missing, 404)
    assert api.get(path).json()["results"] == []
    assert browser.get(f"{why}?run={unreleased.pk}").status_code == 404
    shown = browser.get(why).content.decode().partition("<main")[2]
    assert re.findall(r"\b42\b", shown) == []  # as a number: ids of the page's links may hold it
    runs = browser.get(reverse("admin:resilience_scorerun_changelist")).context["cl"].queryset
    assert list(runs) == []


@pytest.mark.parametrize(("confidential", "code"), [(True, "not_released"), (False, "not_found")])
def test_why_there_is_no_score_is_said_of_confidential_ones_alone(
    publish: Any, survey: Any, harbour: Subject, api: Api, now: datetime, confidential: bool, code: str
) -> None:
    one = _begin(publish(survey), harbour, now, confidential=confidential)

    answers = [api.get(f"assessments/{one.pk}/scores/latest/{what}") for what in ("", "explanation/")]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, code)] * 2


def test_before_a_release_there_is_no_score_to_ask_for(held: Assessment, now: datetime) -> None:
    _send(held, now, staff=4)

    with pytest.raises(disclosure.NotReleased):
        services.score_assessment(held, now=now)


def test_who_is_counted_next_is_drawn_by_lot_and_nobody_before_enough_have_sent(
    held: Assessment, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Lot:
        def sample(self, waiting: Sequence[UUID], count: int) -> list[UUID]:
            return list(waiting)[::-1][:count]

    monkeypatch.setattr("secrets.SystemRandom", Lot)
    _send(held, now, staff=10)
    last = sorted(Response.objects.values_list("pk", flat=True))[-5:]

    first = disclosure.due_release(held)
    Response.objects.filter(pk__in=first).update(is_counted=True)

    assert (first, disclosure.due_release(held)) == (frozenset(last), frozenset())


def test_a_release_is_calculated_without_the_names_of_small_groups(held: Assessment, now: datetime) -> None:
    _send(held, now, staff=6, crew=5, board=2)
    everybody = [*Response.objects.values_list("pk", flat=True)]

    (unit,) = scoring.units_of([held], {held.pk: everybody})

    assert Counter(one["group"] for one in unit["responses"]) == {"staff": 6, None: 7}
