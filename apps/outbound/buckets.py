"""Files in a bucket of S3, or of a server that speaks like it. What comes here is encrypted already.

A large file goes and comes in pieces, each in a request of its own: none is held in memory as a whole, and one that was
interrupted goes on from the pieces that are there. Every request goes over our own client, which gives it one deadline;
a server that stays away is left alone by all processes.
"""

import base64
import errno
import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from django.utils import timezone

from apps.outbound.breaker import LeftAlone, admit
from apps.outbound.bucket_wire import client_of
from apps.outbound.lines import Line
from resimate_net import Limits, Unanswered

#: How much goes in one request; all of a file but its last piece. Servers take nothing between 5 MiB and the end.
PIECE: Final = 8 * 1024 * 1024
#: A request is tried so often, and has so many seconds; a whole call with its pauses ends within those of the line.
TRIES: Final = 3
REQUEST: Final = Limits(seconds=30, connecting=3, body=PIECE + 64 * 1024)
BUCKET: Final = Line("files", Limits(seconds=120), pause=10, longest_pause=120, a_minute=0, is_ours=True, within=True)


class Away(OSError):
    """Files cannot be had or stored just now; the text says why, for operators."""

    def __init__(self, why: str) -> None:
        super().__init__(errno.EIO, why)

    def __str__(self) -> str:
        return str(self.strerror)


class Missing(FileNotFoundError):
    """There is no such file, or no such upload."""


class Kept(PermissionError):
    """It is not deleted before ``until``."""

    def __init__(self, until: datetime) -> None:
        super().__init__(errno.EPERM, f"it is kept until {until:%Y-%m-%d}")
        self.until = until

    def __str__(self) -> str:
        return str(self.strerror)


@dataclass(frozen=True, slots=True)
class Judged:
    """What an error of a client's library comes to; ``is_away``: the other side does not answer as it should."""

    refusal: Exception
    is_away: bool


@contextmanager
def asked(name: str, judge: Callable[[Exception], Judged | None]) -> Iterator[None]:
    """One call to a storage, tried again by its client where that may help. Raises ``Away`` and what the judge says."""
    try:
        attempt = admit(BUCKET, name, now=timezone.now())
    except LeftAlone as alone:
        raise Away(alone.detail) from alone
    with attempt:
        try:
            yield
        except Exception as error:
            judged = judge(error)
            if judged is None:
                raise
            attempt.failed(str(judged.refusal)) if judged.is_away else attempt.succeeded()
            raise judged.refusal from error
        attempt.succeeded()


@dataclass(frozen=True, slots=True)
class Place:
    """``authority``: a file of certificates that are believed there, instead of the system's."""

    endpoint: str
    bucket: str
    access_key: str
    secret_key: str
    region: str = "us-east-1"
    authority: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """One that is there: its number from 1 on, its size in bytes, and what the server calls its contents."""

    number: int
    size: int
    tag: str


