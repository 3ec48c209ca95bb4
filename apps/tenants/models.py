"""Tenants and their hosts: public schema only."""

from typing import Any, NoReturn

from django.core.validators import RegexValidator
from django.db import models
from django_tenants.models import DomainMixin, TenantMixin

from apps.core.fields import Model

SLUG = RegexValidator(
    r"\A[a-z][a-z0-9-]{0,38}[a-z0-9]\Z",
    "2 to 40 lower-case letters, digits and hyphens; a letter first, no hyphen last.",
)
#: Hosts and schemas that a tenant must not take.
RESERVED = frozenset({"public", "www", "admin", "api", "app", "static", "mail", "status", "docs", "information-schema"})


class Tenant(TenantMixin, Model):
    """An organisation, city or community with its own schema, role, people and keys."""

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        SUSPENDED = "suspended", "Suspended"

    slug = models.CharField(max_length=40, unique=True, validators=[SLUG])
    name = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    created_at = models.DateTimeField()

    tenants_may = "SELECT"
    auto_create_schema = False
    auto_drop_schema = False

    def __str__(self) -> str:
        return self.name

    def __enter__(self) -> NoReturn:
        # django-tenants keeps the previous tenant in a list that all threads share: they restore each other's.
        raise TypeError("use tenant_context(tenant): `with tenant:` is not safe in threads")

    def __exit__(self, *exc: Any) -> NoReturn:
        raise TypeError("use tenant_context(tenant)")


class Domain(DomainMixin, Model):
    """A host name under which a tenant is served."""

    tenants_may = "SELECT"

    def __str__(self) -> str:
        return str(self.domain)


def schema_for(slug: str) -> str:
    return slug.replace("-", "_")
