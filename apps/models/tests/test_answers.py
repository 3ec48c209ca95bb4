"""Answers: on their scales, the later one wins, and none after the assessment is locked."""

from datetime import timedelta
from typing import Any

import pytest

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.core.errors import Invalid
from apps.core.models import Event
from apps.models import services
from apps.models.models import Assessment, Response
from apps.models.services.sheets import AssessmentLocked
from apps.models.tests.conftest import Api
from apps.models.tests.sheets import stored_answer, stored_answers

pytestmark = pytest.mark.requirement("CMS-001")


@pytest.fixture
def response(assessment: Assessment, ada: User, now: Any) -> Response:
    made = services.create_response(assessment, rater="r1", acting_user=ada, now=now)
    return Response.objects.select_related("assessment__version").defer("assessment__version__document").get(pk=made.pk)


def _save(response: Response, value: Any, answered_at: Any, **more: Any) -> services.SavedAnswer:
    return services.save_answer(response, "L1", value, answered_at=answered_at, **more)


def test_the_first_answer_begins_the_response(response: Response, now: Any) -> None:
    saved = _save(response, 4, now, now=now)

    assert (saved.value, saved.accepted) == (4, True)
    assert stored_answer().value == 4
    assert Response.objects.get().started_at == now


@pytest.mark.parametrize("value", [1, 5, "dont_know", "not_applicable", None])
def test_every_answer_of_the_scale_is_kept_as_it_was_given(response: Response, now: Any, value: Any) -> None:
    _save(response, value, now, now=now)

    assert stored_answer().value == value


@pytest.mark.parametrize("value", [0, 6, 2.5, "4", True, [4], {"a": 1}, "maybe", float("nan"), float("inf"), 10**400])
def test_an_answer_off_its_scale_is_refused_at_its_place(response: Response, now: Any, value: Any) -> None:
    with pytest.raises(Invalid) as refused:
        _save(response, value, now, now=now)

    assert [(one.pointer, one.code) for one in refused.value.errors] == [("/L1", "answer_off_scale")]
    assert not stored_answers()


def test_a_question_that_is_not_asked_is_refused(response: Response, now: Any) -> None:
    with pytest.raises(Invalid) as refused:
        services.save_answer(response, "X/1", 4, answered_at=now, now=now)

    assert [(one.pointer, one.code) for one in refused.value.errors] == [("/X~11", "unknown_question")]


def test_the_later_answer_wins_whatever_order_they_arrive_in(response: Response, now: Any) -> None:
    _save(response, 4, now, now=now, comment="why")

    late = _save(response, 2, now - timedelta(minutes=5), now=now)
    newer = _save(response, 5, now + timedelta(minutes=1), now=now + timedelta(minutes=2))

    assert (late.value, late.accepted, late.answered_at) == (4, False, now)
    assert (newer.value, newer.accepted) == (5, True)
    answer = stored_answer()
    assert (answer.value, answer.comment) == (5, "why")


def test_a_clock_that_is_ahead_cannot_shut_out_later_answers(response: Response, now: Any) -> None:
    ahead = _save(response, 1, now + timedelta(days=365), now=now)
    later = _save(response, 2, now + timedelta(seconds=1), now=now + timedelta(seconds=1))

    assert ahead.answered_at == now
    assert (later.value, later.accepted) == (2, True)


def test_a_comment_can_be_changed_and_cleared(response: Response, now: Any) -> None:
    _save(response, 4, now, now=now, comment="first")
    _save(response, 4, now, now=now, comment="")

    assert stored_answer().comment == ""


@pytest.mark.requirement("PERF-002")
def test_saving_an_answer_costs_two_queries(response: Response, now: Any, django_assert_max_num_queries: Any) -> None:
    services.parsed(response.assessment.version)
    _save(response, 3, now, now=now)

    with django_assert_max_num_queries(4):  # a savepoint of the test's own transaction is two of them
        _save(response, 4, now, now=now)


def test_nothing_is_answered_after_the_lock(response: Response, ada: User, now: Any) -> None:
    _save(response, 4, now, now=now)
    services.lock_assessment(response.assessment, acting_user=ada, now=now)

    with pytest.raises(AssessmentLocked):
        _save(response, 5, now, now=now)
    with pytest.raises(AssessmentLocked):
        services.save_answers(response, {"L1": 5}, acting_user=ada, now=now)
    with pytest.raises(AssessmentLocked):
        services.submit(response, now=now)

    assert stored_answer().value == 4
    assert AuditEntry.objects.get(action="assessment.locked").details["answers"] == 1


