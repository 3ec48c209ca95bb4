"""A process forgets all that it remembers at once, whatever module remembers it."""

import pytest

from apps.configuration import snapshots
from apps.core import memory
from apps.tenants import hosts


def test_whatever_a_module_remembers_is_forgotten_with_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_forgetting", [*memory._forgetting])
    remembered = {"toy": 1}
    memory.forgets(remembered.clear)

    memory.forget_all()

    assert remembered == {}


def test_hosts_and_settings_are_forgotten() -> None:
    hosts._unknown["nowhere.test"] = float("inf")
    snapshots._remembered["nowhere"] = snapshots.Snapshot({}, {}, (0, 0, 0), float("inf"), float("inf"))

    memory.forget_all()

    assert (hosts._unknown, snapshots._remembered) == ({}, {})
