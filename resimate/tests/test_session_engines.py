"""Only the store of sessions that keeps tenants apart is served with."""

import pytest
from django.test import override_settings

from resimate import checks

pytestmark = pytest.mark.requirement("SEC-AUTH-001", "DB-002")


@pytest.mark.parametrize("engine", ["db", "cache", "cached_db", "file", "signed_cookies"])
def test_another_engine_of_sessions_is_refused_before_anything_is_served(engine: str) -> None:
    assert checks.refuse_sessions_of_no_tenant() == []
    with override_settings(SESSION_ENGINE=f"django.contrib.sessions.backends.{engine}"):
        assert [one.id for one in checks.refuse_sessions_of_no_tenant()] == ["resimate.E017"]
        with pytest.raises(SystemExit, match="SESSION_ENGINE"):
            checks.stop_when_unfit("web")
