"""Dashboards count scores: each one that is made, and none that was there already."""

from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client import REGISTRY

from apps.models import services
from apps.models.models import Assessment, Subject


@pytest.mark.requirement("MON-001")
def test_each_score_that_is_made_is_counted_once(
    subjects: list[Subject], assess: Callable[..., Assessment], now: Any
) -> None:
    assessment = assess(subjects[0], 5)
    before = _counted()

    for _ in range(2):
        services.score_assessment(assessment, now=now)

    assert [after - was for after, was in zip(_counted(), before, strict=True)] == [1, 1]


def _counted() -> list[float]:
    """How many have come out, with a value or without one, and how many were timed."""
    outcomes = [REGISTRY.get_sample_value("resimate_scores_total", {"outcome": one}) for one in ("scored", "none")]
    return [sum(one or 0.0 for one in outcomes), REGISTRY.get_sample_value("resimate_score_seconds_count") or 0.0]
