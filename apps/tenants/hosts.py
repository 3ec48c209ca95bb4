"""From a host name to its tenant: remembered for a moment in each process, so a request costs no query for it."""

import re
import time
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django_tenants.utils import get_public_schema_name, schema_context

from apps.core.memory import SECONDS, forgets
from apps.core.tenancy import current_schema
from apps.tenants.models import Domain, Tenant

MOST_UNKNOWN = 1000
NAME = re.compile(r"[a-z0-9.-]{1,253}")


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
_unknown: dict[str, float] = {}
_suspended: list[tuple[float, set[str]]] = []


def name_of(host: str) -> str:
    """The name in a ``Host`` header, lower case and without port.

    >>> name_of("Demo.Localhost.:8000"), name_of("demo.localhost"), name_of("")
    ('demo.localhost', 'demo.localhost', '')
    """
    return (host.rpartition(":")[0] or host).lower().rstrip(".")


def remembered(domain: str) -> bool | None:
    """Whether a host is served, as far as that is known without asking the database; None when it is not."""
    if domain in _known or domain == settings.BASE_DOMAIN:
        return True
    return False if _unknown.get(domain, 0) > time.monotonic() or not NAME.fullmatch(domain) else None


def find(domain: str) -> Host | None:
    """The tenant served under a host name (lower case, without port); None when there is none."""
    cached = _known.get(domain)
    if cached and cached[0] > time.monotonic():
        return cached[1]
    if domain == settings.BASE_DOMAIN:
        return Host(get_public_schema_name(), None, "", "Resimate", True, domain)
    with schema_context(get_public_schema_name()):
        row = Domain.objects.select_related("tenant").filter(domain=domain).first()
    if row is None:
        _known.pop(domain, None)
        _forget_soon(domain)
        return None
    tenant = row.tenant
    active = tenant.status == Tenant.Status.ACTIVE
    host = Host(tenant.schema_name, tenant.id, tenant.slug, tenant.name, active, domain)
    _known[domain] = (time.monotonic() + SECONDS, host)
    return host


def _forget_soon(domain: str) -> None:
    """Remember for a second that there is no such host: whoever asks for many does not ask the database as often."""
    if len(_unknown) >= MOST_UNKNOWN:
        _unknown.clear()
    _unknown[domain] = time.monotonic() + 1


def address(domain: str) -> str:
    """Where a host is served, as people's browsers see it."""
    usual = {"http": 80, "https": 443}[settings.PUBLIC_SCHEME]
    port = "" if usual == settings.PUBLIC_PORT else f":{settings.PUBLIC_PORT}"
    return f"{settings.PUBLIC_SCHEME}://{domain}{port}"


def base_url() -> str:
    """Where the current tenant is served, as people's browsers see it."""
    domains = Domain.objects.filter(tenant__schema_name=current_schema(), is_primary=True)
    return address(domains.values_list("domain", flat=True).get())


def home_of(tenant: Tenant) -> str:
    """The address of a tenant's first page, on its own host, which need not be made of its name."""
    return f"{address(next(one.domain for one in tenant.domains.all() if one.is_primary))}/"


def suspended_schemas() -> set[str]:
    if not _suspended or _suspended[0][0] < time.monotonic():
        rows = Tenant.objects.filter(status=Tenant.Status.SUSPENDED).values_list("schema_name", flat=True)
        _suspended[:] = [(time.monotonic() + SECONDS, set(rows))]
    return _suspended[0][1]


@receiver([post_save, post_delete], sender=Tenant)
@receiver([post_save, post_delete], sender=Domain)
@forgets
def forget(**_: object) -> None:
    _known.clear()
    _unknown.clear()
    _suspended.clear()
