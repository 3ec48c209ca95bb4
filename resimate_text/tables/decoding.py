"""Bytes to text: by their mark, as UTF-8, or as Windows-1252 where nothing speaks against it; never by replacing."""

import codecs
import re
from dataclasses import dataclass
from typing import Final, NoReturn

from resimate_text.sentences import Sentence
from resimate_text.tables.flaws import Flaw, Note, TableInvalid
from resimate_text.tables.strangers import refuse_strangers

MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: A character of UTF-8 beyond ASCII, as bytes.
WIDE: Final = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
#: A capital before a blank or a closing mark, in Windows-1252: the only such pairs that people write.
AT_WORDS_END: Final = re.compile(rb"[\xc4-\xdf][\xa0\xbb\x92\x94\x85]")
WORDS: Final = re.compile(r"[^\W\d_]+")
BETWEEN_LETTERS: Final = re.compile(r"(?<=[^\W\d_])[^\x00-\x7f](?<![^\W\d_])(?<!\s)(?=[^\W\d_])")
AT_A_LETTER: Final = re.compile(r"[^\W\d_][^\x00-\x7f\s]|(?!\s)[^\x00-\x7f][^\W\d_]")
LINE: Final = re.compile(r"[^\r\n]+")
#: Between two letters these are usual; any other sign there is a letter of another encoding.
INSIDE_WORDS: Final = frozenset("\u2019\u2013\u2014\u00b7\u00ad")
UNPRINTED: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a file without its mark, and what had to be assumed."""

    text: str
    notes: tuple[Note, ...] = ()


def decode(content: bytes) -> Decoded:
    """Return the text of a file. Raises ``TableInvalid`` with the place of the first byte that does not fit.

    So it does for a picture, say, whose bytes would be called badly encoded text.
    """
    refuse_strangers(content)
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return Decoded(_strictly(content[len(mark) :], encoding))
    if content[:4096].count(0) * 4 > len(content[:4096]):
        _refuse(0, Sentence("it looks like UTF-16 without a mark. {how}", how=_how()))
    try:
        return Decoded(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        return _as_windows(content, error)


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(encoding, errors="ignore")
        _refuse_at(before, Sentence("is not {encoding}", encoding=encoding.upper()))


def _as_windows(content: bytes, error: UnicodeDecodeError) -> Decoded:
    """Windows' Western European, of which every byte has to make sense."""
    if any(not AT_WORDS_END.fullmatch(match[0]) for match in WIDE.finditer(content)):
        refusal = Sentence("is not UTF-8, though other characters of the file are. {how}", how=_how())
        _refuse_at(content[: error.start].decode("utf-8"), refusal)
    text = content.decode("cp1252", errors="surrogateescape")
    if not looks_western(text):
        refusal = Sentence("is neither UTF-8 nor Windows-1252. {how}", how=_how())
        _refuse_at(content[: error.start].decode("utf-8"), refusal)
    sample = next((match[0] for match in LINE.finditer(text) if not match[0].isascii()), "")
    detail = Sentence(
        "it is not UTF-8 and was read as Windows-1252: “{sample}”. Check names and special characters",
        sample=sample.strip()[:80],
    )
    return Decoded(text, ({"code": "encoding_assumed", "detail": detail},))


def looks_western(text: str) -> bool:
    """Whether a text that was read as Windows-1252 can have been meant so: words are words, signs stand outside.

    >>> [looks_western(text) for text in ("Jörg Müßig", "naïve façade, 5 €", "Jšrg MŸ§ig", "Èâàí", "J”rg", "Zaj¹c")]
    [True, True, False, False, False, False]
    """
    if UNPRINTED.search(text):
        return False
    words = {match[0] for match in WORDS.finditer(text) if not match[0].isascii()}
    if not all(_is_word(word) for word in words):
        return False
    if any(match[0] not in INSIDE_WORDS for match in BETWEEN_LETTERS.finditer(text)):
        return False
    # šžœ are letters here, but ö, û and ú in Mac OS Roman: without other letters nothing tells them apart
    proved = any("À" <= letter <= "ÿ" for word in words for letter in word)
    return proved or not AT_A_LETTER.search(text)


def _is_word(word: str) -> bool:
    """Not all letters beyond ASCII, nor a capital amid small letters: so look other alphabets, read wrongly."""
    strange = [not letter.isascii() for letter in word]
    if len(word) > 1 and any(all(strange[place : place + 3]) for place in range(max(len(word) - 2, 1))):
        return False
    after = [*word[1:], ""]
    return not any(
        place and strange[place] and letter.isupper() and (word[place - 1].islower() or after[place].islower())
        for place, letter in enumerate(word)
    )


def _refuse_at(before: str, detail: Sentence) -> NoReturn:
    line, start = before.count("\n") + 1, before.rpartition("\n")[2]
    said = Sentence("character {place}: {detail}", place=len(start) + 1, detail=detail)
    _refuse(line, said)


def _refuse(line: int, detail: Sentence) -> NoReturn:
    raise TableInvalid([Flaw(line, "", "bad_encoding", detail)])


def _how() -> Sentence:
    return Sentence("In a spreadsheet choose “CSV UTF-8” when saving; in an editor, the encoding UTF-8.")
