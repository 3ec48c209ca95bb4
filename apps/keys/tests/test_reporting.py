"""What custodians are told is of their own tenant, whoever asks."""

from datetime import datetime, timedelta

import pytest
from django_tenants.utils import schema_context

from apps.keys import services
from apps.keys.services.verifying import Verified

pytestmark = [pytest.mark.requirement("SEC-DATA-001", "DB-002"), pytest.mark.usefixtures("db")]


def test_what_was_verified_last_is_told_of_each_tenant_alone(now: datetime) -> None:
    with schema_context("public"):
        services.note_verified("acme", Verified(problems=["a value"]), now=now)
        services.note_verified("beta", Verified(), now=now + timedelta(hours=1))

        assert [services.custody_of(one).problems for one in ("acme", "beta")] == [1, 0]
