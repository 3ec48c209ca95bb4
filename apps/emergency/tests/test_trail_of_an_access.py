"""What was done in an emergency is looked up in the trail by who may open the administration and read it there."""

from typing import Any

import pytest
from django.utils import timezone

from apps.accounts import services
from apps.accounts.models import User
from apps.accounts.tests.conftest import admin, custodian, make_user
from apps.emergency.models import EmergencyAccess
from apps.emergency.views.access import _trail_of

__all__ = ["admin", "custodian", "make_user"]  # fixtures
pytestmark = pytest.mark.requirement("SEC-AUTH-001")


def test_the_way_to_the_trail_is_for_who_may_read_it_there(admin: User, custodian: User, make_user: Any) -> None:
    now = timezone.now()
    access = EmergencyAccess(requested_at=now, begun_at=now)
    reader = make_user("reader@acme.example")
    lines = ["audit-entries:tenant:read"]
    role = services.create_role("reader", name="Reader", permissions=lines, acting_user=None, now=now)
    services.grant_role(reader, role, acting_user=None, now=now)

    assert [bool(_trail_of(access, user)) for user in (admin, custodian, reader)] == [True, False, False]
    assert _trail_of(EmergencyAccess(requested_at=now), admin) == ""
