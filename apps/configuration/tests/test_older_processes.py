"""A process of the version before, which knows neither layers nor versions, may go on writing beside new ones."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import schema_context

from apps.configuration import services, snapshots
from apps.configuration.models import Setting
from apps.core import epochs

pytestmark = pytest.mark.requirement("UC-002")

#: As such a process writes.
INSERT = "INSERT INTO configuration_setting (id, key, value, changed_at) VALUES (gen_random_uuid(), %s, %s, %s)"
UPDATE = "UPDATE configuration_setting SET value = %s, changed_at = %s WHERE key = %s"
KEY = "toy.number"


@pytest.fixture(autouse=True)
def _toy(acme: Any, toy: Callable[..., Any]) -> None:
    toy()


def _execute(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_what_it_sets_is_set_and_seen(acme: Any, now: datetime) -> None:
    assert services.get(KEY) == 10
    with schema_context("beta"):
        others = services.get(KEY), dict(epochs.numbers("settings"))

    _execute(INSERT, KEY, "7", now)

    snapshots._counted(epochs.numbers("settings"))
    assert services.get(KEY) == 7
    assert epochs.numbers("settings") == others[1] | {"acme": 1}


def test_what_it_sets_anew_is_of_no_version_and_of_nobody_known(acme: Any, now: datetime) -> None:
    services.change(KEY, 5, now=now)
    services.get(KEY)
    number = epochs.numbers("settings")["acme"]

    _execute(UPDATE, "6", now, KEY)

    assert Setting.objects.values_list("open_value", "version", "changed_by").get(key=KEY) == (6, 0, "")
    assert epochs.numbers("settings")["acme"] == number + 1


def test_the_next_version_comes_after_it_and_going_back_finds_it(acme: Any, now: datetime) -> None:
    services.change(KEY, 5, now=now)
    _execute(UPDATE, "6", now, KEY)
    services.change(KEY, 7, now=now)

    assert services.latest_version() == 3
    services.rollback(2, now=now)
    assert services.explain(KEY).value == 6


def test_what_a_process_of_now_sets_is_counted_once(acme: Any, now: datetime) -> None:
    for number in (1, 2):
        services.change(KEY, 5, now=now)
        assert epochs.numbers("settings")["acme"] == number
        assert Setting.objects.get(key=KEY).version == number
