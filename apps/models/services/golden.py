"""Golden vectors: what made-up units came to when their version was published, and whether they still do.

A published version promises the same scores for ever. Every night, and whenever somebody asks, the vector of each is
calculated again by the engine that runs now.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Any, Final

from django.db import transaction
from django_tenants.utils import tenant_context

import resimate_engine as engine
from apps import audit
from apps.core import events
from apps.models import metrics
from apps.models.models import GoldenCheck, GoldenVector, ModelVersion
from apps.models.services import budgets
from apps.models.services.documents import parsed
from apps.models.services.golden_units import probe_units
from apps.tenants.models import Tenant

logger = logging.getLogger(__name__)

#: Another processor or mathematical library may round the last bits otherwise; more than this is another result.
TOLERANCE: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Verified:
    """One version whose vector was calculated again; ``recorded_late``: it had none before."""

    version: ModelVersion
    check: GoldenCheck
    recorded_late: bool


@dataclass(frozen=True, slots=True)
class Golden:
    """What is known of a version's vector; the last four are None before it was first calculated again."""

    engine_version: str
    recorded_at: datetime
    checked_at: datetime | None = None
    checked_with: str | None = None
    agrees: bool | None = None
    largest_difference: float | None = None

    @property
    def is_identical(self) -> bool:
        return self.agrees is True and self.largest_difference == 0


def golden_of(version: ModelVersion) -> Golden | None:
    """Return what is known of a version's vector; None where there is none yet, as of a draft."""
    vector = GoldenVector.objects.filter(version=version.pk).only("engine_version", "recorded_at").first()
    if vector is None:
        return None
    check = vector.checks.order_by("-pk").first()
    if check is None:
        return Golden(vector.engine_version, vector.recorded_at)
    return Golden(
        vector.engine_version,
        vector.recorded_at,
        checked_at=check.checked_at,
        checked_with=check.engine_version,
        agrees=check.agrees,
        largest_difference=check.largest_difference,
    )


def record_vector(version: ModelVersion, *, now: datetime) -> tuple[GoldenVector, bool]:
    """Keep what a version's made-up units come to; returns the vector, and whether it is new."""
    vectors = GoldenVector.objects.select_related(None)
    if vector := vectors.filter(version=version.pk).first():
        return vector, False
    units = probe_units(parsed(version))
    made = {"units": units, "results": _calculated(version, units), "engine_version": engine.ENGINE_VERSION}
    return vectors.get_or_create(version_id=version.pk, defaults=made | {"recorded_at": now})


def verify_tenants(tenants: Iterable[Tenant], *, now: datetime) -> Iterator[tuple[Tenant, Verified]]:
    """Calculate the vectors of these tenants anew; each is looked at in its own schema."""
    for tenant in tenants:
        with tenant_context(tenant):
            verified = list(verify_versions(now=now))
        yield from ((tenant, one) for one in verified)


def verify_versions(*, now: datetime) -> Iterator[Verified]:
    """Calculate the vector of every version anew that was ever published, one transaction each."""
    versions = ModelVersion.objects.exclude(state=ModelVersion.State.DRAFT).order_by("pk")
    for version in versions.select_related("model").defer("document").iterator(100):
        yield verify_version(version, now=now)


@transaction.atomic
def verify_version(version: ModelVersion, *, now: datetime) -> Verified:
    """Calculate a version's vector anew and keep how that compares; who published it before there were vectors
    gets one now, which can only vouch for the time from now on."""
    vector, is_new = record_vector(version, now=now)
    if is_new:
        audit.record("version.vector_recorded", now=now, target=version, details={"number": version.number})
    apart = _apart(version, vector)
    sizes = [one for one in apart if one < inf]
    known_to_fail = GoldenCheck.objects.filter(vector=vector).order_by("-pk").values_list("agrees", flat=True).first()
    check = GoldenCheck.objects.create(
        vector=vector,
        engine_version=engine.ENGINE_VERSION,
        agrees=max(apart, default=0.0) <= TOLERANCE,
        largest_difference=max(sizes, default=None),
        checked_at=now,
    )
    metrics.VERIFICATIONS.labels("agrees" if check.agrees else "differs").inc()
    if not check.agrees and known_to_fail is not False:
        _tell(version, vector, check, now)
    return Verified(version, check, is_new)


def _apart(version: ModelVersion, vector: GoldenVector) -> list[float]:
    """Return every difference. An engine that cannot calculate it at all comes to something else, too."""
    try:
        found = _calculated(version, vector.units)
    except Exception:  # one version must not keep the others from being looked at
        logger.exception("a golden vector cannot be calculated", extra={"action": f"verify {version.pk}"})
        return [inf]
    return list(differences(vector.results, found))


def _calculated(version: ModelVersion, units: Any) -> list[Any]:
    results: list[Any] = budgets.score(parsed(version), units).results
    return results


def differences(kept: Any, found: Any) -> Iterator[float]:
    """Yield how far each of the kept values is from the one found, by the larger of the two, or by 1.

    Infinitely far where it is no matter of size: another band, a value where there was none. What a later engine
    adds is no difference.

    >>> list(differences({"score": 50.0, "band": None}, {"score": 40.0, "band": None, "new": 1}))
    [0.2, 0.0]
    """
    if isinstance(kept, Mapping) and isinstance(found, Mapping):
        for key, value in kept.items():
            yield from differences(value, found.get(key, _ABSENT))
    elif _is_list(kept) and _is_list(found) and len(kept) == len(found):
        for one, other in zip(kept, found, strict=True):
            yield from differences(one, other)
    elif _is_number(kept) and _is_number(found):
        yield abs(kept - found) / max(abs(kept), abs(found), 1.0) if float(kept) != float(found) else 0.0
    else:
        yield 0.0 if kept == found else inf


_ABSENT: Final = object()


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _tell(version: ModelVersion, vector: GoldenVector, check: GoldenCheck, now: datetime) -> None:
    """Say it once, and again only after it has been well in between."""
    details = {
        "number": version.number,
        "recorded_with": vector.engine_version,
        "engine_version": check.engine_version,
        "largest_difference": check.largest_difference,
    }
    logger.error("a published version no longer gives its scores", extra={"action": f"verify {version.pk}"})
    audit.record("version.verification_failed", now=now, target=version, outcome="failure", details=details)
    ids = {"model_id": str(version.model_id), "version_id": str(version.pk), "check_id": str(check.pk)}
    events.publish("version.verification_failed", ids, now=now)
