"""A bucket as Django's storages are: what is written to it and read from it is never in memory as a whole."""

import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.core.files import File
from django.core.files.storage import Storage
from django.utils import timezone
from django.utils.deconstruct import deconstructible

from apps.outbound.azure import Account, Container
from apps.outbound.buckets import PIECE, Bucket, Missing, Place
from apps.outbound.google import GoogleBucket, Where

#: Seconds for which an address opens a file.
SHOWN = 300


class Objects(Protocol):
    """What a storage of objects can do: a bucket of S3 or of Google, a container of Azure."""

    @property
    def is_locking(self) -> bool: ...
    def size(self, name: str) -> int: ...
    def changed_at(self, name: str) -> datetime: ...
    def listing(self, folder: str) -> tuple[list[str], list[str]]: ...
    def read(self, name: str, start: int = 0) -> Iterator[bytes]: ...
    def sweep(self, before: datetime, prefix: str = "") -> int: ...
    def delete(self, name: str) -> None: ...
    def write(
        self, name: str, content: Iterable[bytes], *, keep_until: datetime | None = None, storage_class: str = ""
    ) -> int: ...


class ObjectStorage(Storage):
    """Raises ``OSError``, and ``FileNotFoundError`` where there is nothing.

    ``classes``: what the bucket calls the classes of files (nothing is said of the others; ``{"cold": "GLACIER_IR"}``).
    With ``keep_days``, the bucket refuses for so long to delete what comes, if it was made to keep files (object lock,
    in governance mode).
    """

    def __init__(self, bucket: Objects, *, classes: Mapping[str, str] | None = None, keep_days: int = 0) -> None:
        self.bucket, self.classes = bucket, dict(classes or {})
        self.kept_for = timedelta(days=keep_days)

    def exists(self, name: str) -> bool:
        try:
            self.bucket.size(name)
        except Missing:
            return False
        return True

    def size(self, name: str) -> int:
        return self.bucket.size(name)

    def get_modified_time(self, name: str) -> datetime:
        return self.bucket.changed_at(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        return self.bucket.listing(path)

    def drop_unfinished(self, folder: str, before: datetime) -> int:
        """Take away pieces that came before that moment and never became a file; says of how many files."""
        return self.bucket.sweep(before, f"{folder}/")

    def delete(self, name: str) -> None:
        self.bucket.delete(name)

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        if mode != "rb":
            raise ValueError("a file in a bucket is written as a whole, and read as bytes")
        return File(io.BufferedReader(Reading(self.bucket, name), PIECE), name=name)

    def _save(self, name: str, content: Any) -> str:
        is_kept = self.kept_for and self.bucket.is_locking
        until = timezone.now() + self.kept_for if is_kept else None
        said = self.classes.get(getattr(content, "storage_class", ""), "")
        self.bucket.write(name, content.chunks(PIECE), keep_until=until, storage_class=said)
        return name


@deconstructible
class BucketStorage(ObjectStorage):
    """In S3. ``bucket`` is there for those who need more of it: pieces, addresses for a while."""

    def __init__(
        self,
        *,
        bucket_name: str,
        endpoint_url: str,
        access_key: str,
        secret_key: str,
        region_name: str = "us-east-1",
        authority: str = "",
        **how: Any,
    ) -> None:
        self._s3 = Bucket(Place(endpoint_url, bucket_name, access_key, secret_key, region_name, authority))
        super().__init__(self._s3, **how)

    def url(self, name: str | None) -> str:
        return self._s3.address(name or "", SHOWN)


@deconstructible
class AzureStorage(ObjectStorage):
    def __init__(self, *, account_url: str, account_name: str, account_key: str, container: str, **how: Any) -> None:
        super().__init__(Container(Account(account_url, account_name, account_key, container)), **how)


@deconstructible
class GoogleStorage(ObjectStorage):
    def __init__(self, *, endpoint_url: str, bucket_name: str, credentials: str = "", **how: Any) -> None:
        super().__init__(GoogleBucket(Where(endpoint_url, bucket_name, credentials)), **how)


class Reading(io.RawIOBase):
    """A file of the bucket as a stream of bytes; where it goes back or ahead, what comes then is asked for anew."""

    def __init__(self, bucket: Objects, name: str) -> None:
        self._bucket, self._name, self._at = bucket, name, 0
        self._size = bucket.size(name)  # that it is missing is known before anything is read
        self._pieces: Iterator[bytes] | None = None
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if start + offset != self._at:
            self._at, self._pieces, self._rest = start + offset, None, memoryview(b"")
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._pieces is None:
            self._pieces = self._bucket.read(self._name, self._at)
        if not self._rest:
            self._rest = memoryview(next(self._pieces, b""))
        some, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(some)] = some
        self._at += len(some)
        return len(some)
