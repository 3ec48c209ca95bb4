"""What nobody knows of goes; what is gone is told."""

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django_tenants.utils import tenant_context

from apps.core import parts
from apps.files import services, storage
from apps.files.models import StoredFile
from apps.files.tasks import sweep
from apps.files.tests.story import NOW, content_of, kept, objects

pytestmark = [pytest.mark.requirement("CAMP-001", "EXT-001"), pytest.mark.usefixtures("acme")]


def orphan(folder: Path, schema: str = "acme", *, age: timedelta = timedelta(hours=2)) -> Path:
    path = folder / schema / "hot" / ("0f" * 16)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"nobody's")
    moment = (NOW - age).timestamp()
    os.utime(path, (moment, moment))
    return path


def test_what_belongs_to_no_file_goes(folder: Path) -> None:
    file, left = kept(b"a"), orphan(folder)

    assert services.sweep(now=NOW).orphans == 1

    assert not left.exists()
    assert content_of(file) == b"a"


def test_what_just_came_stays(folder: Path) -> None:
    left = orphan(folder, age=timedelta(minutes=50))

    assert services.sweep(now=NOW).orphans == 0
    assert left.exists()


def test_what_is_another_tenants_is_left_alone(folder: Path, beta: Any) -> None:
    with tenant_context(beta):
        file = kept(b"b")
    os.utime(folder / file.place, (0, 0))

    services.sweep(now=NOW)

    with tenant_context(beta):
        assert content_of(file) == b"b"


@pytest.mark.parametrize(("state", "hours", "left"), [("arriving", 25, 0), ("refused", 25, 0), ("arriving", 23, 1)])
def test_what_never_arrived_goes_after_a_day(
    state: str, hours: int, left: int, folder: Path, django_capture_on_commit_callbacks: Any
) -> None:
    file = kept(b"a")
    StoredFile.objects.update(state=state, created_at=NOW - timedelta(hours=hours))

    with django_capture_on_commit_callbacks(execute=True):
        assert services.sweep(now=NOW).unfinished == 1 - left

    assert StoredFile.objects.count() == left
    assert (folder / file.place).exists() is bool(left)


def test_what_is_over_goes(folder: Path, django_capture_on_commit_callbacks: Any) -> None:
    kept(b"a")
    StoredFile.objects.update(expires_at=NOW)

    with django_capture_on_commit_callbacks(execute=True):
        assert services.sweep(now=NOW).expired == 1

    assert not objects(folder)


def test_a_file_whose_content_is_gone_is_told_and_stays(folder: Path) -> None:
    file = kept(b"a")
    (folder / file.place).unlink()

    assert services.sweep(now=NOW).lost == [str(file.pk)]
    assert StoredFile.objects.exists()


def test_a_dry_run_changes_nothing(folder: Path) -> None:
    left = orphan(folder)
    kept(b"a")
    StoredFile.objects.update(expires_at=NOW)

    swept = services.sweep(now=NOW, dry_run=True)

    assert (swept.orphans, swept.expired) == (1, 1)
    assert left.exists()
    assert StoredFile.objects.exists()


def test_one_tenants_trouble_does_not_hold_up_the_others(folder: Path, monkeypatch: Any) -> None:
    asked: list[str] = []

    def places(schema: str) -> list[str]:
        asked.append(schema)
        raise storage.StorageAway("away")

    monkeypatch.setattr(storage, "places", places)
    sweep()

    assert {"acme", "beta"} <= set(asked)


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_command_lists_verifies_and_sweeps(folder: Path, capsys: Any) -> None:
    file = kept(b"abc")
    for verb in ("list", "verify", "sweep"):
        call_command("files", verb, "--tenant", "acme", "--json")
    listed, verified, swept = (json.loads(line) for line in capsys.readouterr().out.splitlines())

    assert listed["files"] == [{"tenant": "acme", "kind": "note", "state": "there", "count": 1, "bytes": 3}]
    assert verified == {"count": 1}
    assert swept["swept"][0]["lost"] == []

    (folder / file.place).write_bytes(b"x" * 40)
    with pytest.raises(SystemExit):
        call_command("files", "verify", "--tenant", "acme")
    assert "damaged" in capsys.readouterr().err


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_command_tells_of_each_tenant_what_is_its_own(folder: Path, beta: Any, capsys: Any) -> None:
    kept(b"abc")
    with tenant_context(beta):
        kept(b"a")
        kept(b"b")

    call_command("files", "list", "--json")

    listed = json.loads(capsys.readouterr().out)["files"]
    counts = {one["tenant"]: one["count"] for one in listed}
    assert (counts["acme"], counts["beta"]) == (1, 2)


def test_pieces_that_never_became_a_file_are_dropped_in_the_tenants_own_folders(monkeypatch: Any) -> None:
    asked: list[tuple[str, Any]] = []
    monkeypatch.setattr(storage, "drop_unfinished", lambda *given: asked.append(given))

    services.sweep(now=NOW)
    services.sweep(now=NOW, dry_run=True)

    assert asked == [("acme", NOW - timedelta(days=1))]


def test_the_part_is_well_and_leaves_nothing(folder: Path) -> None:
    state = parts.look([parts.PARTS["files"]])["files"]

    assert state.up, state.detail
    assert not objects(folder)


def test_a_storage_that_cannot_be_written_is_told(settings: Any, folder: Path) -> None:
    (folder / "file").touch()
    backend = {**settings.STORAGES["default"], "OPTIONS": {"location": str(folder / "file")}}
    settings.STORAGES = {**settings.STORAGES, "default": backend}

    assert not parts.look([parts.PARTS["files"]])["files"].up