class Bucket:
    def __init__(self, place: Place) -> None:
        self._place = place
        self.name = f"{place.endpoint}/{place.bucket}"

    def ask(self) -> str:
        """Say in a few words how it is. Raises ``Away``."""
        self._call("list_objects_v2", MaxKeys=1)
        return f"{self.name} answers"

    def size(self, name: str) -> int:
        return int(self._known(name)["ContentLength"])

    def changed_at(self, name: str) -> datetime:
        moment: datetime = self._known(name)["LastModified"]
        return moment

    def listing(self, folder: str) -> tuple[list[str], list[str]]:
        """The folders and the files right in one, by their names there."""
        prefix = f"{folder.strip('/')}/" if folder.strip("/") else ""
        folders, files = [], []
        for page in self._pages("list_objects_v2", Prefix=prefix, Delimiter="/"):
            folders += [one["Prefix"].removeprefix(prefix).rstrip("/") for one in page.get("CommonPrefixes", ())]
            files += [one["Key"].removeprefix(prefix) for one in page.get("Contents", ())]
        return folders, files

    def read(self, name: str, start: int = 0) -> Iterator[bytes]:
        """The file from that byte on, a piece at a time, and never of two versions of it."""
        known = self._known(name)
        size = known["ContentLength"]
        while start < size:
            end = min(start + PIECE, size)
            found = self._call("get_object", Key=name, Range=f"bytes={start}-{end - 1}", IfMatch=known["ETag"])
            piece = found["Body"].read()
            if len(piece) != end - start:
                raise Away(f"{self.name} gives {len(piece)} bytes instead of {end - start}")
            yield piece
            start = end

    def write(
        self, name: str, content: Iterable[bytes], *, keep_until: datetime | None = None, storage_class: str = ""
    ) -> int:
        """Store it, and return how many bytes it had. What fails leaves nothing behind but an upload to be swept."""
        said = _kept(keep_until) | ({"StorageClass": storage_class} if storage_class else {})
        pieces = regrouped(content, PIECE)
        first, second = next(pieces, b""), next(pieces, None)
        if second is None:
            self._call("put_object", Key=name, **_said(first), **said)
            return len(first)
        upload = self.begin(name, **said)
        try:
            for number, piece in enumerate(_again(first, second, pieces), 1):
                self.put(name, upload, number, piece)
            return self.finish(name, upload)
        except BaseException:
            self._give_up(name, upload)
            raise

    def begin(self, name: str, **said: Any) -> str:
        """Begin an upload in pieces, and return its id; ``said``, in words of S3, is how the file will be stored."""
        return str(self._call("create_multipart_upload", Key=name, **said)["UploadId"])

    def put(self, name: str, upload: str, number: int, piece: bytes) -> None:
        """Store one, in the place of the one of that number if there is one already. The server checks its digest."""
        self._call("upload_part", Key=name, UploadId=upload, PartNumber=number, **_said(piece))

    def pieces(self, name: str, upload: str) -> list[Piece]:
        """Those that are there, in order: where an interrupted upload goes on. Raises ``Missing``."""
        found: dict[int, Piece] = {}
        after, is_more = 0, True
        while is_more:
            answer = self._call("list_parts", Key=name, UploadId=upload, PartNumberMarker=after)
            for one in answer.get("Parts", ()):  # some servers list one twice that came twice: the latest counts
                found[one["PartNumber"]] = Piece(one["PartNumber"], one["Size"], one["ETag"])
            is_more, after = answer["IsTruncated"], answer.get("NextPartNumberMarker", 0)
        return [found[number] for number in sorted(found)]

    def finish(self, name: str, upload: str) -> int:
        """Make a file of the pieces, and return its size."""
        pieces = self.pieces(name, upload)
        if [one.number for one in pieces] != list(range(1, len(pieces) + 1)):
            raise Missing(f"of the pieces of {name} some are not there")
        parts = [{"PartNumber": one.number, "ETag": one.tag} for one in pieces]
        size = sum(one.size for one in pieces)
        try:
            self._call("complete_multipart_upload", Key=name, UploadId=upload, MultipartUpload={"Parts": parts})
        except Missing:  # or it was done, and we were not told
            if self.size(name) != size:
                raise
        return size

    def drop(self, name: str, upload: str) -> None:
        self._call("abort_multipart_upload", Key=name, UploadId=upload)

    def sweep(self, before: datetime, prefix: str = "") -> int:
        """Drop what has been begun before that moment and never finished; says how many there were."""
        found = [one for one in self._unfinished(prefix) if one["Initiated"] < before]
        for one in found:
            self._give_up(one["Key"], one["UploadId"])
        return len(found)

    def delete(self, name: str) -> None:
        """With every version of it. Raises ``Kept``; what is not there is no mistake."""
        if not self.is_versioned:
            self._call("delete_object", Key=name)
            return
        versions = list(self._versions(name))
        until = max((moment for one in versions if (moment := self._kept_until(name, one))), default=None)
        if until is not None and until > timezone.now():
            raise Kept(until)
        for version in versions:
            self._call("delete_object", Key=name, VersionId=version)

    def keep(self, name: str, until: datetime) -> None:
        """Let nobody delete it before, but for those who may pass governance at the server."""
        self._call("put_object_retention", Key=name, Retention={"Mode": "GOVERNANCE", "RetainUntilDate": until})

    def address(self, name: str, seconds: int) -> str:
        """Where whoever has no key of the bucket reads the ciphertext, for so long."""
        return self._signed("get_object", seconds, Key=name)

    def address_of_piece(self, name: str, upload: str, number: int, seconds: int) -> str:
        """Where whoever has no key of the bucket puts a piece of ciphertext, for so long."""
        return self._signed("upload_part", seconds, Key=name, UploadId=upload, PartNumber=number)

    @cached_property
    def is_versioned(self) -> bool:
        return bool(self._call("get_bucket_versioning").get("Status") == "Enabled")

    @cached_property
    def is_locking(self) -> bool:
        """Whether the bucket can keep files from being deleted."""
        try:
            answer = self._call("get_object_lock_configuration")
        except Missing:
            return False
        return bool(answer["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled")

    @cached_property
    def _client(self) -> Any:
        place = self._place
        key = place.access_key, place.secret_key
        return client_of(place.endpoint, *key, place.region, limits=REQUEST, tries=TRIES, authority=place.authority)

    def _known(self, name: str) -> Any:
        try:
            return self._call("head_object", Key=name)
        except Missing:
            self.ask()  # such an answer has no body, and does not say whether it is the bucket that is gone
            raise

    def _signed(self, verb: str, seconds: int, **said: Any) -> str:
        said["Bucket"] = self._place.bucket
        return str(self._client.generate_presigned_url(verb, Params=said, ExpiresIn=seconds))

    def _unfinished(self, prefix: str) -> Iterator[Any]:
        asked: dict[str, Any] = {"Prefix": prefix}
        while True:
            answer = self._call("list_multipart_uploads", **asked)
            yield from answer.get("Uploads", ())
            if not answer["IsTruncated"]:
                return
            asked |= {"KeyMarker": answer["NextKeyMarker"], "UploadIdMarker": answer["NextUploadIdMarker"]}

    def _pages(self, verb: str, **asked: Any) -> Iterator[Any]:
        page = self._call(verb, **asked)
        yield page
        while page.get("IsTruncated"):
            page = self._call(verb, **asked, ContinuationToken=page["NextContinuationToken"])
            yield page

    def _versions(self, name: str) -> Iterator[str]:
        answer = self._call("list_object_versions", Prefix=name)
        for one in (*answer.get("Versions", ()), *answer.get("DeleteMarkers", ())):
            if one["Key"] == name:
                yield one["VersionId"]

    def _kept_until(self, name: str, version: str) -> datetime | None:
        try:
            answer = self._call("get_object_retention", Key=name, VersionId=version)
        except Missing:
            return None
        moment: datetime | None = answer["Retention"].get("RetainUntilDate")
        return moment

    def _give_up(self, name: str, upload: str) -> None:
        try:
            self.drop(name, upload)
        except (Away, Missing, LeftAlone):
            return  # the sweep comes by

    def _call(self, verb: str, **said: Any) -> Any:
        """One call. Raises ``Away`` and ``Missing``."""
        with asked(self.name, self._judged):
            return getattr(self._client, verb)(Bucket=self._place.bucket, **said)

    def _judged(self, error: Exception) -> Judged | None:
        from botocore.exceptions import BotoCoreError, ClientError  # a tenth of a second and 20 MB: not at the start

        if isinstance(error, BotoCoreError):
            return Judged(Away(f"{self.name}: {_way(error)}"), is_away=True)
        if not isinstance(error, ClientError):
            return None
        return Judged(self._refusal(error), is_away=_status(error) >= 500)

    def _refusal(self, error: Any) -> Exception:
        code = error.response.get("Error", {}).get("Code", "")
        if code in ABSENT:
            return Missing(code)
        return Away(f"{self.name}: {HINTS.get(code, '')}{_reason(error)}")


ABSENT: Final = {
    *("NoSuchKey", "404", "NotFound", "NoSuchVersion", "NoSuchUpload"),
    *("NoSuchObjectLockConfiguration", "ObjectLockConfigurationNotFoundError"),
}
#: What an operator looks at.
HINTS: Final = {
    "NoSuchBucket": "the bucket is gone: ",
    "InvalidAccessKeyId": "the key is not known there: ",
    "SignatureDoesNotMatch": "the secret is a wrong one: ",
    "AccessDenied": "the key may not do that: ",
    "RequestTimeTooSkewed": "the clocks differ: ",
}
UNPROVEN: Final = " Where its authority is one of your own, cacert in its address names a file with the certificates."


def _way(error: Exception) -> str:
    """What was wrong on the way there."""
    cause = error.__cause__
    is_unproven = isinstance(cause, Unanswered) and cause.reason == "unproven"
    return f"{cause or error}{UNPROVEN if is_unproven else ''}"


def _status(error: Any) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))


def _reason(error: Any) -> str:
    said = error.response.get("Error", {})
    return f"{said.get('Code', _status(error))} at {error.operation_name}"


def _said(piece: bytes) -> dict[str, Any]:
    digest = base64.b64encode(hashlib.md5(piece, usedforsecurity=False).digest()).decode()
    return {"Body": piece, "ContentMD5": digest}


def _kept(until: datetime | None) -> dict[str, Any]:
    return {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until} if until else {}


def _again(first: bytes, second: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield second
    yield from rest


def regrouped(content: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in pieces of one size, but for the last.

    >>> [bytes(piece) for piece in regrouped([b"ab", b"cdefg", b"h"], 3)]
    [b'abc', b'def', b'gh']
    """
    waiting = bytearray()
    for some in content:
        waiting += some
        while len(waiting) >= size:
            yield bytes(waiting[:size])
            del waiting[:size]
    if waiting:
        yield bytes(waiting)
