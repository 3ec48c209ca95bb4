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


def read(file: StoredFile, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """The content from that byte on, and up to ``stop``, a piece at a time; no more is read than the pieces needed.

    Whoever reads a person's file for them records it. Each piece is known to be right before it is given, and the last
    one of the content only once the whole has the size and, read from its beginning, the digest that it had. Raises
    ``NotThere`` and, before the first piece or in place of a later one, ``FileDamaged``, ``FileGone``, ``StorageAway``.
    """
    if file.state != StoredFile.State.THERE:
        raise NotThere("Nobody can read this file: it is still arriving, or was refused.")
    part = range(min(start, max(0, file.size - 1)), file.size if stop is None else stop)
    return _pieces(file, base64.b64decode(file.secret), bound_of(file), part)


def _pieces(file: StoredFile, key: bytes, bound: str, part: range) -> Iterator[bytes]:
    """Knows the tenant already: it is gone on with when the request has left it."""
    first, skipped = divmod(part.start, PIECE)
    until = _number_of(part.stop) if _number_of(part.stop) < _number_of(file.size) else None
    size, digest, held = first * PIECE, hashlib.sha256(), b""
    try:
        with storage.opened(file.place) as found:
            skip(found, first)
            for piece in unseal(found, key, bound, first, until):
                yield from [held] if held else []
                held, skipped = piece[skipped : part.stop - size], 0
                size += len(piece)
                digest.update(piece)
    except Damaged as error:
        raise _told(file, str(error)) from error
    except OSError as error:
        raise storage.StorageAway(error.strerror or type(error).__name__) from error
    if until is None and (size != file.size or (not first and digest.hexdigest() != file.sha256)):
        raise _told(file, "its size or digest is another one")
    yield held


def _number_of(stop: int) -> int:
    """Of the frame with the byte before that one."""
    return max(0, stop - 1) // PIECE


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
