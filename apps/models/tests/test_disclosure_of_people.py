"""What answers and groups give away once they are in: only who is counted counts, and comments come by lot."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from apps.accounts.models import User
from apps.models import disclosure, services
from apps.models.disclosure import answers
from apps.models.models import Assessment, Response, ScoreRun
from apps.models.services import result_cache
from apps.models.tests.sheets import put
from resimate_engine.document import parse

pytestmark = pytest.mark.requirement("COMP-001")


@pytest.fixture
def assessment(publish: Any, survey: dict[str, Any], ada: User, now: datetime) -> Assessment:
    subject = services.create_subject(code="harbour", name="Harbour", acting_user=ada, now=now)
    return services.begin_assessment(
        version=publish(survey), subject=subject, period="2026", confidential=True, acting_user=ada, now=now
    )


def _send(
    assessment: Assessment, group: str, count: int, now: datetime, *, is_counted: bool = True, value: int | None = 3
) -> None:
    for number in range(count):
        sent = Response.objects.create(
            assessment=assessment,
            rater=f"{group}{number}{is_counted}",
            group=group,
            submitted_at=now,
            created_at=now,
            is_counted=is_counted,
        )
        put(sent, {"L1": value}, now, comment=f"{group} {number}")


def test_who_is_not_counted_makes_no_group_large_enough(
    assessment: Assessment, survey: dict[str, Any], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "counts_groups", lambda model: True)
    model = parse(survey)
    _send(assessment, "staff", 5, now)
    assert not disclosure.names_small_groups(assessment, model)

    _send(assessment, "board", 4, now)
    _send(assessment, "board", 1, now, is_counted=False)

    assert disclosure.names_small_groups(assessment, model)


def test_comments_come_in_the_order_of_the_lot(
    assessment: Assessment, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Lot:
        def sample(self, found: Sequence[str], count: int) -> list[str]:
            return sorted(found, reverse=True)[:count]

    monkeypatch.setattr(secrets, "SystemRandom", Lot)
    _send(assessment, "staff", 5, now)
    _send(assessment, "late", 2, now, is_counted=False)

    assert disclosure.comments_in(assessment) == {"L1": [f"staff {number}" for number in (4, 3, 2, 1, 0)]}


def test_who_has_written_and_not_answered_is_not_among_the_five_behind_comments(
    assessment: Assessment, now: datetime
) -> None:
    _send(assessment, "staff", 4, now)
    _send(assessment, "board", 1, now, value=None)
    assert disclosure.comments_in(assessment) == {}

    _send(assessment, "others", 1, now)

    assert len(disclosure.comments_in(assessment)["L1"]) == 6


def test_a_release_that_withholds_something_is_no_result_to_take_for_others(
    assessment: Assessment, ada: User, now: datetime
) -> None:
    plain = services.create_assessment(
        version=assessment.version, subject=assessment.subject, period="plain", acting_user=ada, now=now
    )
    response = services.create_response(plain, rater="r1", answers={"L1": 3}, acting_user=ada, now=now)
    services.submit(response, now=now)
    run = services.score_assessment(plain, now=now)
    key = (run.input_digest, run.unit or plain.subject.code)
    assert dict(result_cache._from_runs([key])).keys() == {key}

    ScoreRun.objects.create(
        assessment=assessment,
        version=run.version,
        number=1,
        unit=run.unit,
        input_digest="released",
        engine_version=run.engine_version,
        calculated_at=now,
        duration_ms=1.0,
        disclosed={},
    )

    assert dict(result_cache._from_runs([("released", run.unit)])) == {}
