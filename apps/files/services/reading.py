"""Reading files: what comes is what was kept, or a clear refusal."""

import base64
import hashlib
import logging
from collections.abc import Iterator

from apps.core.errors import Refused
from apps.files import storage
from apps.files.models import StoredFile
from apps.files.sealing import PIECE, Damaged, skip, unseal
from apps.files.services.keeping import bound_of

logger = logging.getLogger(__name__)


class FileDamaged(Refused):
    code = "file_damaged"
    title = "The file is damaged"


class NotThere(Refused):
    code = "file_not_there"
    title = "The file cannot be read"


def read(file: StoredFile, start: int = 0) -> Iterator[bytes]:
    """The content from that byte on, a piece at a time. Whoever reads a person's file for them records it.

    Each piece is known to be right before it is given, and the last one only once the whole has the size and, read from
    its beginning, the digest that it had. Raises ``NotThere`` and, before the first piece or in place of a later one,
    ``FileDamaged``, ``FileGone``, ``StorageAway``.
    """
    if file.state != StoredFile.State.THERE:
        raise NotThere("Nobody can read this file: it is still arriving, or was refused.")
    return _pieces(file, base64.b64decode(file.secret), bound_of(file), start)


def _pieces(file: StoredFile, key: bytes, bound: str, start: int) -> Iterator[bytes]:
    """Knows the tenant already: it is gone on with when the request has left it."""
    first, skipped = divmod(min(start, max(0, file.size - 1)), PIECE)
    size, digest, held = first * PIECE, hashlib.sha256(), b""
    try:
        with storage.opened(file.place) as found:
            skip(found, first)
            for piece in unseal(found, key, bound, first):
                yield from [held] if held else []
                size += len(piece)
                digest.update(piece)
                held, skipped = piece[skipped:], 0
    except Damaged as error:
        raise _told(file, str(error)) from error
    except OSError as error:
        raise storage.StorageAway(error.strerror or type(error).__name__) from error
    if size != file.size or (not first and digest.hexdigest() != file.sha256):
        raise _told(file, "its size or digest is another one")
    yield held


def verify(file: StoredFile) -> str:
    """What is wrong with a file's content, for operators; empty when nothing is."""
    try:
        for _piece in read(file):
            pass
    except Refused as refusal:
        return f"{file}: {refusal.detail}"
    return ""


def _told(file: StoredFile, reason: str) -> FileDamaged:
    logger.error("a stored file is damaged: %s", reason, extra={"action": f"read {file.pk}"})
    return FileDamaged(
        "The file is damaged: what lies in the storage is not what was kept. Please tell whoever runs it."
    )
