"""What lies in the storage: AES-256-GCM in frames, by the STREAM construction (Hoang and others, CRYPTO 2015).

A frame is one mebibyte of the content and a tag, the last one shorter. Its nonce has its number and whether it is the
last; bound to it are the tenant's schema, the file and the number. So a frame that is changed, missing, out of order or
of another file or tenant does not open, and neither does what ends too early. Each file has a key of its own, which is
used for nothing else: a nonce that counts never comes twice.
"""

import struct
from collections.abc import Iterable, Iterator
from typing import IO, Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PIECE: Final = 1024 * 1024
TAG: Final = 16
FRAME: Final = PIECE + TAG
_NONCE: Final = struct.Struct(">3xQB")


class Damaged(ValueError):
    """What was read is not what was written."""


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


def seal(content: Readable, key: bytes, bound: str) -> Iterator[bytes]:
    """The frames of a content. An empty one has one frame."""
    cipher, number = AESGCM(key), 0
    piece = _exactly(content, PIECE)
    while True:
        following = _exactly(content, PIECE) if len(piece) == PIECE else b""
        is_last = not following
        yield cipher.encrypt(_NONCE.pack(number, is_last), piece, _bound(bound, number))
        if is_last:
            return
        piece, number = following, number + 1


def unseal(frames: Readable, key: bytes, bound: str, first: int = 0, until: int | None = None) -> Iterator[bytes]:
    """The pieces of the content, from that frame on. Raises ``Damaged`` in place of a piece that is not whole.

    ``until`` is the number of a frame with which to end though others come behind it: those are not read.
    """
    cipher, number = AESGCM(key), first
    frame = _exactly(frames, FRAME)
    while True:
        is_cut = number == until
        following = _exactly(frames, FRAME) if len(frame) == FRAME and not is_cut else b""
        is_last = not following and not is_cut
        try:
            yield cipher.decrypt(_NONCE.pack(number, is_last), frame, _bound(bound, number))
        except (InvalidTag, ValueError) as error:  # the second: it is too short to have a tag
            raise Damaged(f"frame {number} is damaged, missing or another's") from error
        if not following:
            return
        frame, number = following, number + 1


def skip(frames: IO[bytes], count: int) -> None:
    """Go on behind so many frames; where a storage cannot, by reading them."""
    if count and frames.seekable():
        frames.seek(count * FRAME)
        return
    for _frame in range(count):
        frames.read(FRAME)


def sealed_size(size: int) -> int:
    """How large a content of that size is in the storage.

    >>> sealed_size(0), sealed_size(PIECE) - PIECE, sealed_size(PIECE + 1) - PIECE
    (16, 16, 33)
    """
    return size + TAG * max(1, -(-size // PIECE))


class Joined:
    """Chunks read as a file."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks, self._rest = iter(chunks), b""

    def read(self, size: int = -1, /) -> bytes:
        """As much as is wanted; less only at the end."""
        found = [self._rest]
        have = len(self._rest)
        while size < 0 or have < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            found.append(chunk)
            have += len(chunk)
        whole = b"".join(found)
        cut = have if size < 0 else size
        self._rest = whole[cut:]
        return whole[:cut]


def _exactly(source: Readable, size: int) -> bytes:
    """As many bytes as that, unless it ends before: a source may give less at a time than is asked of it."""
    first = source.read(size)
    if len(first) in (0, size):
        return first
    found = bytearray(first)
    while len(found) < size and (more := source.read(size - len(found))):
        found += more
    return bytes(found)


def _bound(bound: str, number: int) -> bytes:
    return f"{bound}|{number}".encode()
