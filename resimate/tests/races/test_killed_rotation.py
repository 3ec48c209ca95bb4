"""A rotation is killed in the middle, while others read and write: nobody notices, and the next one goes on."""

import time

import pytest

from apps.core import crypto
from apps.keys.models import DataKey
from apps.keys.services import counting
from resimate.tests.races.rotation import Load, finish, start, store, under

pytestmark = [pytest.mark.thorough, pytest.mark.requirement("SEC-DATA-001")]
ROWS = 40_000
PATIENCE = 300.0


def test_a_rotation_that_is_killed_under_load_is_finished_by_the_next(acme: None) -> None:
    load = Load(store(ROWS))
    load.start()
    killed = start("rotate")
    until = time.monotonic() + PATIENCE
    while not (written := under(2)) > 2000 and time.monotonic() < until:
        time.sleep(0.02)
    killed.kill()
    killed.communicate()
    assert written > 2000
    left = under(1)
    assert left > 0, "it was finished before it was killed"

    outcome = finish(start("rotate", "--resume"), PATIENCE)["rotated"][0]
    load.over.set()
    load.join(PATIENCE)
    again = finish(start("rotate", "--resume"), PATIENCE)["rotated"][0]
    verified = finish(start("verify"), PATIENCE)["verified"][0]

    print(f"{written} written, killed, {left} left; then {outcome['written']}, {again['written']}; load {load.done}")  # noqa: T201
    assert load.failures == []
    assert load.done > 20
    assert (outcome["version"], outcome["failed"], again["left"], under(2)) == (2, [], 0, verified["values"])
    assert verified["problems"] == []
    assert DataKey.objects.of("acme").count() == 2
    assert counting._writes("acme") >= 2 * ROWS  # stored, and written anew
    assert crypto.keyring().active("acme", "field").version in (1, 2)
