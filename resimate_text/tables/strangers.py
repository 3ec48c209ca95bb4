"""Files that are something else than a table, told by how they begin: they are refused by what they are."""

from collections.abc import Collection
from typing import Final, NoReturn

from resimate_text.sentences import Sentence
from resimate_text.tables.flaws import Flaw, TableInvalid

#: Nothing that is looked for begins later.
HEAD: Final = 512
PICTURE: Final = Sentence("a picture")
PACKED: Final = Sentence("a packed file")
BEGINNINGS: Final = {
    b"\xff\xd8\xff": PICTURE,
    b"\x89png": PICTURE,
    b"gif8": PICTURE,
    b"\x1f\x8b": PACKED,
    b"7z\xbc\xaf": PACKED,
    b"rar!\x1a": PACKED,
    b"%pdf-": Sentence("a PDF document"),
    b"{\\rtf": Sentence("a text document"),
    b"<!doctype": Sentence("a web page"),
    b"<html": Sentence("a web page"),
    b"<?xml": Sentence("an XML document"),
    b"begin:vcard": Sentence("an address card (vCard)"),
}


def refuse_strangers(source: str | bytes) -> None:
    """Raise ``TableInvalid`` for what begins as no table does."""
    head = source[:HEAD].encode(errors="ignore") if isinstance(source, str) else source[:HEAD]
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for beginning, what in BEGINNINGS.items():
        if start.startswith(beginning):
            _refuse(what)


def refuse_other_archives(parts: Collection[str]) -> None:
    """Raise ``TableInvalid`` for an archive whose parts, in small letters, are not those of an XLSX file."""
    if "xl/workbook.bin" in parts:
        _refuse(Sentence("a binary workbook (XLSB)"))
    elif "mimetype" in parts and "content.xml" in parts:
        _refuse(Sentence("an OpenDocument file"))
    elif "[content_types].xml" not in parts:
        _refuse(Sentence("an archive of other files"))
    elif any(part.startswith(("word/", "ppt/")) for part in parts):
        _refuse(Sentence("a text document or presentation"))


def _refuse(what: Sentence) -> NoReturn:
    detail = Sentence("it is {what}, not a table: save the table as XLSX or CSV", what=what)
    raise TableInvalid([Flaw(0, "", "no_table", detail)])
