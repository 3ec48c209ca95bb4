"""A workbook from a stranger is looked through before it is read: every part, whatever its name, and not for long."""

import contextlib
import io
import stat
import struct
import zipfile
from collections.abc import Mapping
from functools import cache
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from resimate_text.tables import TableInvalid
from resimate_text.tables.archive import OLD_OFFICE, check
from resimate_text.tables.workbook import sheets, unescaped

pytestmark = pytest.mark.requirement("CMS-001")
BOMB = '<!DOCTYPE a [<!ENTITY b "cccc">]><sst>&b;</sst>'
OUTSIDE = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" '
    'Target="http://127.0.0.1/x" TargetMode="{mode}"/></Relationships>'
)


@cache
def book() -> bytes:
    """The same bytes every time, though a workbook holds the moment that it was made at."""
    made = openpyxl.Workbook()
    made.active.append(("id", "a"))
    made.active.append(("u", 1.5))
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def with_parts(parts: Mapping[str, bytes | str], *, pack: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The workbook with other or more parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book())) as old, zipfile.ZipFile(file, "w", pack) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, content in parts.items():
            new.writestr(name, content)
    return file.getvalue()


def with_part(name: str, **changes: Any) -> bytes:
    """The workbook with a part whose entry in the archive is unusual."""
    entry = zipfile.ZipInfo(name)
    for key, value in changes.items():
        setattr(entry, key, value)
    file = io.BytesIO(book())
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(entry, b"/etc/passwd")
    return file.getvalue()


def flipped(content: bytes, mark: bytes, at: int, bits: int) -> bytes:
    """The archive with some bits of every header that begins with ``mark`` changed."""
    changed, place = bytearray(content), content.find(mark)
    while place >= 0:
        changed[place + at] ^= bits
        place = content.find(mark, place + 4)
    return bytes(changed)


def with_wrong_sum() -> bytes:
    content = with_parts({"xl/media/a.bin": b"abcdefgh" * 4}, pack=zipfile.ZIP_STORED)
    return content.replace(b"abcdefgh" * 4, b"abcdefgi" * 4)


