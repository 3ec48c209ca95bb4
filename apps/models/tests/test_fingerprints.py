"""What stands for content in tables, trail and Redis is keyed; whoever may read the content gets its own digest."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest
from django.core.cache import cache
from django_tenants.utils import schema_context, tenant_context

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.core.fields import fingerprint
from apps.keys import services as keys
from apps.keys.tasks import tend
from apps.models import services
from apps.models.models import Assessment, ReferenceSet, Response, ScoredUnit, ScoreInput, ScoreRun
from apps.models.services import result_cache
from apps.models.tests.conftest import SURVEY, Api
from apps.models.tests.references.models import LOW_AND_HIGH, MEASURED
from resimate_engine.document import digest

pytestmark = pytest.mark.requirement("SEC-DATA-001", "CMS-002")
#: Where digests become fingerprints.
MAKING = ("scoring", "inputs", "references", "undoing")


@contextmanager
def process_of_before() -> Iterator[None]:
    """What is written meanwhile is as the version before wrote it."""
    with pytest.MonkeyPatch.context() as patched:
        for name in MAKING:
            patched.setattr(import_module(f"apps.models.services.{name}"), "fingerprint", lambda plain: plain)
        yield


def _answered(assessment: Assessment, ada: User, now: Any) -> Assessment:
    for rater, answers in (("r1", {"L1": 5, "N1": 1}), ("r2", {"L1": 4})):
        response = services.create_response(assessment, rater=rater, answers=answers, acting_user=ada, now=now)
        services.submit(response, acting_user=ada, now=now)
    return assessment


@pytest.fixture
def answered(assessment: Assessment, ada: User, now: Any) -> Assessment:
    return _answered(assessment, ada, now)


@pytest.fixture
def wave(publish: Any, ada: User, now: Any) -> list[Assessment]:
    """Three subjects that are compared with each other."""
    version, who = publish(MEASURED), {"acting_user": ada, "now": now}
    subjects = services.create_subjects([{"code": code, "name": code} for code in "abc"], **who)
    rows = [
        {"version": version, "subject": one, "period": "2026", "values": {"x": x}}
        for one, x in zip(subjects, (0, 5, 10), strict=True)
    ]
    return services.create_assessments(rows, **who)


def _trace(run: ScoreRun) -> Any:
    return json.loads(json.dumps(services.trace_of(services.stored_calculation(run))))


def _is_proved(run: ScoreRun) -> bool:
    return not services.verify_trace(_trace(run)).differences


def test_a_trace_has_the_digest_that_anybody_calculates_and_all_else_its_fingerprint(
    api: Api, answered: Assessment, now: Any
) -> None:
    run = services.score_assessment(answered, now=now)
    path = f"assessments/{answered.pk}/scores/{run.pk}/"

    own = json.loads(api.get(f"{path}trace/").content)["input_digest"]

    assert fingerprint(own) == run.input_digest
    assert AuditEntry.objects.get(action="score.calculated").details["input_digest"] == run.input_digest
    shown = [api.get(f"{path}{what}").json()["input_digest"] for what in ("", "explanation/")]
    assert shown == [run.input_digest] * 2
    assert cache.get(f"result:{run.input_digest}:harbour")
    assert not cache.get(f"result:{own}:harbour")
    assert not ScoreInput.objects.filter(digest=own).exists()


def test_tenants_with_the_same_input_have_nothing_in_common(
    answered: Assessment, beta: Any, make_user: Any, now: Any
) -> None:
    run = services.score_assessment(answered, now=now)
    with tenant_context(beta):
        bo = make_user("bo@beta.example", "tenant_admin")
        who: Any = {"acting_user": bo, "now": now}
        version = services.publish_version(services.import_document(SURVEY, **who), **who)
        subject = services.create_subject(code="harbour", name="Harbour", group="sites", **who)
        begun = services.create_assessment(version=version, subject=subject, period="2026", **who)
        theirs = services.score_assessment(_answered(begun, bo, now), now=now)
        their_digest = _trace(theirs)["input_digest"]

    assert their_digest == _trace(run)["input_digest"]
    assert theirs.input_digest != run.input_digest


def test_the_same_input_is_scored_once_before_and_after_rotations(
    answered: Assessment, wave: list[Assessment], now: Any
) -> None:
    def score() -> list[ScoreRun]:
        return services.score_assessments([answered, *wave], now=now)

    first = score()
    with schema_context("public"):
        for purpose in keys.ROTATED:
            keys.rotate("acme", purpose=purpose, now=now)
        keys.reencrypt("acme")

    assert score() == first
    assert (ScoreRun.objects.count(), ScoreInput.objects.count(), ScoredUnit.objects.count()) == (4, 2, 3)
    assert all(map(_is_proved, first))


def test_units_of_a_wave_are_found_by_their_fingerprints_alone(wave: list[Assessment], now: Any) -> None:
    run = services.score_assessments(wave, now=now)[0]

    own = {digest(unit) for unit in _trace(run)["units"]}
    assert set(ScoredUnit.objects.values_list("digest", flat=True)) == set(map(fingerprint, own))


def test_what_is_stored_and_was_not_scored_gets_no_trace(answered: Assessment, now: Any) -> None:
    stored = services.stored_calculation(services.score_assessment(answered, now=now))
    others = [{**unit, "responses": []} for unit in stored.units]

    with pytest.raises(services.InputChanged):
        services.trace_of(replace(stored, units=others))


def test_the_same_reference_set_is_found_by_its_fingerprint(wave: list[Assessment], ada: User, now: Any) -> None:
    version = wave[0].version
    first, again = (
        services.freeze_reference_set(version, name, LOW_AND_HIGH, acting_user=ada, now=now) for name in "ab"
    )

    assert (first[0], first[1], again[1]) == (again[0], True, False)
    assert first[0].digest == fingerprint(digest(services.units_of_set(first[0])))


def test_what_a_process_of_before_has_written_is_found_and_replaced(
    answered: Assessment, wave: list[Assessment], ada: User, now: Any
) -> None:
    with process_of_before():
        runs = services.score_assessments([answered, *wave], now=now)
        frozen, _ = services.freeze_reference_set(wave[0].version, "a", LOW_AND_HIGH, acting_user=ada, now=now)
    assert all(map(_is_proved, runs))
    told = keys.verify("acme").problems
    assert [one.split(":")[0] for one in told] == [
        "resilience.ReferenceSet.digest",
        "resilience.ScoredUnit.digest",
        "resilience.ScoreInput.digest",
        "resilience.ScoreRun.input_digest",
    ]

    with schema_context("public"):
        tend()

    assert keys.verify("acme").problems == []
    assert services.score_assessments([answered, *wave], now=now) == runs
    assert ScoreRun.objects.count() == 4
    assert all(_is_proved(run) for run in ScoreRun.objects.select_related("version", "assessment__subject"))
    found = services.freeze_reference_set(wave[0].version, "b", LOW_AND_HIGH, acting_user=ada, now=now)
    assert found == (frozen, False)


def test_what_processes_of_both_versions_have_stored_is_proved_by_both(
    wave: list[Assessment], ada: User, now: Any
) -> None:
    with process_of_before():
        services.score_assessments(wave, now=now)
        services.freeze_reference_set(wave[0].version, "a", LOW_AND_HIGH, acting_user=ada, now=now)
    services.score_assessments(wave, now=now)
    services.freeze_reference_set(wave[0].version, "b", LOW_AND_HIGH, acting_user=ada, now=now)

    assert keys.replace_digests("acme") == 3 + 1 + 3 + 1

    assert keys.verify("acme").problems == []
    runs = list(ScoreRun.objects.select_related("version", "assessment__subject"))
    assert (len(runs), len({run.input_digest for run in runs}), ReferenceSet.objects.count()) == (6, 1, 2)
    assert all(map(_is_proved, runs))


def test_equal_results_are_taken_from_each_other_by_the_fingerprint(answered: Assessment, ada: User, now: Any) -> None:
    run = services.score_assessment(answered, now=now)
    own = _trace(run)["input_digest"]

    assert result_cache.look_up({(run.input_digest, run.unit)})
    assert not result_cache.look_up({(own, run.unit)})
    services.save_answers(Response.objects.get(rater="r1"), {"L1": 1}, acting_user=ada, now=now)
    assert services.score_assessment(answered, now=now).input_digest != run.input_digest
