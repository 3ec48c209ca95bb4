"""A file is what is in it."""

import io
import struct
import zipfile
from pathlib import Path

import pytest

from apps.files.contents import (
    CSV,
    DOCUMENT,
    JPEG,
    PDF,
    PLAIN,
    PNG,
    WORKBOOK,
    ZIP,
    NotThatType,
    TooLargeUnpacked,
    media_type,
)
from apps.files.kinds import Kind
from apps.files.models import StoredFile
from apps.files.tests.story import kept, objects

pytestmark = [pytest.mark.requirement("CAMP-001"), pytest.mark.usefixtures("acme", "folder")]

ANY = Kind("any", "", frozenset({CSV, PDF, PLAIN, PNG, WORKBOOK, ZIP}), most_mb=4)
A_PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89"
AN_EXE = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0" + b"\0" * 100


def packed(**parts: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "found"),
    [
        (A_PNG, "a.png", PNG),
        (b"%PDF-1.7\n%\xe2\xe3", "a.pdf", PDF),
        (b"id,name\n1,B\xc3\xb6\n", "a.csv", CSV),
        ("id;ä".encode("utf-16"), "a.csv", CSV),
        (b"only words", "a", PLAIN),
        (b"\xc3\xb6" * 2047 + b"x\xc3\xb6", "a.txt", PLAIN),
        (packed(**{"[Content_Types].xml": b"<a/>", "xl/workbook.xml": b"<a/>"}), "a.xlsx", WORKBOOK),
        (packed(a=b"b"), "a.zip", ZIP),
        (b"\x01\x02\0\xfe", "a.txt", "application/octet-stream"),
        (b"words " * 20_000 + b"\0", "a.txt", "application/octet-stream"),
        ("Name;Straße".encode("cp1252"), "a.csv", CSV),
        ("Müßig, \x0b\x1b[1m".encode(), "a.log", PLAIN),
        (b"\xfe\x80" * 40_000 + b"\x1a", "a.txt", "application/octet-stream"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "IMG_0001.HEIC", "image/heic"),
        (packed(**{"[Content_Types].xml": b"<a/>", "word/document.xml": b"<a/>"}), "a.docx", DOCUMENT),
        (packed(**{"[Content_Types].xml": b"", "xl/workbook.xml": b"", "xl/vbaProject.bin": b""}), "a.xlsx", ZIP),
        (b"\xff\xfe\0\0MZ", "a.txt", "application/octet-stream"),
    ],
    ids=[
        *("png", "pdf", "csv", "utf-16", "no ending", "cut", "workbook", "zip", "nothing known"),
        *("NUL far behind", "Windows-1252", "a log in colour", "no text at its end", "picture of a phone"),
        *("document", "workbook with macros", "UTF-16 that is none"),
    ],
)
def test_the_content_says_what_it_is(content: bytes, name: str, found: str) -> None:
    assert media_type(io.BytesIO(content), name) == found


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (AN_EXE, "harmless.pdf"),
        (A_PNG, "a.pdf"),
        (b"<html>", "a.png"),
        (packed(a=b"b"), "a.xlsx"),
        (A_PNG + packed(a=b"b"), "a.png"),
    ],
    ids=["program", "picture as document", "text as picture", "archive as workbook", "two at once"],
)
def test_a_file_that_lies_about_its_type_is_refused(content: bytes, name: str, folder: Path) -> None:
    with pytest.raises(NotThatType, match="content"):
        kept(content, name, ANY)

    assert not objects(folder)
    assert not StoredFile.objects.exists()


@pytest.mark.parametrize("name", ["a.hta", "a.bat", "a.html", "a.svg", "a.txt.exe", "A.JS ", "a.hta:", "a.xlsm"])
def test_a_text_is_not_kept_under_the_name_of_a_program(name: str, folder: Path) -> None:
    with pytest.raises(NotThatType, match=r"its name can end in \.log, \.md, \.text, \.tsv, \.txt\."):
        kept(b"<script>", name, ANY)

    assert not objects(folder)


def test_a_workbook_is_not_kept_as_one_with_macros() -> None:
    with pytest.raises(NotThatType, match=r"its name can end in \.xlsx\."):
        kept(packed(**{"[Content_Types].xml": b"<a/>", "xl/workbook.xml": b"<a/>"}), "a.xlsm", ANY)


def test_a_refusal_says_by_which_endings_files_are_kept(folder: Path) -> None:
    with pytest.raises(NotThatType) as refused:
        kept(b"GIF89a\x01\0\x01\0", "a.gif", Kind("some", "", frozenset({JPEG, PNG}), most_mb=4))

    assert (
        str(refused.value.detail)
        == "By its content the file is image/gif. Files that are kept end in .jpeg, .jpg, .png."
    )


def test_what_came_empty_is_refused_as_empty_where_it_cannot_be(folder: Path) -> None:
    with pytest.raises(NotThatType, match="is empty"):
        kept(b"", "plan.pdf", ANY)

    assert not objects(folder)


@pytest.mark.parametrize("name", ["a", "a.TXT", "a.md", "Report No. 7", ".txt"])
def test_other_names_are_only_names(name: str) -> None:
    assert kept(b"words", name, ANY).media_type == PLAIN


def test_a_bomb_is_refused_before_it_is_unpacked(folder: Path) -> None:
    with pytest.raises(TooLargeUnpacked, match="more than 100 times as large"):
        kept(packed(a=b"\0" * 3_000_000), "a.zip", ANY)

    assert not objects(folder)


def test_an_archive_that_cannot_be_read_is_refused() -> None:
    whole = packed(a=b"b")

    with pytest.raises(NotThatType, match="cannot be read"):
        kept(whole.replace(b"PK\x01\x02", b"PK\x09\x09"), "a.zip", ANY)


def test_a_list_of_parts_that_would_fill_the_memory_is_not_read() -> None:
    """Sixteen megabytes of it took a hundred in memory, and a gigabyte fifteen."""
    one = b"PK\x01\x02" + bytes(24) + struct.pack("<H", 1) + bytes(16) + b"a"
    listed = one * 30_000
    end = b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, 30_000, 30_000, len(listed), 0, 0)

    with pytest.raises(NotThatType, match="cannot be read"):
        kept(listed + end, "a.zip", ANY)
