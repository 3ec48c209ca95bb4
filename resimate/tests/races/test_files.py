"""Several bring files at once: the room is not given twice, and what has ended takes no more pieces."""

import io
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from apps.configuration import services as configuration
from apps.core.sizes import MEGABYTE
from apps.files import services
from apps.files.file_kinds import ATTACHMENT
from apps.files.models import Piece, StoredFile
from apps.files.tests.conftest import folder
from apps.files.tests.story import content_of, objects
from resimate.tests.races.harness import race

__all__ = ["folder"]
pytestmark = pytest.mark.requirement("EXT-001")


@pytest.fixture(autouse=True)
def _room_for_three_megabytes(acme: None, folder: Path, now: datetime) -> Iterator[None]:
    StoredFile.objects.all().delete()
    configuration.change("files.quota_mb", 3, now=now)
    yield
    configuration.take_back("files.quota_mb", now=now)


def uploading(size: int, now: datetime) -> StoredFile:
    return services.begin(ATTACHMENT, size=size, name="a.txt", now=now)


def keep(now: datetime) -> StoredFile:
    return services.keep(ATTACHMENT, io.BytesIO(b"a" * 2 * MEGABYTE), name="a.txt", now=now)


def test_of_two_that_exceed_the_room_together_one_is_let_in(folder: Path, now: datetime) -> None:
    let_in, refused = race(lambda: uploading(MEGABYTE * 3 // 2, now), lambda: keep(now))

    assert (let_in.code, refused.code, refused.waited) == ("", "no_room_for_files", True)
    assert StoredFile.objects.get().pk == let_in.result.pk
    assert not objects(folder)


def test_of_two_uploads_of_one_account_that_hold_too_much_together_one_begins(folder: Path, now: datetime) -> None:
    let_in, refused = race(*[lambda: uploading(MEGABYTE, now)] * 2)

    assert (let_in.code, refused.code, refused.waited) == ("", "uploads_hold_too_much", True)
    assert StoredFile.objects.get().pk == let_in.result.pk


def test_of_two_pieces_for_one_place_one_counts(folder: Path, now: datetime) -> None:
    file = uploading(100, now)

    first, second = race(*[lambda: services.receive(file, 0, b"a" * 10, now=now)] * 2)

    assert (first.code, second.code, second.waited) == ("", "upload_offset", True)
    assert (Piece.objects.filter(file=file).count(), len(objects(folder))) == (1, 1)


def test_a_piece_that_comes_while_the_last_one_makes_the_file_does_not_count(folder: Path, now: datetime) -> None:
    file = uploading(100, now)

    first, late = race(
        lambda: services.receive(StoredFile.objects.get(pk=file.pk), 0, b"a" * 100, now=now),
        lambda: services.receive(file, 0, b"b" * 10, now=now),
    )

    assert (first.code, late.code, late.waited) == ("", "file_gone", True)
    file.refresh_from_db()
    assert content_of(file) == b"a" * 100
    assert not Piece.objects.exists()
    assert objects(folder) == [folder / file.place]


def test_one_that_becomes_whole_while_it_is_given_up_stays(folder: Path, now: datetime) -> None:
    file = uploading(10, now)

    whole, deleted = race(
        lambda: services.receive(StoredFile.objects.get(pk=file.pk), 0, b"a" * 10, now=now),
        lambda: services.delete(file, now=now),
    )

    assert (whole.code, deleted.code, deleted.waited) == ("", "", True)
    file.refresh_from_db()
    assert (file.state, content_of(file)) == ("there", b"a" * 10)


def test_one_that_is_given_up_while_the_last_piece_comes_is_gone(folder: Path, now: datetime) -> None:
    file = uploading(10, now)

    given_up, whole = race(
        lambda: services.delete(StoredFile.objects.get(pk=file.pk), now=now),
        lambda: services.receive(file, 0, b"a" * 10, now=now),
    )

    assert (given_up.code, whole.code, whole.waited) == ("", "file_gone", True)
    assert not StoredFile.objects.exists()
    assert not objects(folder)
