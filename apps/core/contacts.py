"""Contacts from pasted lines or a file: ``name, e-mail, group, language``; every line that is wrong is named."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

MOST = 10_000
LONGEST = {"name": 200, "email": 254, "group": 60}


@dataclass(frozen=True, slots=True)
class Contact:
    name: str
    email: str
    group: str = ""
    language: str = "en"


@dataclass(slots=True)
class Reading:
    """What could be read, and one sentence for each line that could not."""

    contacts: list[Contact] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read(text: str, *, language: str = settings.LANGUAGE_CODE) -> Reading:
    reading = Reading()
    first_line_of: dict[str, int] = {}
    for number, cells in _rows(text):
        if number == 1 and _is_heading(cells):
            continue
        problem = _problem(cells)
        if problem is None:
            contact = _contact(cells, language)
            earlier = first_line_of.setdefault(contact.email.casefold(), number)
            if earlier == number:
                reading.contacts.append(contact)
                continue
            problem = _("the same e-mail address as in line %(line)d") % {"line": earlier}
        reading.problems.append(_("Line %(line)d: %(problem)s") % {"line": number, "problem": problem})
    if len(reading.contacts) > MOST:
        reading.problems.append(_("At most %(most)d people at once.") % {"most": MOST})
    return reading


def decode(content: bytes) -> str:
    """Files from spreadsheets are UTF-8 with a mark, UTF-8, or Windows' Western European."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _rows(text: str) -> Iterable[tuple[int, list[str]]]:
    """The lines that say something, numbered as in an editor."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(",;\t", key=first.count)
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                cells = next(csv.reader(io.StringIO(line), delimiter=separator, skipinitialspace=True))
            except (csv.Error, StopIteration):
                cells = []
            yield number, [cell.replace("\0", "").strip() for cell in cells]


def _is_heading(cells: list[str]) -> bool:
    return len(cells) > 1 and "@" not in "".join(cells) and "mail" in "".join(cells).casefold()


def _problem(cells: list[str]) -> str | None:
    if len(cells) < 2 or not cells[0]:
        return _("write a name, an e-mail address and, if you like, a group, separated by commas")
    try:
        validate_email(cells[1])
    except ValidationError:
        return _("“%(address)s” is no e-mail address") % {"address": cells[1][:80]}
    for cell, (_name, most) in zip(cells, LONGEST.items(), strict=False):
        if len(cell) > most:
            return _("“%(text)s…” is longer than %(most)d characters") % {"text": cell[:20], "most": most}
    if len(cells) > 3 and cells[3] and cells[3] not in dict(settings.LANGUAGES):
        known = ", ".join(code for code, _name in settings.LANGUAGES)
        return _("the language must be one of %(languages)s") % {"languages": known}
    return None


def _contact(cells: list[str], language: str) -> Contact:
    name, email, group, chosen = (*cells[:4], "", "")[:4]
    return Contact(name, email, group, chosen or language)
