"""A file that comes in pieces, over hours and interruptions: nothing of it is lost but the piece that was under way.

A piece is encrypted and stored first, and counts then. The last one lies nowhere before the file: with it the content
is looked at, scanned and brought to its place as any other. So whatever ends early, all has come exactly when it is
there.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, Sum

from apps import audit
from apps.core.errors import Refused
from apps.core.locking import lock
from apps.core.sizes import megabytes
from apps.core.tenancy import current_schema
from apps.core.turns import FILE, turn
from apps.files import pieces, storage
from apps.files.contents import require_type
from apps.files.kinds import KINDS, Kind
from apps.files.models import Piece, StoredFile
from apps.files.pieces import Assembled
from apps.files.sealing import PIECE
from apps.files.services.deleting import delete, remove, remove_after_commit
from apps.files.services.keeping import finish, hold_room, new_file, new_secret, room, scan, store
from resimate_text.sentences import Sentence

#: As many pieces as a file may come in: whoever sends less at a time is told.
MOST_PIECES: Final = 1_000
#: One account may have begun so many at a time, and they may hold one part in so many of the room for files.
MOST_UNFINISHED: Final = 20
SHARE: Final = 2
#: What a storage class is not asked for: a piece lies there for hours, and has to go then.
STAGED: Final = StoredFile.StorageClass.HOT


class WrongOffset(Refused):
    code = "upload_offset"
    title = "The upload goes on at another byte"


class PieceTooLong(Refused):
    code = "upload_too_long"
    status = 413
    title = "The piece goes beyond the end of the file"


class TooManyPieces(Refused):
    code = "upload_in_too_many_pieces"
    status = 422
    title = "The file comes in too many pieces"


class TooManyUnfinished(Refused):
    code = "too_many_unfinished_uploads"
    title = "Too many uploads have not ended"


class UploadsHoldTooMuch(Refused):
    code = "uploads_hold_too_much"
    title = "The uploads of one account would hold too much of the room for files"


class AnotherDigest(Refused):
    code = "upload_digest"
    status = 422
    title = "The file is not what it was said to be"


def begin(kind: Kind, *, size: int, name: str, now: datetime, acting_user: Any = None, sha256: str = "") -> StoredFile:
    """Hold room for a file that will come in pieces. An empty one is there at once.

    Raises ``FileTooLarge``, ``NoRoom``, ``TooManyUnfinished`` and ``UploadsHoldTooMuch``.
    """
    file = new_file(kind, size=size, name=name, acting_user=acting_user, now=now)
    file.state, file.sha256 = StoredFile.State.UPLOADING, sha256
    with transaction.atomic():
        hold_room(file)
        _require_share(file)
        audit.record(
            "stored_file.begun", target=file, actor=acting_user, now=now, details={"kind": kind.name, "size": size}
        )
    if not size:
        receive(file, 0, b"", acting_user=acting_user, now=now)
    return file


def _require_share(file: StoredFile) -> None:
    """Room is held a day for what never comes: some of it has to be left for others. Under the lock of the room."""
    own = StoredFile.objects.filter(state=StoredFile.State.UPLOADING, created_by=file.created_by)
    found = own.aggregate(count=Count("pk"), size=Sum("size"))
    if found["count"] > MOST_UNFINISHED:
        detail = Sentence(
            "You have {most} uploads that have not ended. Bring one to its end, or delete it, before you begin more.",
            most=MOST_UNFINISHED,
        )
        raise TooManyUnfinished(detail)
    most = room() // SHARE
    if found["size"] > most:
        detail = Sentence(
            "Uploads of one account that have not ended can hold {most} MB; with this one yours would hold {held} MB.",
            most=megabytes(most),
            held=megabytes(found["size"]),
        )
        raise UploadsHoldTooMuch(detail)


def received(file: StoredFile) -> int:
    """How many bytes have come: all of them exactly when the file is there."""
    if file.state == StoredFile.State.THERE:
        return file.size
    last = file.pieces.order_by("start").last()
    return last.start + last.size if last else 0


def receive(file: StoredFile, start: int, content: bytes, *, now: datetime, acting_user: Any = None) -> int:
    """Take a piece, not within a transaction; returns how many bytes have come then.

    Raises ``WrongOffset``, ``PieceTooLong``, ``TooManyPieces``, and with the last piece what ``keep`` does: after
    ``StorageAway`` and ``ScannerAway`` it can be sent again, after all else the upload is over.
    """
    come = list(file.pieces.order_by("start"))
    _require_next(start, come)
    end = start + len(content)
    if end > file.size:
        raise PieceTooLong(
            Sentence("The file has {size} bytes; the piece would end at {end}.", size=file.size, end=end)
        )
    if end == file.size:
        _complete(file, come, content, acting_user=acting_user, now=now)
    elif content:
        _store_piece(file, come, content)
    return end


def _require_next(start: int, come: Sequence[Piece]) -> None:
    expected = come[-1].start + come[-1].size if come else 0
    if start != expected:
        raise WrongOffset(
            Sentence("The next piece begins at byte {expected}, not {start}.", expected=expected, start=start)
        )


def _store_piece(file: StoredFile, come: Sequence[Piece], content: bytes) -> None:
    """Two that come at once are both stored, and one of them counts."""
    if len(come) == MOST_PIECES - 1:
        raise TooManyPieces(
            Sentence("A file can come in at most {most} pieces. Please send more at a time.", most=MOST_PIECES)
        )
    start = come[-1].start + come[-1].size if come else 0
    place = storage.new_place(current_schema(), STAGED)
    piece = Piece(file=file, start=start, size=len(content), secret=new_secret(), place=place)
    with _nothing_left_at(place):
        pieces.put(piece, content)
        _count(piece)


@transaction.atomic
def _count(piece: Piece) -> None:
    """From here on it has come, unless the upload has ended or gone on meanwhile."""
    if not lock(StoredFile.objects.filter(pk=piece.file_id, state=StoredFile.State.UPLOADING)):
        raise storage.FileGone("The upload was ended meanwhile.")
    _require_next(piece.start, list(Piece.objects.filter(file=piece.file_id).order_by("start")))
    piece.save(force_insert=True)


def _complete(file: StoredFile, come: Sequence[Piece], last: bytes, *, acting_user: Any, now: datetime) -> None:
    """To a place and by a key that only this attempt has: another one may be under way, with another last piece."""
    expected = file.sha256
    file.place, file.secret = storage.new_place(current_schema(), file.storage_class), new_secret()
    with turn(FILE), _over_if_refused(file, acting_user=acting_user, now=now), _nothing_left_at(file.place):
        content = io.BufferedReader(Assembled(come, last), PIECE)
        file.media_type = require_type(KINDS[file.kind], content, file.name)
        scan(file, content, now=now)
        file.sha256 = store(file, content)
        if expected not in ("", file.sha256):
            raise AnotherDigest("All of it has come, and its SHA-256 is another one than was said at the beginning.")
        _finish(file, acting_user=acting_user, now=now)


@transaction.atomic
def _finish(file: StoredFile, *, acting_user: Any, now: datetime) -> None:
    finish(file, acting_user=acting_user, now=now)
    _drop_pieces(file)


@transaction.atomic
def _drop_pieces(file: StoredFile) -> None:
    remove_after_commit(file.pieces.values_list("place", flat=True))
    file.pieces.all().delete()


@contextmanager
def _nothing_left_at(place: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        remove(place)
        raise


@contextmanager
def _over_if_refused(file: StoredFile, *, acting_user: Any, now: datetime) -> Iterator[None]:
    """What was refused for what it is can only be sent anew; whoever was told to come again goes on."""
    try:
        yield
    except Refused as refusal:
        if refusal.status < 500:
            _drop_pieces(file)
            delete(file, now=now, acting_user=acting_user, because=refusal.code)
        raise
