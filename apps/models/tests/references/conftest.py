"""Subjects that are compared, and a set that they can be compared with. Imports wait until a fixture runs."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from apps.accounts.models import User
    from apps.models.models import Assessment, ModelVersion, ReferenceSet, Subject


@pytest.fixture
def version(publish: Any) -> "ModelVersion":
    from apps.models.tests.references.models import MEASURED

    return publish(MEASURED)


@pytest.fixture
def subjects(ada: "User", now: Any) -> "list[Subject]":
    from apps.models import services

    return services.create_subjects([{"code": c, "name": c} for c in ("a", "b", "c")], acting_user=ada, now=now)


@pytest.fixture
def assess(ada: "User", now: Any, version: "ModelVersion") -> "Callable[..., Assessment]":
    """Begin an assessment of a subject with a measured value, in 2026."""
    from apps.models import services

    def make(subject: "Subject", x: float, **more: Any) -> "Assessment":
        given = {"version": version, "subject": subject, "period": "2026", "values": {"x": x}}
        return services.create_assessment(**{**given, **more}, acting_user=ada, now=now)

    return make


@pytest.fixture
def wave(assess: Any, subjects: "list[Subject]") -> "list[Assessment]":
    """Two subjects with 0 and 10."""
    return [assess(subject, x) for subject, x in zip(subjects[:2], (0, 10), strict=True)]


@pytest.fixture
def frozen(version: "ModelVersion", ada: "User", now: Any) -> "ReferenceSet":
    from apps.models import services
    from apps.models.tests.references.models import LOW_AND_HIGH

    return services.freeze_reference_set(version, "Base", LOW_AND_HIGH, acting_user=ada, now=now)[0]
