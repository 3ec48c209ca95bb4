from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from apps.accounts.models import User
from apps.models import services
from apps.models.models import Assessment, ModelVersion, Score, ScoreRun
from apps.models.services.versions import VersionNotDraft
from apps.models.tests.conftest import Api

pytestmark = pytest.mark.requirement("CMS-001")


def test_the_service_refuses_to_change_a_published_version(
    publish: Any, survey: dict[str, Any], ada: User, now: Any
) -> None:
    version = publish(survey)

    with pytest.raises(VersionNotDraft):
        services.update_draft(version, {**survey, "bands": []}, acting_user=ada, now=now)

    assert ModelVersion.objects.get().document == survey


def test_the_api_refuses_to_change_a_published_version(api: Api, publish: Any, survey: dict[str, Any]) -> None:
    version = publish(survey)

    answer = api.put(f"models/{version.model_id}/versions/{version.pk}/", {**survey, "bands": []})

    assert (answer.status_code, answer.json()["code"]) == (409, "version_not_draft")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE resilience_modelversion SET document = '{}'",
        "UPDATE resilience_modelversion SET digest = 'x'",
        "UPDATE resilience_modelversion SET number = 7",
        "UPDATE resilience_modelversion SET state = 'draft'",
        "UPDATE resilience_modelversion SET state = 'retired', document = '{}'",
        "DELETE FROM resilience_modelversion",
    ],
)
def test_the_database_refuses_it_too(publish: Any, survey: dict[str, Any], statement: str) -> None:
    publish(survey)

    with (
        pytest.raises(ProgrammingError, match="published version"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert ModelVersion.objects.get().document == survey


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE resilience_scorerun SET score = 100",
        "DELETE FROM resilience_score",
        "UPDATE resilience_score SET value = 100",
    ],
)
def test_a_score_is_never_overwritten(assessment: Assessment, now: Any, statement: str) -> None:
    run = services.score_assessment(assessment, now=now)

    with (
        pytest.raises(ProgrammingError, match=r"permission denied|append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert ScoreRun.objects.get().pk == run.pk
    assert Score.objects.count() == 3
