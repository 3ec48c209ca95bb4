from collections.abc import Callable, Iterator
from typing import Any

import pytest

Trail = Callable[[], list[tuple[str, dict[str, Any]]]]


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Work in acme without a transaction around the test; what it leaves in shared tables goes afterwards."""
    from django_tenants.utils import schema_context

    from apps.outbound.models import Destination

    with django_db_blocker.unblock():
        with schema_context("acme"):
            yield
        with schema_context("public"):
            Destination.objects.all().delete()


@pytest.fixture
def trail(acme: Any) -> Trail:
    """What the trail says of the tenant's calls: actions with their details."""
    from apps.audit.models import AuditEntry

    calls = AuditEntry.objects.filter(action__regex=r"^(address|destination)\.").order_by("recorded_at", "id")
    return lambda: list(calls.all().values_list("action", "details"))
