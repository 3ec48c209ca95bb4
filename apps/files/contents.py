"""What a file is, by what is in it: names and what a sender says of it count for nothing."""

import codecs
import os
import zipfile
from typing import IO, Final

import puremagic

from apps.core.errors import Refused
from apps.files.kinds import Kind
from resimate_text.sentences import Sentence
from resimate_text.tables import archive

CSV: Final = "text/csv"
JSON: Final = "application/json"
JPEG: Final = "image/jpeg"
PDF: Final = "application/pdf"
PLAIN: Final = "text/plain"
PNG: Final = "image/png"
WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP: Final = "application/zip"
UNKNOWN: Final = "application/octet-stream"
#: What has no mark at its beginning: by the ending of the name, where the content is text.
TEXTS: Final = {".csv": CSV, ".json": JSON}
HEAD: Final = 4096


class NotThatType(Refused):
    code = "file_type_refused"
    status = 415
    title = "Files of this type are not kept here"


class TooLargeUnpacked(Refused):
    code = "file_unpacks_too_large"
    status = 413
    title = "Unpacked, the file is too large"


def media_type(content: IO[bytes], name: str) -> str:
    """Look at the content; it is rewound. Raises ``NotThatType`` where an archive cannot be read."""
    content.seek(0)
    head = content.read(HEAD)
    content.seek(0)
    if zipfile.is_zipfile(content):
        return _archive_type(content)
    if _is_text(head):
        return TEXTS.get(os.path.splitext(name)[1].lower(), PLAIN)
    try:
        return puremagic.from_string(head, mime=True) or UNKNOWN
    except puremagic.PureError:
        return UNKNOWN


def require_type(kind: Kind, content: IO[bytes], name: str) -> str:
    """The media type of what may be kept as this kind. Raises ``NotThatType`` and ``TooLargeUnpacked``."""
    found = media_type(content, name)
    if found not in kind.types:
        raise NotThatType(
            Sentence("By its content the file is {found}; it can be: {known}.", found=found, known=_listed(kind))
        )
    promised = PROMISED.get(os.path.splitext(name)[1].lower())
    if promised and promised != found:
        raise NotThatType(
            Sentence("By its name the file is {promised}, by its content {found}.", promised=promised, found=found)
        )
    return found


#: What the ending of a name promises.
PROMISED: Final = {
    **TEXTS,
    ".jpeg": JPEG,
    ".jpg": JPEG,
    ".pdf": PDF,
    ".png": PNG,
    ".txt": PLAIN,
    ".xlsx": WORKBOOK,
    ".zip": ZIP,
}


def _listed(kind: Kind) -> str:
    return ", ".join(sorted(kind.types))


def _archive_type(content: IO[bytes]) -> str:
    """Nothing is unpacked: what the archive says of itself is enough to refuse it."""
    try:
        with zipfile.ZipFile(content) as opened:
            parts = opened.infolist()
    except archive.UNREADABLE as error:
        raise NotThatType("The file says to be an archive, and cannot be read as one.") from error
    finally:
        content.seek(0)
    size = content.seek(0, os.SEEK_END)
    content.seek(0)
    if problem := archive.too_large(parts, size):
        raise TooLargeUnpacked(Sentence("The file cannot be kept: {problem}.", problem=problem))
    names = {part.filename for part in parts}
    return WORKBOOK if {"[Content_Types].xml", "xl/workbook.xml"} <= names else ZIP


def _is_text(head: bytes) -> bool:
    """UTF-8, or UTF-16 that says so. A character that the head cuts in two is none of its faults."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    if b"\0" in head or head.startswith(b"%PDF"):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True
