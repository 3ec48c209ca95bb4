"""Contacts from pasted lines or a file, by headings; without them the columns are ``name, e-mail, group, language``.

Every line that is wrong is named, and so is what was understood without being certain.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from apps.configuration import languages
from apps.core.translating import flaw_said
from resimate_text import tables
from resimate_text.addresses import mailbox
from resimate_text.identity import tidied
from resimate_text.sentences import Sentence
from resimate_text.tables import Columns, Flaw, Note, Row, Table, TableInvalid, headed, open_table, past_title, people
from resimate_text.tables.reading import SEPARATORS

MOST = 10_000
#: Cells of a line that tell how it is to be read.
SAMPLED = 100
LONGEST = {"name": 200, "email": 254, "group": 60}
#: ``Ada Lovelace <ada@example.org>``, as programs for mail write people.
MAILBOX: Final = re.compile(r'"?(?P<name>[^<>@"]*)"?\s*<(?:mailto:)?(?P<email>[^<>\s]+@[^<>\s]+)>')
QUOTED_NAME: Final = re.compile(r'"([^"\r\n]*)"\s*(<[^<>\s]+@[^<>\s]+>)(?:[;,][ \t]*(?=[\r\n]|\Z))?')
#: What a contact says, in the order of a table's columns where it has no headings.
PLACES: Final = ("name", "email", "group", "language")
#: Of that, what finds a person who is known, and what each chooses alone. In all the rest a list can differ from what
#: is known of them: that is refused, or changed when the list says so.
NOT_COMPARED: Final = frozenset({"email", "language"})
COLUMNS: Final = Columns({**people.NAME, **people.EMAIL, "group": ("Gruppe", "groupe"), **people.LANGUAGE})


@dataclass(frozen=True, slots=True)
class Contact:
    name: str
    email: str
    group: str = ""
    language: str = "en"
    #: Said when somebody who is known by another name or group is to be renamed.
    rename: bool = False


@dataclass(slots=True)
class Reading:
    """What could be read, one sentence for each line that could not, and what a person should look at."""

    contacts: list[Contact] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def read(source: str | bytes, *, language: str = settings.LANGUAGE_CODE) -> Reading:
    """Return the people of a text, a CSV file or a workbook's first sheet."""
    reading = Reading()
    if isinstance(source, str):
        source = QUOTED_NAME.sub(r'"\1 \2"', source)  # a quoted cell is quoted as a whole
    try:
        table = open_table(source, hits=_hits)
        rows = list(islice(_rows(table), MOST + 1))
    except TableInvalid as error:
        reading.problems += [flaw_said(flaw) for flaw in error.flaws]
        return reading
    if len(rows) > MOST:  # so many are not looked at one by one
        reading.problems.append(_("You can add at most %(most)d people at once.") % {"most": MOST})
        return reading
    reading.notes = table.notes
    line_problems = [*((flaw.line, flaw_said(flaw)) for flaw in table.flaws), *_read(rows, reading.contacts, language)]
    reading.problems += [problem for _line, problem in sorted(line_problems)]
    return reading


def written(contacts: Iterable[Contact]) -> str:
    """Return lines of which ``read`` makes the same contacts."""
    return tables.written(([getattr(one, place) for place in PLACES] for one in contacts), ends="\n")


def _hits(cells: Sequence[str]) -> int:
    """How many cells are what a list of people has: a heading, or an e-mail address."""
    first = cells[:SAMPLED]
    return COLUMNS.hits(first) + sum(_is_address(cell) or _mailbox(cell) is not None for cell in first)


def _mailbox(cell: str) -> re.Match[str] | None:
    return MAILBOX.fullmatch(cell.strip())


def _is_address(cell: str) -> bool:
    try:
        validate_email(cell)
    except ValidationError:
        return False
    return True


