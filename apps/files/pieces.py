"""What has come of a file so far, piece by piece, read as one content."""

import base64
import io
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

from apps.core.tenancy import current_schema
from apps.files import storage
from apps.files.models import Piece
from apps.files.sealing import PIECE, Damaged, seal, skip, unseal


def put(piece: Piece, content: bytes) -> None:
    """Bring it to the storage, encrypted. Raises ``StorageAway``."""
    storage.put(piece.place, seal(io.BytesIO(content), base64.b64decode(piece.secret), _bound_of(piece)))


class Assembled(io.RawIOBase):
    """The pieces in their order and the ``last`` one, which lies nowhere, as a content that can be gone back in.

    Reading raises ``storage.StorageAway``, and ``storage.FileGone`` where a piece is gone or is not what was written.
    """

    def __init__(self, pieces: Sequence[Piece], last: bytes) -> None:
        self._pieces, self._last, self._at = pieces, last, 0
        self._starts = [piece.start for piece in pieces]
        self._come = pieces[-1].start + pieces[-1].size if pieces else 0
        self._chunks: Iterator[bytes] | None = None
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._come + len(self._last)}[whence]
        if start + offset != self._at:
            self._at, self._chunks, self._rest = start + offset, None, memoryview(b"")
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._chunks is None:
            self._chunks = self._from(self._at)
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        some, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(some)] = some
        self._at += len(some)
        return len(some)

    def _from(self, at: int) -> Iterator[bytes]:
        for piece in self._pieces[max(0, bisect_right(self._starts, at) - 1) :]:
            yield from _opened(piece, max(0, at - piece.start))
        yield self._last[max(0, at - self._come) :]


def _opened(piece: Piece, start: int) -> Iterator[bytes]:
    """A piece from that byte of it on; nothing when it ends before."""
    if start >= piece.size:
        return
    first, skipped = divmod(start, PIECE)
    size = first * PIECE
    try:
        with storage.opened(piece.place) as found:
            skip(found, first)
            for chunk in unseal(found, base64.b64decode(piece.secret), _bound_of(piece), first):
                size += len(chunk)
                yield chunk[skipped:]
                skipped = 0
    except Damaged as error:
        raise _lost(piece) from error
    except OSError as error:
        raise storage.StorageAway(error.strerror or type(error).__name__) from error
    if size != piece.size:
        raise _lost(piece)


def _lost(piece: Piece) -> storage.FileGone:
    return storage.FileGone("What has come of the file so far is lost. Please send it again from its beginning.")


def _bound_of(piece: Piece) -> str:
    return f"{current_schema()}|{piece.file_id}|{piece.start}"
