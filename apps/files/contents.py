"""What a file is, by what is in it: names and what a sender says of it count for nothing."""

import codecs
import os
import re
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
DOCUMENT: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SLIDES: Final = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ZIP: Final = "application/zip"
UNKNOWN: Final = "application/octet-stream"
HEIC: Final = "image/heic"
#: The brands of pictures, where films have others: what phones take is told by them alone (ISO/IEC 23008-12, annex B).
HEIF: Final = (b"heic", b"heix", b"mif1", b"msf1")
#: Controls that texts do not have, whatever their encoding: those of which libmagic says so.
UNPRINTED: Final = re.compile(r"[\x00-\x06\x0e-\x1a\x1c-\x1f]")
#: Archives that are known by what lies in them; with a program inside they are none of these.
ARCHIVES: Final = {
    WORKBOOK: {"[Content_Types].xml", "xl/workbook.xml"},
    DOCUMENT: {"[Content_Types].xml", "word/document.xml"},
    SLIDES: {"[Content_Types].xml", "ppt/presentation.xml"},
}
MACROS: Final = "vbaproject.bin"
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
    import puremagic  # its table of thousands of types is read at once

    content.seek(0)
    head = content.read(HEAD)
    content.seek(0)
    if zipfile.is_zipfile(content):
        return _archive_type(content)
    if not head.startswith(b"%PDF") and _is_text(content):
        return TEXTS.get(_ending(name), PLAIN)
    if head[4:8] == b"ftyp" and head[8:12] in HEIF:
        return HEIC
    try:
        return puremagic.from_string(head, mime=True) or UNKNOWN
    except puremagic.PureError:
        return UNKNOWN


def require_type(kind: Kind, content: IO[bytes], name: str) -> str:
    """The media type of what may be kept as this kind. Raises ``NotThatType`` and ``TooLargeUnpacked``."""
    found = media_type(content, name)
    if found not in kind.types:
        known = _listed(ending for one in kind.types for ending in ENDINGS.get(one, (one,)))
        raise NotThatType(
            Sentence(
                "By its content the file is {found}. Files that are kept end in {known}.", found=found, known=known
            )
        )
    if not content.read(1) and PROMISED.get(_ending(name), found) != found:
        raise NotThatType("The file is empty. Look whether all of its content has come.")
    content.seek(0)
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
    if any(name.lower().endswith(MACROS) for name in names):
        return ZIP
    return next((found for found, inside in ARCHIVES.items() if inside <= names), ZIP)


def _is_text(content: IO[bytes]) -> bool:
    """UTF-16 that says so, or what has no controls in it, from the beginning to the end; it is rewound.

    Which of the many encodings of one byte a letter it is in is not asked: a spreadsheet in German writes Windows-1252.
    """
    content.seek(0)
    says_so = content.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    content.seek(0)
    decoder = codecs.getincrementaldecoder("utf-16" if says_so else "latin-1")()
    try:
        while piece := content.read(archive.CHUNK):
            if UNPRINTED.search(decoder.decode(piece)):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        content.seek(0)
    return True
