"""Bytes become text by a rule that shows itself, or not at all."""

import pytest

from resimate_text.tables import TableInvalid, decode

pytestmark = pytest.mark.requirement("CMS-002")


def refusal(content: bytes) -> tuple[int, str, str]:
    with pytest.raises(TableInvalid) as refused:
        decode(content)
    [flaw] = refused.value.flaws
    return flaw.line, flaw.code, flaw.detail


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_is_read_without_a_word(encoding: str) -> None:
    decoded = decode("Zoë;Łódź;😀\r\n".encode(encoding))

    assert (decoded.text, decoded.notes) == ("Zoë;Łódź;😀\r\n", ())


@pytest.mark.parametrize("mark", [b"\xfe\xff", b"\xff\xfe"])
def test_utf_16_of_both_orders_is_read_by_its_mark(mark: bytes) -> None:
    order = "utf-16-be" if mark[0] == 0xFE else "utf-16-le"

    assert decode(mark + "Jörg".encode(order)).text == "Jörg"


@pytest.mark.parametrize(
    "text",
    [
        "Österreich;1,5",
        "Jörg Müßig",
        "naïve façade, 5 €",
        "l\u2019été\xa0: «CAFÉ\xa0», où",
        "10 €",
        "MÜLLER & SÖHNE",
        "à",
    ],
)
def test_windows_1252_is_read_and_what_was_assumed_is_shown(text: str) -> None:
    decoded = decode(f"a;b\n{text}\n".encode("cp1252"))

    assert decoded.text == f"a;b\n{text}\n"
    [note] = decoded.notes
    assert note["code"] == "encoding_assumed"
    assert text in note["detail"]


@pytest.mark.parametrize(
    ("bad", "place"),
    [
        (b"Name\nJ\xc3\xb6rg\nAnn\xff\n", (3, "character 4:")),
        (b"\xc3\xa4\xc3\xb6\n\xe4\n\xe4\n\xe4\n", (2, "character 1:")),
        (b"Z\xc3\xbcrich\nJ\xf6rg\n", (2, "character 2:")),
        (b"\xef\xbb\xbfa\nb\xff", (2, "character 2:")),
        (b"\xff\xfea\0b", (1, "character 2:")),
    ],
)
def test_a_bad_byte_in_unicode_is_refused_with_its_place(bad: bytes, place: tuple[int, str]) -> None:
    line, code, detail = refusal(bad)

    assert (line, code) == (place[0], "bad_encoding")
    assert detail.startswith(place[1])


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *((text, "mac_roman") for text in ("Jörg Müßig", "Jörg", "Ärger", "José", "García", "l\u2019eau", "Björn")),
        *((text, "cp850") for text in ("Jörg", "Käse", "Müller")),
        *((text, "cp437") for text in ("Jörg", "Käse")),
        ("Łódź", "cp1250"),
        ("Zając", "cp1250"),
        ("Иван Петров", "cp1251"),
        ("Иван Петров", "koi8-r"),
        ("Ελλάδα", "cp1253"),
        ("日本語の表", "shift_jis"),
        ("中文表格", "gb18030"),
        ("Dušan", "cp1252"),
    ],
)
def test_what_may_be_another_encoding_is_refused_and_says_how_to_save(text: str, encoding: str) -> None:
    line, code, detail = refusal(f"a;b\n{text}\n".encode(encoding))

    assert (line, code) == (2, "bad_encoding")
    assert "CSV UTF-8" in detail


def test_utf_16_without_a_mark_is_refused_with_a_sentence() -> None:
    assert "UTF-16" in refusal("Name;E-Mail".encode("utf-16-le"))[2]
