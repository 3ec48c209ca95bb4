"""A bucket as Django's storages are: what is written to it and read from it is never in memory as a whole."""

import io
from collections.abc import Iterator
from typing import Any

from django.core.files import File
from django.core.files.storage import Storage
from django.utils.deconstruct import deconstructible

from apps.outbound.buckets import PIECE, Bucket, Missing, Place

#: Seconds for which an address opens a file.
SHOWN = 300


@deconstructible
class BucketStorage(Storage):
    """``bucket`` is there for those who need more of it: pieces, addresses for a while, files that are kept."""

    def __init__(self, *, bucket_name: str, endpoint_url: str, access_key: str, secret_key: str) -> None:
        self.bucket = Bucket(Place(endpoint_url, bucket_name, access_key, secret_key))

    def exists(self, name: str) -> bool:
        try:
            self.bucket.size(name)
        except Missing:
            return False
        return True

    def size(self, name: str) -> int:
        return self.bucket.size(name)

    def delete(self, name: str) -> None:
        self.bucket.delete(name)

    def url(self, name: str | None) -> str:
        return self.bucket.address(name or "", SHOWN)

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        if mode != "rb":
            raise ValueError("a file in a bucket is written as a whole, and read as bytes")
        self.bucket.size(name)  # that it is missing is known before anything is read
        return File(io.BufferedReader(Reading(self.bucket.read(name)), PIECE), name=name)

    def _save(self, name: str, content: Any) -> str:
        self.bucket.write(name, content.chunks(PIECE))
        return name


class Reading(io.RawIOBase):
    """What comes piece by piece, as a stream of bytes."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        some, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(some)] = some
        return len(some)
