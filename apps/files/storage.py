"""Where files lie: Django's storages, one for each class that the settings name, otherwise the default one.

What a storage is asked may raise ``OSError``, ``FileNotFoundError`` where there is nothing; a back end whose library
raises something else translates it. No transaction is open meanwhile, unless the caller has one.
"""

import io
import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, ClassVar, Final
from uuid import uuid4

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage, storages

from apps.core.errors import Refused
from apps.core.tenancy import current_schema
from apps.files.models import StoredFile
from apps.files.sealing import Joined

logger = logging.getLogger(__name__)

CLASSES: Final = StoredFile.StorageClass.values
#: Schema, class and name; without a name, the folder of a class.
PLACE: Final = re.compile(r"([^/]+)/([a-z]+)/(?!\.\.?\Z)[^/]*")
#: In place of a schema, where it is tried whether the storage writes and reads.
PROBED: Final = ".probe"


class StorageAway(Refused):
    """The storage does not answer, or not well; ``reason`` is for operators."""

    code = "storage_away"
    status = 503
    title = "The storage of files cannot be reached"
    retry_after: ClassVar[int] = 5

    def __init__(self, reason: str) -> None:
        super().__init__("The storage of files cannot be reached just now. Please try again shortly.")
        self.reason = reason


class FileGone(Refused):
    code = "file_gone"
    status = 410
    title = "The content of the file is gone"


class _Content(File):  # type: ignore[type-arg]  # no parameter at run time
    """Chunks that are made on the way: a storage reads them once, from the beginning."""

    def __init__(self, chunks: Iterable[bytes], storage_class: str) -> None:
        super().__init__(None)
        self.storage_class = storage_class
        self._joined = Joined(chunks)

    def read(self, size: int = -1) -> bytes:
        return self._joined.read(size)

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        while chunk := self._joined.read(chunk_size or 1024 * 1024):
            yield chunk

    def seekable(self) -> bool:
        return False

    def seek(self, *_: Any) -> int:
        raise io.UnsupportedOperation("what is made on the way cannot be gone back in")


def new_place(schema: str, storage_class: str) -> str:
    """A name that says nothing of the file, and is nobody else's."""
    return f"{schema}/{storage_class}/{uuid4().hex}"


def put(place: str, chunks: Iterable[bytes]) -> None:
    """Raises ``StorageAway``; something may lie there all the same then."""
    with _asked():
        found = _of(place).save(place, _Content(chunks, _class_of(place)))
    if found != place:
        remove(found)
        raise StorageAway(f"something else lies at {place}")


@contextmanager
def opened(place: str) -> Iterator[IO[bytes]]:
    """What lies there. Raises ``FileGone`` and ``StorageAway``."""
    with _asked():
        found: IO[bytes] = _of(place).open(place, "rb")
    try:
        yield found
    finally:
        found.close()


def remove(place: str) -> None:
    """Take away what lies there, if anything does. Raises ``StorageAway``."""
    with _asked():
        _of(place).delete(place)


def kept_until(place: str, since: datetime) -> datetime:
    """Until when the storage keeps what came at that moment; that moment itself, where it does not."""
    kept_for: timedelta = getattr(_of_class(place.split("/")[1]), "kept_for", timedelta(0))
    return since + kept_for


def drop_unfinished(schema: str, before: datetime) -> int:
    """Take away the pieces of files of a tenant that never became whole; says of how many files."""
    count = 0
    for storage_class in CLASSES:
        folder = f"{schema}/{storage_class}"
        drop = getattr(_of(f"{folder}/"), "drop_unfinished", None)
        if drop is not None:
            with _asked():
                count += drop(folder, before)
    return count


def is_there(place: str) -> bool:
    try:
        with _asked():
            return _of(place).exists(place)
    except FileGone:
        return False


def written_at(place: str) -> datetime:
    """Raises ``FileGone`` and ``StorageAway``."""
    with _asked():
        return _of(place).get_modified_time(place)


def places(schema: str) -> Iterator[str]:
    """All that lies there of a tenant, whether or not anybody knows of it."""
    for storage_class in CLASSES:
        folder = f"{schema}/{storage_class}"
        with _asked():
            try:
                names = _of(f"{folder}/").listdir(folder)[1]
            except FileNotFoundError:
                continue  # folders come with the first file
        yield from (f"{folder}/{name}" for name in names)


def is_left(schema: str) -> bool:
    """Whether anything lies there of a tenant that there was: one listing of each storage. Raises ``StorageAway``."""
    stores = {id(one): one for one in map(_of_class, CLASSES)}
    with _asked():
        return any(_holds(one, schema) for one in stores.values())


def _holds(store: Storage, folder: str) -> bool:
    """Objects have folders as long as there is something in them; those of a disk stay, and are looked into."""
    try:
        folders, files = store.listdir(folder)
    except FileNotFoundError:
        return False
    if files or not isinstance(store, FileSystemStorage):
        return bool(files or folders)
    return any(any(Path(store.path(f"{folder}/{one}")).iterdir()) for one in folders)


@contextmanager
def _asked() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise FileGone("The content of this file is no longer there.") from error
    except OSError as error:
        logger.error("the storage of files does not answer: %s", error.strerror or type(error).__name__)
        raise StorageAway(error.strerror or type(error).__name__) from error


def _of(place: str) -> Storage:
    """Raises ``FileGone`` for what is another tenant's: a row that leads there was copied, or written past us."""
    found = PLACE.fullmatch(place)
    if found is None or found[1] not in (current_schema(), PROBED):
        raise FileGone("The content of this file is no longer there.")
    return _of_class(found[2])


def _of_class(storage_class: str) -> Storage:
    return storages[storage_class if storage_class in storages.backends else "default"]


def _class_of(place: str) -> str:
    return place.split("/")[1]
