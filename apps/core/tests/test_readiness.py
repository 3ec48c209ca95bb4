"""Probes cost the service next to nothing, and tell strangers nothing of what it is made of."""

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.core import parts
from apps.core.observability import health

pytestmark = pytest.mark.requirement("AR-003")
UP = {"database": parts.State(up=True, vital=True), "redis": parts.State(up=False)}


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    counted: list[int] = []

    def look(_: Any) -> dict[str, parts.State]:
        counted.append(1)
        return UP

    monkeypatch.setattr(parts, "look", look)
    health.READINESS.forget()
    return counted


@pytest.mark.parametrize(
    ("peer", "headers", "named"),
    [
        ("127.0.0.1", {}, True),
        ("::1", {}, True),
        ("10.0.0.5", {}, False),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.7"}, False),
        ("127.0.0.1", {"Forwarded": "for=203.0.113.7"}, False),
        ("10.0.0.5", {"X-Forwarded-For": "127.0.0.1"}, False),
        ("", {}, False),
    ],
)
def test_only_who_runs_the_service_reads_what_it_depends_on(
    looks: list[int], peer: str, headers: dict[str, str], named: bool
) -> None:
    answer = Client(REMOTE_ADDR=peer, headers=headers).get("/health/ready", headers={"Host": "10.1.2.3:8000"})

    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert ("dependencies" in answer.json()) is named


def test_a_look_holds_for_a_second(looks: list[int]) -> None:
    for _ in range(5):
        assert Client().get("/health/ready").status_code == 200

    assert len(looks) == 1


def test_of_many_at_once_one_looks(looks: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(8)

    def ask(_: int) -> int:
        together.wait(10)
        return health.READINESS.answer(named=False)[0]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [200] * 8

    assert len(looks) == 1


def test_where_nothing_vital_is_declared_nobody_is_told_that_all_is_well(
    db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "PARTS", {"disk": parts.PARTS["disk"]})
    health.READINESS.forget()

    answer = Client().get("/health/ready")

    assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")


def test_a_look_writes_nothing(db: Any) -> None:
    with CaptureQueriesContext(connection) as queries:
        parts.look(parts.probed())

    assert [
        one["sql"] for one in queries if not one["sql"].strip().startswith(("SELECT", "SAVEPOINT", "RELEASE"))
    ] == []


def test_the_fuller_of_both_disks_is_what_is_said(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR = tmp_path / "not" / "yet"
    free = {settings.BASE_DIR: 8 << 30, tmp_path: 100 << 20}
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=free[place]))

    said = parts.PARTS["disk"].ask()

    assert (said.detail, said.is_well) == ("100 MB left", False)
