"""What custodians are told of how the keys of their tenant are looked after."""

from dataclasses import dataclass
from datetime import datetime

from django_tenants.utils import get_public_schema_name, schema_context

from apps.audit.models import AuditEntry
from apps.keys.models import RecoveryKey


@dataclass(frozen=True, slots=True)
class Custody:
    """When all was verified last and how many ``problems`` there were; the recovery keys, and their last drill."""

    verified_at: datetime | None
    problems: int
    recovery_keys: list[str]
    drilled_at: datetime | None


def custody_of(schema: str) -> Custody:
    verified = AuditEntry.objects.filter(tenant=schema, action="data_key.verified").order_by("-recorded_at").first()
    with schema_context(get_public_schema_name()):
        keys = list(RecoveryKey.objects.in_use().order_by("added_at"))
    drills = [one.drilled_at for one in keys if one.drilled_at is not None]
    return Custody(
        verified_at=verified.recorded_at if verified else None,
        problems=int(verified.details["problems"]) if verified else 0,
        recovery_keys=[one.fingerprint for one in keys],
        drilled_at=max(drills, default=None),
    )
