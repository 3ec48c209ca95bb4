"""Of a file one part is read and sent, by its bytes, and no more than that is opened for it."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from apps.core.errors import Refused
from apps.files import services
from apps.files.models import StoredFile
from apps.files.ranges import RangeNotSatisfiable, asked_for
from apps.files.sealing import FRAME, PIECE
from apps.files.services.reading import FileDamaged
from apps.files.tests.story import TEXT, kept
from apps.files.views import sent

pytestmark = [pytest.mark.requirement("CAMP-001", "EXT-001")]
SIZE = len(TEXT)


@pytest.fixture
def file(acme: Any, folder: Path) -> StoredFile:
    return kept()


def answer(file: StoredFile, asked: str, method: str = "get") -> Any:
    return sent(getattr(RequestFactory(), method)("/", headers={"Range": asked}), file)


def body(response: HttpResponse) -> bytes:
    return b"".join(response)


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-99", range(100)),
        ("bytes=0-0", range(1)),
        ("Bytes= 5-7 ", range(5, 8)),
        (f"bytes={PIECE - 3}-{PIECE + 3}", range(PIECE - 3, PIECE + 4)),
        (f"bytes={PIECE}-{2 * PIECE - 1}", range(PIECE, 2 * PIECE)),
        (f"bytes=7-{SIZE + 10}", range(7, SIZE)),
        (f"bytes={SIZE - 1}-", range(SIZE - 1, SIZE)),
        ("bytes=0-", range(SIZE)),
        ("bytes=-5", range(SIZE - 5, SIZE)),
        (f"bytes=-{SIZE * 2}", range(SIZE)),
    ],
)
def test_a_part_is_sent_and_said_which(file: StoredFile, asked: str, part: range) -> None:
    response = answer(file, asked)

    assert (response.status_code, response["Content-Length"]) == (206, str(len(part)))
    assert response["Content-Range"] == f"bytes {part.start}-{part.stop - 1}/{SIZE}"
    assert body(response) == TEXT[part.start : part.stop]


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "bytes=9-2", "bytes=", "bytes=-", "bytes=a-b", "lines=1-2", "0-5"])
def test_several_parts_or_none_that_makes_sense_are_answered_by_the_whole(file: StoredFile, asked: str) -> None:
    response = answer(file, asked)

    assert (response.status_code, response.has_header("Content-Range")) == (200, False)
    assert response["Content-Length"] == str(SIZE)


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={10**20}-{10**21}", "bytes=-0"])
def test_a_part_that_is_not_there_is_told_with_the_size(asked: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as told:
        asked_for(asked, SIZE)

    assert (told.value.status, told.value.headers) == (416, {"Content-Range": f"bytes */{SIZE}"})


def test_a_head_is_about_the_whole(file: StoredFile) -> None:
    response = answer(file, "bytes=0-9", "head")

    assert (response.status_code, response["Content-Length"]) == (200, str(SIZE))


def test_of_an_empty_file_there_is_no_part(acme: Any, folder: Path) -> None:
    with pytest.raises(RangeNotSatisfiable):
        answer(kept(b""), "bytes=0-")


def test_a_part_up_to_the_end_is_of_a_whole_that_has_its_size(file: StoredFile) -> None:
    file.size += 1

    with pytest.raises(FileDamaged):
        b"".join(services.read(file, PIECE))


class Counting(io.FileIO):
    """Counts the bytes that are read of what lies there."""

    count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size) or b""
        self.count += len(found)
        return found


@pytest.mark.parametrize(("first", "until", "frames"), [(0, 0, 1), (1, 1, 1), (0, 1, 2)])
def test_no_more_is_read_than_the_pieces_needed(
    file: StoredFile, folder: Path, first: int, until: int, frames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Counting(folder / file.place)
    monkeypatch.setattr("django.core.files.storage.FileSystemStorage._open", lambda *_: opened)

    found = b"".join(services.read(file, first * PIECE + 1, (until + 1) * PIECE - 1))

    assert found == TEXT[first * PIECE + 1 : (until + 1) * PIECE - 1]
    assert opened.count == frames * FRAME


def test_a_part_is_as_sure_as_the_whole(file: StoredFile, folder: Path) -> None:
    lying = bytearray((folder / file.place).read_bytes())
    lying[FRAME + 7] ^= 1
    (folder / file.place).write_bytes(lying)

    assert b"".join(services.read(file, 0, 50)) == TEXT[:50]
    with pytest.raises(FileDamaged):
        b"".join(services.read(file, 0, PIECE + 1))


def test_one_that_was_cut_behind_a_part_is_noticed_by_its_last_piece(file: StoredFile, folder: Path) -> None:
    (folder / file.place).write_bytes((folder / file.place).read_bytes()[: 2 * FRAME])

    with pytest.raises(Refused):
        b"".join(services.read(file, 2 * PIECE, 2 * PIECE + 1))
