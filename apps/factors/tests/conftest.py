"""People of two tenants, as accounts have them; imports wait until a fixture runs."""

from datetime import datetime

import pytest

from apps.accounts.tests.conftest import *  # noqa: F403  the people


class Clock:
    def __init__(self, moment: datetime) -> None:
        self.moment = moment


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    from django.utils import timezone

    stopped = Clock(timezone.now())
    monkeypatch.setattr(timezone, "now", lambda: stopped.moment)
    return stopped
