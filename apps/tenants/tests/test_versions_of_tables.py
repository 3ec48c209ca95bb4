"""What was written for other tables says so, and does not serve by halves."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from apps.core.observability.health import READINESS
from apps.core.parts import PARTS, look
from apps.tenants import history
from apps.tenants.provisioning import OWNER, known_migrations

pytestmark = [pytest.mark.requirement("AR-003", "DB-002"), pytest.mark.django_db(databases=["default", OWNER])]
LATER = "9999_of_a_later_version"


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Any], Any]], None]:
    """Has the program know other migrations than the tables do."""
    known = history._known()
    return lambda change: monkeypatch.setattr(history, "_known", lambda: change(known))


def _ready(client: Client) -> tuple[int, dict[str, Any]]:
    READINESS.forget()
    answer = client.get("/health/ready")
    return answer.status_code, json.loads(answer.content)


def test_names_of_files_are_the_migrations_that_there_are() -> None:
    assert history._known() == known_migrations(settings.SHARED_APPS) | known_migrations(settings.TENANT_APPS)
    assert history.compared() == (0, 0)


def test_tables_of_an_earlier_version_take_no_requests(client: Client, program: Any) -> None:
    program(lambda known: known | {("accounts", LATER)})

    status, said = _ready(client)

    assert (status, said["status"]) == (503, "unavailable")
    assert said["dependencies"]["schema"]["up"] is False
    assert client.get("/health/live").status_code == 200
    [found] = look([PARTS["schema"]]).values()
    assert found.detail == "the tables are of an earlier version: 1 migrations lack"


def test_an_earlier_program_goes_on_while_a_later_one_takes_over(client: Client, program: Any) -> None:
    program(lambda known: known - {("campaigns", "0001_initial")})

    status, said = _ready(client)

    assert (status, said["dependencies"]["schema"]["up"]) == (200, True)
    [found] = look([PARTS["schema"]]).values()
    assert found.detail == "of a later version: 1 migrations more"
