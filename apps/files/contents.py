"""What a file is, by what is in it: names and what a sender says of it count for nothing."""

import codecs
import os
import zipfile
from collections.abc import Iterable
from typing import IO, Final

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
PIECE: Final = 64 * 1024


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
    import puremagic  # its table of thousands of types is read at once

    content.seek(0)
    head = content.read(HEAD)
    content.seek(0)
    if zipfile.is_zipfile(content):
        return _archive_type(content)
    if not head.startswith(b"%PDF") and _is_text(content):
        return TEXTS.get(_ending(name), PLAIN)
    try:
        return puremagic.from_string(head, mime=True) or UNKNOWN
    except puremagic.PureError:
        return UNKNOWN


def require_type(kind: Kind, content: IO[bytes], name: str) -> str:
    """The media type of what may be kept as this kind. Raises ``NotThatType`` and ``TooLargeUnpacked``."""
    found = media_type(content, name)
    if found not in kind.types:
        raise NotThatType(
            Sentence("By its content the file is {found}; it can be: {known}.", found=found, known=_listed(kind.types))
        )
    _refuse_name(name, found)
    return found


def _refuse_name(name: str, found: str) -> None:
    """Whoever opens the file goes by its name: a program is text, too, until it is called one."""
    ending = _ending(name)
    if ending in PROMISED and PROMISED[ending] != found:
        promised = PROMISED[ending]
        raise NotThatType(
            Sentence("By its name the file is {promised}, by its content {found}.", promised=promised, found=found)
        )
    if ending and found in ENDINGS and ending not in ENDINGS[found]:
        endings = _listed(ENDINGS[found])
        raise NotThatType(
            Sentence("By its content the file is {found}; its name can end in {endings}.", found=found, endings=endings)
        )


#: How the name of a file may end, by what it is. It may have no ending as well.
ENDINGS: Final = {
    CSV: {".csv"},
    JPEG: {".jpeg", ".jpg"},
    JSON: {".json"},
    PDF: {".pdf"},
    PLAIN: {".log", ".md", ".text", ".tsv", ".txt"},
    PNG: {".png"},
    WORKBOOK: {".xlsx"},
    ZIP: {".zip"},
}
PROMISED: Final = {ending: media_type for media_type, endings in ENDINGS.items() for ending in endings}


def _ending(name: str) -> str:
    """What comes after the last dot, unless that is a word of its own.

    >>> _ending("a.TXT "), _ending("a.hta:"), _ending("No. 7")
    ('.txt', '.hta:', '')
    """
    ending = os.path.splitext(name)[1].strip().lower()
    return "" if any(letter.isspace() for letter in ending) else ending


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _archive_type(content: IO[bytes]) -> str:
    """Nothing is unpacked: what the archive says of itself is enough to refuse it."""
    try:
        with archive.opened(content) as found:
            parts = found.infolist()
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


def _is_text(content: IO[bytes]) -> bool:
    """UTF-8, or UTF-16 that says so, from the beginning to the end, and without a NUL; it is rewound."""
    content.seek(0)
    says_so = content.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    content.seek(0)
    decoder = codecs.getincrementaldecoder("utf-16" if says_so else "utf-8")()
    try:
        while piece := content.read(PIECE):
            if "\0" in decoder.decode(piece):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        content.seek(0)
    return True
