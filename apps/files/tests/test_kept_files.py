"""Where the storage keeps files for a time, nobody deletes one before; files of other classes go as before."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.utils import timezone

from apps.files import services
from apps.files.models import StoredFile
from apps.files.services.deleting import FileKept
from apps.files.tests.story import NOTE, NOW, kept, objects

pytestmark = pytest.mark.requirement("CAMP-001", "EXT-001")


class KeepingStorage(FileSystemStorage):
    """A fake of a bucket that keeps."""

    kept_for = timedelta(days=30)


@pytest.fixture
def cold(acme: Any, settings: Any, folder: Path) -> Path:
    backend = {"BACKEND": f"{__name__}.KeepingStorage", "OPTIONS": {"location": str(folder)}}
    settings.STORAGES = {**settings.STORAGES, "cold": backend}
    return folder


def test_a_file_that_is_kept_is_not_deleted_before_its_time(
    cold: Path, django_capture_on_commit_callbacks: Any
) -> None:
    file = kept(kind=replace(NOTE, storage_class="cold"))
    with pytest.raises(FileKept, match="is kept until 2026-12-02"):
        services.delete(file, now=NOW + timedelta(days=29))
    assert StoredFile.objects.there().count() == len(objects(cold)) == 1

    with django_capture_on_commit_callbacks(execute=True):
        services.delete(file, now=NOW + timedelta(days=30))
    assert StoredFile.objects.count() == len(objects(cold)) == 0


def test_what_never_arrived_is_not_kept(cold: Path) -> None:
    file = kept(kind=replace(NOTE, storage_class="cold"))
    StoredFile.objects.update(state=StoredFile.State.ARRIVING)
    file.refresh_from_db()

    services.delete(file, now=NOW)
    assert StoredFile.objects.count() == 0


def test_files_of_other_classes_are_deleted_at_any_time(cold: Path) -> None:
    services.delete(kept(), now=NOW)
    assert StoredFile.objects.count() == 0


def test_the_sweep_leaves_what_is_kept_and_goes_on(cold: Path) -> None:
    """A file that is over, and one that nobody knows of."""
    over, unknown = (kept(kind=replace(NOTE, storage_class="cold")) for _ in range(2))
    StoredFile.objects.filter(pk=over.pk).update(expires_at=NOW)
    StoredFile.objects.filter(pk=unknown.pk).delete()

    soon = services.sweep(now=NOW + timedelta(days=29))
    assert (soon.expired, soon.orphans, len(objects(cold))) == (0, 0, 2)

    later = services.sweep(now=timezone.now() + timedelta(days=31))
    assert (later.expired, later.orphans) == (1, 2)  # what is deleted here goes from the storage with the commit
    assert objects(cold) == []