def sheet(rows: str) -> bytes:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return with_parts(
        {"xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>'}
    )


def refusal(content: bytes) -> str:
    with pytest.raises(TableInvalid) as refused:
        check(content)
    [flaw] = refused.value.flaws
    return flaw.code


@pytest.mark.parametrize(
    "name", ["xl/sharedStrings.xml", "xl/sharedStrings.dat", "xl/sharedStrings", "a.PNG", "customXml/x.bin"]
)
@pytest.mark.parametrize(
    "bomb",
    [
        BOMB.encode(),
        f'<?xml version="1.0"?>\n{BOMB}'.encode(),
        b"\xef\xbb\xbf" + BOMB.encode(),
        b" \r\n\t" + BOMB.encode(),
        BOMB.encode("utf-16"),
        b"\xfe\xff" + BOMB.encode("utf-16-be"),
        f'<?xml version="1.0" encoding="utf-16"?>{BOMB}'.encode("utf-16-le"),
        f'<?xml version="1.0" encoding="cp1252"?>{BOMB}'.encode(),
        b" " * 1_100_000 + BOMB.encode(),
    ],
    ids=["plain", "declared", "mark", "blanks", "utf-16", "utf-16-be", "no mark", "cp1252", "far in"],
)
def test_declarations_are_refused_in_every_part_and_encoding(name: str, bomb: bytes) -> None:
    assert refusal(with_parts({name: bomb}, pack=zipfile.ZIP_STORED)) == "bad_workbook"


@pytest.mark.parametrize(
    "content",
    [
        b"PK no archive",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        with_parts({"xl/embeddings/inner.xlsx": book()}),
        with_parts({"xl/media/a.png": b"\x1f\x8b" + bytes(9)}),
        with_parts({"xl/workbook.xml": b"<a>"}),
        with_parts({"../../etc/cron.d/x": b"x"}),
        with_parts({"/etc/passwd": b"x"}),
        with_parts({"xl\\..\\x": b"x"}),
        with_parts({"C:/x": b"x"}),
        with_parts({"XL/WORKBOOK.XML": b"<a/>"}),
        with_part("xl/link", create_system=3, external_attr=(stat.S_IFLNK | 0o777) << 16),
        with_part("xl/a", compress_type=zipfile.ZIP_LZMA),
        with_part("xl/a", compress_type=zipfile.ZIP_BZIP2),
        flipped(book(), b"PK\x01\x02", 8, 0x1),
        with_wrong_sum(),
        book()[:-30],
        with_parts({"xl/worksheets/_rels/sheet1.xml.rels": OUTSIDE.format(kind="externalLinkPath", mode="External")}),
        with_parts({"xl/x.dat": OUTSIDE.format(kind="oleObject", mode=" EXTERNAL")}),
        with_parts({"xl/x.xml": "<a>" * 200 + "</a>" * 200}),
    ],
    ids=[
        *("no archive", "old or protected", "nested", "nested gzip", "broken", "up", "absolute", "backslash", "drive"),
        *("twice", "link", "lzma", "bzip2", "encrypted", "checksum", "cut", "outside", "outside elsewhere", "deep"),
    ],
)
def test_what_no_spreadsheet_writes_is_refused(content: bytes) -> None:
    assert refusal(content) == "bad_workbook"


def _claimed(size: int) -> bytes:
    """The workbook whose entries claim to unpack to ``size`` bytes."""
    content = bytearray(book())
    place = content.find(b"PK\x01\x02")
    content[place + 24 : place + 28] = struct.pack("<I", size)
    return bytes(content)


@pytest.mark.parametrize(
    "content",
    [
        with_parts({"xl/media/a.png": bytes(2 * 1024 * 1024)}),
        with_parts({"xl/sharedStrings.xml": "<sst>" + "<si/>" * 400_000 + "</sst>"}),
        with_parts({f"xl/{number}.txt": b"" for number in range(400)}),
        _claimed(210 * 1024 * 1024),
        sheet("<row/>" * 1_900_000),
        with_parts({f"xl/{number}.xml": "<a>" + "<b/>" * 200_000 + "</a>" for number in range(40)}),
    ],
    ids=["ratio", "ratio of xml", "parts", "claimed", "rows", "many small parts"],
)
def test_what_unpacks_to_too_much_is_refused_before_it_is_unpacked(content: bytes) -> None:
    assert len(content) < 1024 * 1024
    assert refusal(content) == "too_large"


@pytest.mark.thorough
def test_elements_are_counted_over_all_parts_while_they_are_read() -> None:
    rows = "".join(f'<row r="{number}"/>' for number in range(260_000))

    assert (
        refusal(with_parts({f"xl/{name}.dat": f"<a>{rows}</a>" for name in "abcd"}, pack=zipfile.ZIP_STORED))
        == "too_large"
    )


@pytest.mark.parametrize("at", ["A20002", "KO1", "XFD1048576"])
def test_a_value_too_far_out_is_refused_and_an_empty_cell_is_not(at: str) -> None:
    row = at.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")

    assert refusal(sheet(f'<row r="{row}"><c r="{at}"><v>1</v></c></row>')) == "too_many"
    check(sheet(f'<row r="{row}"><c r="{at}" s="1"/></row>'))


def test_what_spreadsheets_do_write_is_let_through() -> None:
    check(book())
    check(with_parts({"xl/worksheets/_rels/sheet1.xml.rels": OUTSIDE.format(kind="hyperlink", mode="External")}))
    check(with_parts({"xl/media/image1.png": b"\x89PNG\r\n" + bytes(range(256)) * 40}))
    check(with_parts({"xl/theme/theme9.xml": '<a xmlns="x"/>'.encode("utf-16")}))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_workbook_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    content = bytearray(book())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=8)):
        content[place] = data.draw(st.integers(0, 255))

    with contextlib.suppress(TableInvalid):
        for rows in sheets(bytes(content)).values():
            list(rows)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_xlsxwriter_writes_is_read_the_same(text: str) -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as made:
        made.add_worksheet().write_string(0, 0, text[:1000])

    [rows] = sheets(file.getvalue()).values()

    found = [row.values.get(0) for row in rows]
    wanted = text[:1000].replace("\r\n", "\n").replace("\r", "\n")
    assert found == ([wanted] if wanted.strip() else [])


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("one_x000D_\ntwo", "one\ntwo"),
        ("_x005F_x000D_", "_x000D_"),
        ("_x005f_x005F_x0041_", "_x005FA"),
        ("_xD83D__xDE00_", "😀"),
        ("a_x00", "a_x00"),
    ],
)
def test_escapes_of_spreadsheets_are_undone_once(cell: str, text: str) -> None:
    assert unescaped(cell) == text


def test_a_list_of_parts_that_would_fill_the_memory_is_not_read() -> None:
    one = b"PK\x01\x02" + bytes(24) + struct.pack("<H", 1) + bytes(16) + b"a"
    listed = one * 30_000
    end = b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, 30_000, 30_000, len(listed), 0, 0)

    with pytest.raises(TableInvalid, match="it lists too many parts"):
        check(listed + end)


def test_a_workbook_with_macros_is_refused_by_what_it_has() -> None:
    with pytest.raises(TableInvalid, match="it contains macros: save it as XLSX, without them"):
        check(with_parts({"xl/vbaProject.bin": OLD_OFFICE}))


def test_a_workbook_that_cannot_be_read_is_to_be_saved_anew() -> None:
    broken = with_parts({"xl/_rels/workbook.xml.rels": "<Relationships/>"})

    with pytest.raises(TableInvalid, match=r"open it in a spreadsheet and save it as XLSX"):
        sheets(broken)
