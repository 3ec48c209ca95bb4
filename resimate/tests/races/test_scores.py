"""Several at once want the same assessment scored, published, undone or changed."""

import copy
from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.core.fields import new_id
from apps.core.models import Event
from apps.models import services
from apps.models.models import Assessment, Import, ModelVersion, ResilienceModel, Response, ScoreRun
from apps.models.services.undoing import fingerprint_of
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


def test_a_draft_is_published_once(draft: ModelVersion, now: datetime) -> None:
    first, second = race(*[lambda: services.publish_version(draft, acting_user=None, now=now)] * 2)

    assert (first.code, second.code, second.waited) == ("", "version_not_draft", True)
    assert events_of(draft, "version.published") == 1


def test_a_version_is_retired_once(published: ModelVersion, now: datetime) -> None:
    first, second = race(*[lambda: services.retire_version(published, acting_user=None, now=now)] * 2)

    assert (first.code, second.code, second.waited) == ("", "version_not_published", True)
    assert events_of(published, "version.retired") == 1


def events_of(version: ModelVersion, name: str) -> int:
    """How many events of that name tell of the version; the trail has as many entries."""
    told = Event.objects.filter(name=name, payload__version_id=str(version.pk)).count()
    assert AuditEntry.objects.filter(action=name, object_id=str(version.pk)).count() == told
    return told


def test_a_version_that_is_retired_while_the_next_is_published_is_not_the_current_one(
    published: ModelVersion, now: datetime
) -> None:
    document = {**published.document, "name": {"en": "Second"}}
    second = services.import_document(document, acting_user=None, now=now)

    outcomes = race(
        lambda: services.publish_version(second, acting_user=None, now=now),
        lambda: services.retire_version(published, acting_user=None, now=now),
    )

    assert [one.code for one in outcomes] == ["", ""]
    assert ResilienceModel.objects.get(pk=published.model_id).current_version_id == second.pk


def test_two_documents_of_one_code_make_one_model_and_one_draft(acme: None, ada: User, now: datetime) -> None:
    document = {**copy.deepcopy(SURVEY), "code": f"survey_{new_id().hex}"}

    outcomes = race(*[lambda: services.import_document(document, acting_user=ada, now=now)] * 3)

    assert [one.code for one in outcomes] == [""] * 3
    assert ModelVersion.objects.filter(model__code=document["code"]).count() == 1


def test_answers_that_are_handed_in_while_the_assessment_is_locked_are_refused(
    answered: Response, now: datetime
) -> None:
    locking, late = race(
        lambda: services.lock_assessment(answered.assessment, acting_user=None, now=now),
        lambda: services.submit(answered, now=now),
    )

    assert (locking.code, late.code, late.waited) == ("", "assessment_locked", True)


def test_an_answer_that_is_saved_while_the_assessment_is_locked_is_refused(answered: Response, now: datetime) -> None:
    locking, late = race(
        lambda: services.lock_assessment(answered.assessment, acting_user=None, now=now),
        lambda: services.save_answer(answered, "L1", 5, answered_at=now, now=now),
    )

    assert (locking.code, late.code, late.waited) == ("", "assessment_locked", True)


def test_an_assessment_locks_with_the_answers_that_were_handed_in_before(answered: Response, now: datetime) -> None:
    handed_in, locking = race(
        lambda: services.save_answers(answered, {"L2": 5}, acting_user=None, now=now),
        lambda: services.lock_assessment(answered.assessment, acting_user=None, now=now),
    )

    assert (handed_in.code, locking.code, locking.waited) == ("", "", True)
    entry = AuditEntry.objects.get(action="assessment.locked", object_id=str(answered.assessment_id))
    assert entry.details["answers"] == 2


def test_answers_that_are_handed_in_twice_count_once(answered: Response, now: datetime) -> None:
    outcomes = race(*[lambda: services.submit(answered, now=now)] * 2)
    services.score_assessment(answered.assessment, now=now)

    assert [one.code for one in outcomes] == ["", ""]
    assert outcomes[1].waited
    assert ScoreRun.objects.get(assessment=answered.assessment_id).rater_count == 1


@pytest.fixture
def imported(published: ModelVersion, ada: User, now: datetime) -> Import:
    """An import of one assessment."""
    subject = services.create_subject(code=f"u{new_id().hex}", name="Harbour", acting_user=ada, now=now)
    made = services.create_assessment(version=published, subject=subject, period="2026", acting_user=ada, now=now)
    values = fingerprint_of([made])
    content = {"model": None, "version": None, "digest": "", "subjects": [], "assessments": [str(made.pk)]}
    return Import.objects.create(kind="files", made={**content, "values": values}, created_at=now, created_by=ada)


def test_what_is_scored_while_its_import_is_undone_stays(imported: Import, ada: User, now: datetime) -> None:
    assessment = Assessment.objects.get(pk=imported.made["assessments"][0])

    scoring, undoing = race(
        lambda: services.score_assessment(assessment, now=now),
        lambda: services.undo_import(imported, acting_user=ada, now=now),
    )

    assert (scoring.code, undoing.code, undoing.waited) == ("", "import_in_use", True)


def test_what_is_undone_while_it_is_scored_is_gone_without_a_fault(imported: Import, ada: User, now: datetime) -> None:
    assessment = Assessment.objects.get(pk=imported.made["assessments"][0])

    undoing, scoring = race(
        lambda: services.undo_import(imported, acting_user=ada, now=now),
        lambda: services.score_assessment(assessment, now=now),
    )

    assert (undoing.code, scoring.code, scoring.waited) == ("", "not_found", True)


def test_an_import_is_undone_once(imported: Import, ada: User, now: datetime) -> None:
    outcomes = race(*[lambda: services.undo_import(imported, acting_user=ada, now=now)] * 2)

    assert [one.code for one in outcomes] == ["", "import_undone"]