def _rows(table: Table) -> Iterator[Row]:
    """The rows by column: as the headings say, or by place where there are none."""
    past_title(table, COLUMNS)
    first = table.first()
    if first is not None and COLUMNS.hits(first.cells) and not any("@" in cell for cell in first.cells):
        for row in headed(table, COLUMNS, needed=("email",)).rows:
            yield Row(row.line, {**row.cells, "name": people.joined_name(row.cells)})
        return
    for record in table.rows:
        cells = _cut(record.cells)
        mailboxes = [_mailbox(cell) for cell in islice(filter(None, cells), MOST + 1)]
        if all(mailboxes):
            yield from (Row(record.line, found.groupdict()) for found in mailboxes if found)
        elif len(cells) > len(PLACES):
            detail = Sentence("{cells} cells under {columns} columns", cells=len(cells), columns=len(PLACES))
            table.flaws.append(Flaw(record.line, "", "too_many_cells", detail))
        else:
            yield Row(record.line, dict(zip(PLACES, cells, strict=False)))


def _cut(cells: Sequence[str]) -> Sequence[str]:
    """A line of a paste may have a separator of its own; its e-mail address shows which."""
    if len(cells) > 1 or "@" not in cells[0]:
        return cells
    cuts = ([cell.strip() for cell in cells[0].split(separator)] for separator in SEPARATORS)
    return next((one for one in cuts if any(_is_address(cell) or _mailbox(cell) for cell in one)), cells)


def _with_address(cells: dict[str, str]) -> dict[str, str]:
    """The bare address of ``Ada <ada@example.org>`` or ``mailto:ada@example.org``; a name beside it comes first."""
    email = cells.get("email", "").removeprefix("mailto:")
    found = _mailbox(email)
    if found is None:
        return {**cells, "email": email}
    return {**cells, "email": found["email"], "name": cells.get("name") or found["name"].strip()}


def _read(rows: Iterable[Row], contacts: list[Contact], language: str) -> Iterator[tuple[int, str]]:
    """Fill ``contacts``; yield the line and a sentence where that is not possible."""
    first_line_of: dict[str, int] = {}
    for row in rows:
        cells = _with_address({name: tidied(cell) for name, cell in row.cells.items()})
        cells["language"] = languages.code_of(cells.get("language", ""))
        problem = _problem(cells)
        if problem is None:
            earlier = first_line_of.setdefault(mailbox(cells["email"]), row.line)
            if earlier == row.line:
                said: dict[str, Any] = {place: cells.get(place, "") for place in PLACES}
                contacts.append(Contact(**{**said, "language": said["language"] or language}))
                continue
            problem = _("the same e-mail address as in line %(line)d") % {"line": earlier}
        yield row.line, _("Line %(line)d: %(problem)s") % {"line": row.line, "problem": problem}


def _incomplete(email: str) -> str:
    if _is_address(email):
        return _("the name of “%(address)s” is missing") % {"address": email[:80]}
    return _("write a name, an e-mail address and, if you like, a group, separated by commas")


def _problem(cells: Mapping[str, str]) -> str | None:
    if COLUMNS.hits(cells.values()) > 1:
        return _("these are headings; they belong only in the first line")
    if not cells.get("name") or not cells.get("email"):
        return _incomplete(cells["email"])
    if not _is_address(cells["email"]):
        return _("“%(address)s” is not an e-mail address") % {"address": cells["email"][:80]}
    if _is_address(cells["name"]) and mailbox(cells["name"]) != mailbox(cells["email"]):
        return _("“%(address)s” and “%(other)s” are two people: put each on a separate line") % {
            "address": cells["name"][:80],
            "other": cells["email"][:80],
        }
    if too_long := next((name for name, most in LONGEST.items() if len(cells.get(name, "")) > most), None):
        values = {"text": cells[too_long][:20], "most": LONGEST[too_long]}
        return _("“%(text)s…” is longer than %(most)d characters") % values
    if cells["language"] and cells["language"] not in dict(languages.offered()):
        known = ", ".join(code for code, _name in languages.offered())
        return _("the language must be one of %(languages)s") % {"languages": known}
    return None
