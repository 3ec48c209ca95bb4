"""The guard before every workbook: an archive from a stranger is looked through before anything reads it."""

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, Final, NoReturn
from xml.parsers import expat

from resimate_text.sentences import Sentence
from resimate_text.tables.flaws import Flaw, TableInvalid
from resimate_text.tables.strangers import refuse_other_archives

MEGABYTE: Final = 1024 * 1024
MOST_PARTS: Final = 300
#: Bytes of the list of parts: each takes fifty and its name. In memory it would be fifteen times as long.
MOST_LISTED: Final = MEGABYTE
MOST_UNPACKED: Final = 200 * MEGABYTE
MOST_XML: Final = 50 * MEGABYTE
#: Parts that unpack to more than this many times their size are bombs, unless they stay small.
MOST_RATIO: Final = 100
SMALL: Final = MEGABYTE
#: Elements of all parts together; a cell with a value takes two.
MOST_ELEMENTS: Final = 1_000_000
MOST_DEPTH: Final = 100
#: What is read of a sheet: rows below its head, and columns.
MOST_ROWS: Final = 20_000
MOST_COLUMNS: Final = 300
CHUNK: Final = MEGABYTE
#: Elements that say what is hidden, and what is merged.
LAID_OUT: Final = ("row", "col", "mergeCell")
OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0"
ARCHIVES: Final = (b"PK\x03\x04", OLD_OFFICE, b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")
MACROS: Final = "xl/vbaproject.bin"
BLANK: Final = b" \t\r\n\0"
MARKS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
UNREADABLE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    KeyError,
    expat.ExpatError,
)


@dataclass(slots=True)
class Layout:
    """What a sheet hides, and where one cell lies over others; rows and columns are counted from 1."""

    rows: set[int] = field(default_factory=set)
    columns: list[range] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)


def check(content: bytes) -> Mapping[str, Layout]:
    """Return the layout of each part that has one, of an archive as spreadsheets write it.

    Raises ``TableInvalid`` unless it is one, of bearable size, of plain XML.
    """
    if content.startswith(OLD_OFFICE):
        _refuse("bad_workbook", Sentence("it is an old or a protected workbook: save it as XLSX without a password"))
    try:
        with opened(io.BytesIO(content)) as archive:
            _check_parts(archive.infolist(), len(content))
            return _check_contents(archive)
    except TableInvalid:
        raise
    except UNREADABLE as error:
        _refuse("bad_workbook", Sentence("it is not an XLSX file: {error:.176}", error=str(error)))


def opened(content: IO[bytes]) -> zipfile.ZipFile:
    """The archive. Raises ``BadZipFile`` for one that lists more parts than any that is read, before it is read."""
    return zipfile.ZipFile(_Listed(content))


class _Listed:
    """An archive of which nothing is read at once that is longer than a list of parts should be."""

    def __init__(self, content: IO[bytes]) -> None:
        self.seek, self.tell, self.seekable = content.seek, content.tell, content.seekable
        self._content = content

    def read(self, size: int = -1) -> bytes:
        if size > MOST_LISTED:
            raise zipfile.BadZipFile("it lists too many parts")
        return self._content.read(size)


def too_large(parts: list[zipfile.ZipInfo], packed: int) -> Sentence | None:
    """What is wrong with an archive of that size that says to hold these parts."""
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS or unpacked > MOST_UNPACKED:
        return Sentence("unpacked, it is larger than {most} MB", most=MOST_UNPACKED // MEGABYTE)
    pairs = [(part.file_size, part.compress_size) for part in parts]  # parts that are small one by one may be many
    if any(_is_bomb(*pair) for pair in [(unpacked, packed), *pairs]):
        return Sentence("unpacked, it is more than {most} times as large", most=MOST_RATIO)
    return None


def _check_parts(parts: list[zipfile.ZipInfo], packed: int) -> None:
    if problem := too_large(parts, packed):
        _refuse("too_large", problem)
    names = [part.filename.casefold() for part in parts]
    refuse_other_archives(names)
    if len(set(names)) < len(names):
        _refuse("bad_workbook", Sentence("two of its parts have the same name"))
    for part in parts:
        if not _is_plain(part):
            _refuse(
                "bad_workbook", Sentence("its part {name!r} does not belong in a spreadsheet", name=part.filename[:60])
            )


def _is_bomb(unpacked: int, packed: int) -> bool:
    return unpacked > max(SMALL, MOST_RATIO * packed)


def _is_plain(part: zipfile.ZipInfo) -> bool:
    """Whether the part lies inside the archive, is a file, and is packed without a password as spreadsheets do."""
    steps = re.split(r"[/\\]", part.orig_filename)
    is_inside = not part.orig_filename.startswith(("/", "\\")) and ".." not in steps and ":" not in steps[0]
    is_link = stat.S_ISLNK(part.external_attr >> 16)
    packed = part.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) and not part.flag_bits & 0x1
    return is_inside and not is_link and packed and "\0" not in part.orig_filename


