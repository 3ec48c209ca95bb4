"""A file that is no table is refused by what it is, in one sentence, not by what a decoder stumbles over."""

import gzip
import io
import zipfile

import pytest

from resimate_text.tables import TableInvalid, open_table

pytestmark = pytest.mark.requirement("CMS-002")


def archive(*parts: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        for part in parts:
            packed.writestr(part, "")
    return content.getvalue()


def refusal(source: str | bytes) -> str:
    with pytest.raises(TableInvalid) as caught:
        list(open_table(source, hits=len).rows)
    [flaw] = caught.value.flaws
    assert (flaw.line, flaw.code) == (0, "no_table")
    return flaw.detail.removesuffix(", not a table: save the table as XLSX or CSV")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "it is a picture"),
        (b"\x89PNG\r\n\x1a\n\x00", "it is a picture"),
        (b"%PDF-1.7\n%\xe2\xe3", "it is a PDF document"),
        (gzip.compress(b"id,a\n", mtime=0), "it is a packed file"),
        (b"\xef\xbb\xbf\r\n<!DOCTYPE html><html>", "it is a web page"),
        ("<HTML><table>", "it is a web page"),
        (b'<?xml version="1.0"?><Workbook/>', "it is an XML document"),
        (b"BEGIN:VCARD\nVERSION:3.0\n", "it is an address card (vCard)"),
        (b"{\\rtf1\\ansi", "it is a text document"),
        (archive("mimetype", "content.xml"), "it is an OpenDocument file"),
        (archive("people.csv"), "it is an archive of other files"),
        (archive("[Content_Types].xml", "word/document.xml"), "it is a text document or presentation"),
        (archive("[Content_Types].xml", "xl/workbook.bin"), "it is a binary workbook (XLSB)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "file",
)  # fmt: skip
def test_a_file_that_is_no_table_is_refused_by_what_it_is(source: str | bytes, said: str) -> None:
    assert refusal(source) == said


def test_what_begins_as_a_table_may_hold_what_the_others_begin_with() -> None:
    rows = [list(row.cells) for row in open_table("name,note\nGIF8,%PDF-\n", hits=len).rows]

    assert rows == [["name", "note"], ["GIF8", "%PDF-"]]
