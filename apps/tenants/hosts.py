"""From a host name to its tenant: remembered for a moment in each process, so a request costs no query for it."""

import time
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django_tenants.utils import get_public_schema_name, schema_context

from apps.tenants.models import Domain, Tenant

SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Host:
    """What a request needs to know of its tenant; stands in for the row wherever django-tenants wants a tenant."""

    schema_name: str
    id: UUID | None
    slug: str
    name: str
    is_active: bool
    domain_url: str

    @property
    def is_platform(self) -> bool:
        return bool(self.schema_name == get_public_schema_name())

    def get_tenant_type(self) -> None:
        return None


_known: dict[str, tuple[float, Host]] = {}
_suspended: list[tuple[float, set[str]]] = []


def find(domain: str) -> Host | None:
    """The tenant served under a host name (lower case, without port); None when there is none."""
    known = _known.get(domain)
    if known and known[0] > time.monotonic():
        return known[1]
    if domain == settings.BASE_DOMAIN:
        return Host(get_public_schema_name(), None, "", "Resimate", True, domain)
    with schema_context(get_public_schema_name()):
        row = Domain.objects.select_related("tenant").filter(domain=domain).first()
    if row is None:
        _known.pop(domain, None)
        return None
    tenant = row.tenant
    active = tenant.status == Tenant.Status.ACTIVE
    host = Host(tenant.schema_name, tenant.id, tenant.slug, tenant.name, active, domain)
    _known[domain] = (time.monotonic() + SECONDS, host)
    return host


def suspended_schemas() -> set[str]:
    if not _suspended or _suspended[0][0] < time.monotonic():
        rows = Tenant.objects.filter(status=Tenant.Status.SUSPENDED).values_list("schema_name", flat=True)
        _suspended[:] = [(time.monotonic() + SECONDS, set(rows))]
    return _suspended[0][1]


@receiver([post_save, post_delete], sender=Tenant)
@receiver([post_save, post_delete], sender=Domain)
def forget(**_: object) -> None:
    _known.clear()
    _suspended.clear()
