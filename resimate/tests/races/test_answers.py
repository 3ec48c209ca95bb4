"""Two devices answer at the same moment, or one while the assessment is closed: nothing is lost, none comes late."""

from datetime import datetime, timedelta

import pytest

from apps.accounts.models import User
from apps.keys.models import SubjectKey
from apps.models import services
from apps.models.models import Response
from apps.models.services.responses import save_answer
from apps.models.services.sheets import AssessmentLocked
from resimate.tests.races.harness import race
from resimate.tests.races.test_scores import assessment, draft, published  # noqa: F401  fixtures

pytestmark = pytest.mark.requirement("CMS-001")


@pytest.fixture
def response(assessment: object, ada: User, now: datetime) -> Response:  # noqa: F811  the fixture
    made = services.create_response(assessment, rater="r1", acting_user=ada, now=now)  # type: ignore[arg-type]  # the fixture
    return Response.objects.select_related("assessment__version").get(pk=made.pk)


def _answers(response: Response, now: datetime, *questions: str) -> list[object]:
    works = [
        lambda question=question: save_answer(response, question, 3, answered_at=now, now=now) for question in questions
    ]
    return [one.error for one in race(*works)]


def test_first_answers_to_different_questions_are_all_kept(response: Response, now: datetime) -> None:
    keys = SubjectKey.objects.count()

    assert _answers(response, now, "L1", "L2", "N1") == [None] * 3

    assert services.answers_of(response) == {"L1": 3, "L2": 3, "N1": 3}
    assert SubjectKey.objects.count() == keys + 1


def test_later_answers_to_different_questions_are_all_kept(response: Response, now: datetime) -> None:
    services.save_answers(response, {"L1": 1, "L2": 1}, acting_user=None, now=now - timedelta(hours=1))

    assert _answers(response, now, "L1", "L2", "N1") == [None] * 3

    assert services.answers_of(response) == {"L1": 3, "L2": 3, "N1": 3}


@pytest.mark.parametrize("has_begun", [False, True])
def test_an_answer_that_waited_for_the_lock_comes_too_late(response: Response, now: datetime, has_begun: bool) -> None:
    if has_begun:
        services.save_answers(response, {"L1": 1}, acting_user=None, now=now - timedelta(hours=1))

    closed, late = race(
        lambda: services.lock_assessment(response.assessment, acting_user=None, now=now),
        lambda: save_answer(response, "L1", 3, answered_at=now, now=now),
    )

    assert closed.error is None
    assert late.waited
    assert isinstance(late.error, AssessmentLocked)
    assert services.answers_of(response) == ({"L1": 1} if has_begun else {})


def test_the_lock_waits_for_an_answer_that_is_being_saved(response: Response, now: datetime) -> None:
    services.save_answers(response, {"L1": 1}, acting_user=None, now=now - timedelta(hours=1))

    saved, closed = race(
        lambda: save_answer(response, "L1", 3, answered_at=now, now=now),
        lambda: services.lock_assessment(response.assessment, acting_user=None, now=now),
    )

    assert (saved.error, closed.error) == (None, None)
    assert closed.waited
    assert services.answers_of(response) == {"L1": 3}