def test_handing_in_needs_the_required_answers_and_tells(response: Response, now: Any) -> None:
    with pytest.raises(Invalid) as refused:
        services.submit(response, now=now)
    _save(response, 4, now, now=now)

    submitted = services.submit(response, now=now)

    assert [(one.pointer, one.code) for one in refused.value.errors] == [("/answers/L1", "required")]
    assert submitted.submitted_at == now
    assert Event.objects.get(name="assessment.submitted").payload == {
        "assessment_id": str(response.assessment_id),
        "response_id": str(response.pk),
    }


def test_the_trail_never_holds_an_answer(response: Response, ada: User, now: Any) -> None:
    services.save_answers(response, {"L1": 4}, acting_user=ada, now=now)
    services.submit(response, now=now)

    entry = AuditEntry.objects.get(action="response.answered")
    assert entry.details == {"questions": ["L1"]}
    assert AuditEntry.objects.get(action="assessment.submitted").details.keys() == {"answers", "digest"}


def test_a_program_adds_a_response_changes_it_and_hands_it_in(api: Api, assessment: Assessment) -> None:
    path = f"assessments/{assessment.pk}/responses/"
    made = api.post(path, {"rater": "r1", "group": "staff", "answers": {"L1": 4}})
    own = made["Location"].removeprefix("/api/v1/")

    changed = api.patch(own, {"answers": {"L1": 5, "N1": "dont_know"}}, if_match=made["ETag"])
    submitted = api.post(f"{own}submit/", if_match=changed["ETag"])

    assert (made.status_code, changed.status_code, submitted.status_code) == (201, 200, 200)
    assert submitted.json()["answers"] == {"L1": 5, "N1": "dont_know"}
    assert submitted.json()["submitted_at"] is not None
    assert api.patch(own, {"answers": {"L1": 1}}, if_match=made["ETag"]).status_code == 412


def test_a_response_may_be_handed_in_at_once(api: Api, assessment: Assessment) -> None:
    made = api.post(f"assessments/{assessment.pk}/responses/", {"rater": "r1", "answers": {"L1": 4}, "submit": True})

    assert made.json()["submitted_at"] is not None


def test_a_bad_response_leaves_nothing_behind(api: Api, assessment: Assessment) -> None:
    path = f"assessments/{assessment.pk}/responses/"

    answer = api.post(path, {"rater": "r1", "answers": {"L1": 9, "Z": 1, "N1": 2}})
    incomplete = api.post(path, {"rater": "r2", "answers": {"N1": 2}, "submit": True})

    assert {(one["pointer"], one["code"]) for one in answer.json()["errors"]} == {
        ("/answers/L1", "answer_off_scale"),
        ("/answers/Z", "unknown_question"),
    }
    assert (answer.status_code, incomplete.status_code) == (422, 422)
    assert not Response.objects.exists()


def test_a_rater_has_one_response(api: Api, assessment: Assessment) -> None:
    path = f"assessments/{assessment.pk}/responses/"
    api.post(path, {"rater": "r1"})

    answer = api.post(path, {"rater": "r1"})

    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [("/rater", "taken")]


def test_answers_are_exported_as_the_score_command_reads_them(api: Api, assessment: Assessment) -> None:
    path = f"assessments/{assessment.pk}/"
    api.post(f"{path}responses/", {"rater": "r1", "group": "staff", "answers": {"L1": 4, "N1": "dont_know"}})

    lines = b"".join(api.get(f"{path}export/?format=csv").streaming_content).decode().splitlines()

    assert lines == ["id,rater,group,question,value", "harbour,r1,staff,L1,4", "harbour,r1,staff,N1,dont_know"]


def test_of_another_assessment_no_response_is_listed_or_exported(api: Api, assessment: Assessment, now: Any) -> None:
    later = services.create_assessment(
        version=assessment.version, subject=assessment.subject, period="2027", acting_user=None, now=now
    )
    for one, value in ((assessment, 4), (later, 2)):
        api.post(f"assessments/{one.pk}/responses/", {"rater": f"of {one.period}", "answers": {"L1": value}})

    listed = api.get(f"assessments/{later.pk}/responses/").json()["results"]
    lines = b"".join(api.get(f"assessments/{later.pk}/export/?format=csv").streaming_content).decode().splitlines()

    assert [one["rater"] for one in listed] == ["of 2027"]
    assert lines[1:] == ["harbour,of 2027,,L1,2"]
