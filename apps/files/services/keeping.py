"""Keeping a file: nothing half stored, whatever happens on the way."""

import base64
import hashlib
import logging
import os
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any, Final

from django.db import models, transaction
from django.db.models import Sum

from apps import audit
from apps.configuration.services import get
from apps.core.crypto import KEY_BYTES
from apps.core.errors import Refused
from apps.core.locking import hold
from apps.core.sizes import MEGABYTE, megabytes
from apps.core.tenancy import current_schema
from apps.files import scanning, storage
from apps.files.contents import require_type
from apps.files.kinds import Kind
from apps.files.models import StoredFile
from apps.files.sealing import seal
from apps.files.settings_keys import QUOTA
from resimate_text.sentences import Sentence

logger = logging.getLogger(__name__)

LONGEST_NAME: Final = 200
SECRET: Final[Any] = StoredFile._meta.get_field("secret")
#: Not to be seen, and part of how Persian and many languages of India are written, and of what emoji are made of.
JOINERS: Final = "\u200c\u200d"


class FileTooLarge(Refused):
    code = "file_too_large"
    status = 413
    title = "The file is too large"


class NoRoom(Refused):
    code = "no_room_for_files"
    title = "There is no room left for files"


class FileRefused(Refused):
    code = "file_refused"
    status = 422
    title = "The file was found to be harmful"


def keep(
    kind: Kind,
    content: IO[bytes],
    *,
    name: str,
    now: datetime,
    owner: models.Model | None = None,
    acting_user: Any = None,
) -> StoredFile:
    """Keep a content, which can be gone back in, under a name that is only shown.

    Not within a transaction: room is held for it first, then it is looked through and brought to the storage, and only
    then it is there. Raises ``FileTooLarge``, ``NotThatType``, ``TooLargeUnpacked``, ``NoRoom``, ``FileRefused``, and
    ``StorageAway``, ``ScannerAway`` or ``KeyAway``, by which nothing is kept.
    """
    size = content.seek(0, os.SEEK_END)
    file = new_file(kind, size=size, name=name, owner=owner, acting_user=acting_user, now=now)
    file.media_type = require_type(kind, content, file.name)
    hold_room(file)
    with _nothing_left_of(file):
        scan(file, content, now=now)
        file.sha256 = store(file, content)
        finish(file, acting_user=acting_user, now=now)
    return file


def new_file(
    kind: Kind, *, size: int, name: str, now: datetime, owner: models.Model | None = None, acting_user: Any = None
) -> StoredFile:
    """What is known of a file before any of it has come. Raises ``FileTooLarge``."""
    _require_size(kind, size)
    return StoredFile(
        kind=kind.name,
        owner_type=owner._meta.label_lower if owner is not None else "",
        owner_id=str(owner.pk) if owner is not None else "",
        name=shown_name(name),
        secret=new_secret(),
        size=size,
        storage_class=kind.storage_class,
        place=storage.new_place(current_schema(), kind.storage_class),
        created_by=getattr(acting_user, "pk", None),
        created_at=now,
        expires_at=now + kind.keep_for if kind.keep_for else None,
    )


def new_secret() -> str:
    """A key that nothing was encrypted by."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


def shown_name(name: str) -> str:
    r"""A name as it is shown and downloaded: without folders, and without what cannot be seen.

    >>> shown_name("../../etc/passwd"), shown_name("C:\\tables\\gdp\x00.csv"), shown_name(" .. ")
    ('passwd', 'gdp.csv', 'file')
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    seen = "".join(one for one in last if unicodedata.category(one)[0] != "C" or one in JOINERS)
    stem, ending = os.path.splitext(seen.strip(" ." + JOINERS))
    return (stem[: LONGEST_NAME - len(ending[:20])] + ending[:20]) or "file"


def _require_size(kind: Kind, size: int) -> None:
    if size > kind.most_mb * MEGABYTE:
        raise FileTooLarge(
            Sentence(
                "The file can have at most {most} MB; it has {given}.", most=kind.most_mb, given=-(-size // MEGABYTE)
            )
        )


@transaction.atomic
def hold_room(file: StoredFile) -> None:
    """Count it before it comes: those that come at the same moment wait for each other here, and nowhere else."""
    hold(f"files.room:{current_schema()}")
    taken = StoredFile.objects.counted().aggregate(sum=Sum("size"))["sum"] or 0
    most = room()
    if taken + file.size > most:
        raise NoRoom(
            Sentence(
                "All files together can have {most} MB; there are {left} MB left.",
                most=megabytes(most),
                left=megabytes(max(0, most - int(taken))),
            )
        )
    file.save(force_insert=True)


def room() -> int:
    """Bytes that all files of the tenant together may have."""
    return int(get(QUOTA.name)) * MEGABYTE


@contextmanager
def _nothing_left_of(file: StoredFile) -> Iterator[None]:
    """However it ends early, neither the row nor its room stays, nor does what came to the storage.

    Whoever is killed leaves a row that says where to look: the sweep does.
    """
    try:
        yield
    except FileRefused:
        raise  # that it was refused is to be seen
    except BaseException:
        StoredFile.objects.filter(pk=file.pk, state=StoredFile.State.ARRIVING).delete()
        try:
            storage.remove(file.place)
        except Refused:
            logger.warning("what is left of a file stays until the sweep", extra={"action": f"keep {file.pk}"})
        raise


def scan(file: StoredFile, content: IO[bytes], *, now: datetime) -> None:
    """Have it looked through. Raises ``FileRefused``, which is on record then, and ``ScannerAway``.

    What is there by now, by another last piece that was good, stays there.
    """
    scanner = scanning.current()
    found = scanner.look(content) if scanner else ""
    if not found:
        return
    with transaction.atomic():
        StoredFile.objects.filter(pk=file.pk, state=file.state).update(state=StoredFile.State.REFUSED)
        audit.record("stored_file.refused", target=file, now=now, details={"kind": file.kind, "found": found})
    raise FileRefused(Sentence("The file was not kept: in it was found {found}.", found=found))


def store(file: StoredFile, content: IO[bytes]) -> str:
    """Bring it to the storage; returns its digest. Nobody may have changed it since it was looked at."""
    counted = Counted(content)
    content.seek(0)
    storage.put(file.place, seal(counted, base64.b64decode(file.secret), bound_of(file)))
    if counted.size != file.size:
        raise FileTooLarge("The file changed while it was read.")
    return counted.digest.hexdigest()


@transaction.atomic
def finish(file: StoredFile, *, acting_user: Any, now: datetime) -> None:
    """From here on it is there. Raises ``FileGone`` where somebody else ended it meanwhile."""
    written = {
        "state": StoredFile.State.THERE,
        "sha256": file.sha256,
        "media_type": file.media_type,
        "place": file.place,
        "secret": SECRET.encrypted(file.secret, file),
    }
    if not StoredFile.objects.filter(pk=file.pk, state=file.state).update(**written):
        raise storage.FileGone("The file took so long that it was given up.")
    file.state = StoredFile.State.THERE
    details = {"kind": file.kind, "size": file.size, "media_type": file.media_type}
    audit.record("stored_file.kept", target=file, actor=acting_user, now=now, details=details)


def bound_of(file: StoredFile) -> str:
    """What every frame is bound to, besides its number."""
    return f"{current_schema()}|{file.pk}"


class Counted:
    """Counts and digests what is read through it."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content, self.size, self.digest = content, 0, hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        piece = self._content.read(size)
        self.size += len(piece)
        self.digest.update(piece)
        return piece
