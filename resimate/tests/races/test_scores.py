"""Several at once want the same assessment scored, published, undone or changed."""

import copy
from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.core.fields import new_id
from apps.models import services
from apps.models.models import Assessment, ModelVersion, Response, ScoreRun
from apps.models.tests.conftest import SURVEY
from resimate.tests.races.harness import race


def make_draft(now: datetime) -> ModelVersion:
    document: dict[str, Any] = {**copy.deepcopy(SURVEY), "code": f"survey_{new_id().hex}"}
    return services.import_document(document, acting_user=None, now=now)


@pytest.fixture
def draft(acme: None, now: datetime) -> ModelVersion:
    return make_draft(now)


@pytest.fixture
def published(draft: ModelVersion, now: datetime) -> ModelVersion:
    return services.publish_version(draft, acting_user=None, now=now)


@pytest.fixture
def assessment(published: ModelVersion, ada: User, now: datetime) -> Assessment:
    subject = services.create_subject(code=f"s{new_id().hex}", name="Harbour", acting_user=ada, now=now)
    return services.create_assessment(version=published, subject=subject, period="2026", acting_user=ada, now=now)


@pytest.fixture
def answered(assessment: Assessment, ada: User, now: datetime) -> Response:
    response = services.create_response(assessment, rater="r1", answers={"L1": 4}, acting_user=ada, now=now)
    return services.submit(response, now=now)


@pytest.mark.requirement("CMS-002")
def test_six_who_score_the_same_answers_come_to_one_run(answered: Response, now: datetime) -> None:
    def score() -> ScoreRun:
        return services.score_assessment(answered.assessment, now=now)

    outcomes = race(*[score] * 6)

    assert [one.error for one in outcomes] == [None] * 6
    assert {one.result.pk for one in outcomes} == set(
        ScoreRun.objects.values_list("pk", flat=True).filter(assessment=answered.assessment_id)
    )
    assert len({one.result.pk for one in outcomes}) == 1


def test_a_run_that_rests_on_an_outdated_latest_run_is_refused_by_the_database(
    answered: Response, now: datetime
) -> None:
    run = services.score_assessment(answered.assessment, now=now)
    run.pk = new_id()

    with pytest.raises(IntegrityError, match="run_follows_one_other"), transaction.atomic():
        run.save(force_insert=True)


def test_answers_that_come_back_to_what_they_were_are_scored_again(
    answered: Response, ada: User, now: datetime
) -> None:
    numbers = []
    for value in (4, 2, 4, 4):
        services.save_answers(answered, {"L1": value}, acting_user=ada, now=now)
        numbers.append(services.score_assessment(answered.assessment, now=now).number)

    assert numbers == [1, 2, 3, 3]
