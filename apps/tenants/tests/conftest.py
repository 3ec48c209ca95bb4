"""Work on tenants that really commits, since it runs on two connections; what it makes is removed again."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def slug() -> str:
    """One that no other run on these servers uses at the same time: roles belong to the whole server."""
    return f"gamma{os.getpid()}"


@pytest.fixture
def make_tenant(committed: None, now: datetime) -> Iterator[Callable[[str], Any]]:
    """Make tenants; they are gone after the test."""
    from apps.tenants import services

    made: list[str] = []

    def make(slug: str) -> Any:
        made.append(slug)
        return services.create_tenant(slug, name=slug.title(), now=now)

    yield make
    for one in made:
        remove_tenant(one)


def remove_tenant(slug: str) -> None:
    from django.db import connections

    from apps.audit.models import AuditEntry
    from apps.core.sql import tenant_role
    from apps.tenants import hosts
    from apps.tenants.models import Domain, Tenant, schema_for
    from apps.tenants.provisioning import OWNER, owner_in, shared_models

    schema, role = schema_for(slug), tenant_role(schema_for(slug))
    with owner_in("public"), connections[OWNER].cursor() as cursor:
        cursor.execute(f"ALTER TABLE {AuditEntry._meta.db_table} DISABLE TRIGGER append_only")
        for model in shared_models():  # so that the next test can have the name
            model._base_manager.using(OWNER).filter(tenant=schema).delete()
        cursor.execute(f"ALTER TABLE {AuditEntry._meta.db_table} ENABLE TRIGGER append_only")
        Domain.objects.using(OWNER).filter(tenant__slug=slug).delete()
        Tenant.objects.using(OWNER).filter(slug=slug).delete()
        cursor.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone():
            cursor.execute(f'REVOKE ALL ON ALL TABLES IN SCHEMA public FROM "{role}"')
            cursor.execute(f'REVOKE ALL ON SCHEMA public FROM "{role}"')
            cursor.execute(f'DROP ROLE "{role}"')
    hosts.forget()