def _check_contents(archive: zipfile.ZipFile) -> Mapping[str, Layout]:
    """Unpack every part once, a piece at a time: what begins as XML is read as XML, whatever its name says."""
    total, elements = 0, _Elements()
    for part in archive.infolist():
        pieces = _pieces(archive, part)
        first = next(pieces, b"")
        if part.filename.casefold() == MACROS:
            _refuse("bad_workbook", Sentence("it contains macros: save it as XLSX, without them"))
        if first.startswith(ARCHIVES):
            _refuse("bad_workbook", Sentence("it contains another archive: {name}", name=part.filename[:60]))
        if _is_xml(part.filename, first):
            total += part.file_size
            if total > MOST_XML:
                _refuse("too_large", Sentence("unpacked, it is larger than {most} MB", most=MOST_XML // MEGABYTE))
            elements.read(part.filename, first, pieces)
        else:
            for _ in pieces:  # to the end, where its checksum is compared
                pass
    return elements.layouts


def _pieces(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(part) as opened:
        while piece := opened.read(CHUNK):
            yield piece


def _is_xml(name: str, first: bytes) -> bool:
    """Whether a parser of XML could make anything of it, in whatever encoding: that begins with ``<`` or a mark."""
    named = name.lower().endswith((".xml", ".rels", ".vml"))
    return bool(first) and (named or first.startswith(MARKS) or first.lstrip(BLANK)[:1] in (b"<", b""))


class _Elements:
    """Counts elements over all parts, and refuses what no spreadsheet writes, and cells too far out to be read."""

    def __init__(self) -> None:
        self.count = 0
        self.depth = 0
        self.cell = ""
        self.part = ""
        self.layouts: dict[str, Layout] = {}

    def read(self, part: str, first: bytes, pieces: Iterator[bytes]) -> None:
        self.depth, self.part = 0, part
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = _refuse_declarations
        parser.EntityDeclHandler = _refuse_declarations
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.Parse(first, False)
        for piece in pieces:
            parser.Parse(piece, False)
        parser.Parse(b"", True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count()
        tag = name.rpartition(":")[2]
        if tag == "c":
            self.cell = attributes.get("r", "")
        elif tag in LAID_OUT:
            self._lay_out(tag, attributes)
        elif tag in ("v", "is", "f") and self.cell and is_beyond(self.cell):
            _refuse("too_many", Sentence("cell {cell}: {limit}", cell=self.cell[:20], limit=beyond()))
        elif "TargetMode" in attributes and _leads_outside(attributes):
            target = attributes.get("Target", "")[:60]
            _refuse("bad_workbook", Sentence("it refers to another file: {name}", name=target))

    def _count(self) -> None:
        self.count += 1
        self.depth += 1
        if self.count > MOST_ELEMENTS:
            _refuse("too_large", Sentence("it has more than {most:,} elements", most=MOST_ELEMENTS))
        if self.depth > MOST_DEPTH:
            _refuse("bad_workbook", Sentence("its elements are nested more than {most} deep", most=MOST_DEPTH))

    def _lay_out(self, tag: str, attributes: dict[str, str]) -> None:
        """Note what is hidden or merged, as far as cells are read."""
        layout = self.layouts.setdefault(self.part, Layout())
        is_hidden = attributes.get("hidden") in ("1", "true")
        if tag == "mergeCell" and len(layout.merged) < MOST_COLUMNS:
            layout.merged.append(attributes.get("ref", "")[:20])
        elif tag == "row" and is_hidden and len(layout.rows) <= MOST_ROWS:
            layout.rows.add(int(attributes.get("r", "0")[:9]))
        elif tag == "col" and is_hidden and len(layout.columns) < MOST_COLUMNS:
            layout.columns.append(range(int(attributes["min"][:9]), int(attributes["max"][:9]) + 1))

    def _end(self, _name: str) -> None:
        self.depth -= 1


def beyond() -> Sentence:
    return Sentence("a sheet can have at most {rows} rows and {columns} columns", rows=MOST_ROWS, columns=MOST_COLUMNS)


def is_beyond(cell: str) -> bool:
    """
    >>> [is_beyond(cell) for cell in ("A1", "KN20001", "KO1", "A20002")]
    [False, False, True, True]
    """
    letters = cell.rstrip("0123456789")
    column = 0
    for letter in letters[:4]:
        column = column * 26 + ord(letter) - 64
    return column > MOST_COLUMNS or int(cell[len(letters) :][:9] or 0) > MOST_ROWS + 1


def _leads_outside(attributes: dict[str, str]) -> bool:
    """Whether a relation is to something outside the file; a link to click on is none that is read."""
    mode = attributes.get("TargetMode", "").strip().casefold()
    return mode == "external" and not attributes.get("Type", "").endswith("/hyperlink")


def _refuse_declarations(*_: Any) -> NoReturn:
    _refuse("bad_workbook", Sentence("its XML declares a document type"))


def _refuse(code: str, detail: Sentence) -> NoReturn:
    raise TableInvalid([Flaw(0, "", code, detail)])
