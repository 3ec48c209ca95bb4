"""A large file goes through a few mebibytes of memory, both ways."""

import hashlib
import os
import resource
from pathlib import Path

import pytest

from apps.files import services
from apps.files.contents import UNKNOWN
from apps.files.kinds import KINDS, Kind
from apps.files.tests.story import NOW

SIZE = 256 * 1024**2
FILM = Kind("film", "", frozenset({UNKNOWN}), most_mb=SIZE >> 20)


def peak() -> int:
    """The most memory that this process has had so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.thorough
@pytest.mark.requirement("CAMP-001", "EXT-001")
@pytest.mark.usefixtures("acme", "folder")
def test_a_large_file_takes_little_memory(tmp_path: Path) -> None:
    source = tmp_path / "film"
    with source.open("w+b") as content:
        content.write(b"\x00\x01\x02\xfe" + os.urandom(60))
        content.truncate(SIZE)
        before = peak()
        file = services.keep(FILM, content, name="film", now=NOW)

    digest = hashlib.sha256()
    for piece in services.read(file):
        digest.update(piece)

    assert digest.hexdigest() == file.sha256
    assert peak() - before < 40 * 1024**2


@pytest.mark.thorough
@pytest.mark.requirement("CAMP-001", "EXT-001")
@pytest.mark.usefixtures("acme", "folder")
def test_neither_does_one_that_comes_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, FILM.name, FILM)
    piece = b"\x00\x01\x02\xfe" + os.urandom(16 * 1024**2 - 4)
    digest = hashlib.sha256()
    for _ in range(SIZE // len(piece)):
        digest.update(piece)
    file = services.begin(FILM, size=SIZE, name="film", now=NOW, sha256=digest.hexdigest())
    services.receive(file, 0, piece, now=NOW)
    before = peak()

    for start in range(len(piece), SIZE, len(piece)):
        services.receive(file, start, piece, now=NOW)

    assert file.state == "there"
    assert peak() - before < 40 * 1024**2
