"""Writing anew walks through a table once by its primary key, however many batches that takes."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import schema_context

from apps.core.models import RememberedAnswer
from apps.keys import services
from apps.keys.services import reencrypting
from apps.keys.tests.walking import Plans

pytestmark = pytest.mark.requirement("SEC-DATA-001")
ROWS, BATCH = 60, 20


def test_no_batch_of_a_rotation_sorts_all_that_is_left(acme: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """So few rows seem to be left that PostgreSQL, if it may, reads all of them and sorts them, each time."""
    monkeypatch.setattr(reencrypting, "BATCH", BATCH)
    now, plans = timezone.now(), Plans("core_rememberedanswer")
    RememberedAnswer.objects.bulk_create(
        RememberedAnswer(user=uuid4(), key=str(n), request_digest=b"", body=str(n), created_at=now) for n in range(ROWS)
    )
    with schema_context("public"):
        services.rotate("acme", now=now)
        with connection.execute_wrapper(plans):
            assert services.reencrypt("acme").written == ROWS

    assert len(plans.found) == ROWS // BATCH + 1
    assert [plan for plan in plans.found if "Sort" in plan] == []
