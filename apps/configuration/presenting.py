"""What the pages of settings show, in words: each a table."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.audit import reading
from apps.configuration import services
from apps.configuration.forms import said_value
from apps.configuration.models import Change, PlannedChange
from apps.configuration.registry import KEYS, Key, Level, area_of
from apps.core.errors import Refused
from apps.core.translating import translated
from resimate_text.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Cell:
    """``note`` is said below, smaller; ``key`` is the setting whose page it leads to; ``decisions`` are buttons."""

    text: Any = ""
    note: str = ""
    key: str = ""
    is_strong: bool = False
    planned: PlannedChange | None = None
    decisions: Sequence[tuple[str, str]] = ()

    @property
    def is_empty(self) -> bool:
        return self.text in ("", None) and not self.decisions


@dataclass(frozen=True, slots=True)
class Table:
    """Columns in which no row says anything are left out."""

    caption: str
    columns: Sequence[str]
    cells: Sequence[Sequence[Cell]]
    empty: str = ""
    _kept: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        kept = (at for at in range(len(self.columns)) if any(not row[at].is_empty for row in self.cells))
        object.__setattr__(self, "_kept", tuple(kept))

    @property
    def heads(self) -> list[str]:
        return [self.columns[at] for at in self._kept]

    @property
    def rows(self) -> list[list[Cell]]:
        return [[row[at] for at in self._kept] for row in self.cells]


def level_in_words(level: Level) -> str:
    return {
        Level.DEFAULT: _("Default"),
        Level.ENVIRONMENT: _("Installation"),
        Level.GLOBAL: _("Platform"),
        Level.TENANT: _("Organisation"),
        Level.USER: _("User"),
        Level.RUNTIME: _("For a time"),
    }[level]


def label_of(name: str) -> str:
    return translated(KEYS[name].label or name) if name in KEYS else name


def value_in_words(key: Key | None, value: Any) -> str:
    if key is None:
        return str(value)
    return _("Shown to nobody") if key.sensitive else said_value(key, value)


@dataclass(frozen=True, slots=True)
class Listing:
    """Settings under their headings: all, or those that were asked for."""

    lead: str
    areas: list[Table]


def in_areas(wanted: str = "", *, are_set: bool = False) -> Listing:
    """Settings in the order of their headings and names: those with all the words ``wanted``; if so, only those set."""
    explained = services.explain_all()
    set_ = {name for name, one in explained.items() if one.winner.level != Level.DEFAULT}
    counts = {"set": len(set_), "all": len(KEYS)}
    lead = ngettext(
        "%(set)d of %(all)d settings is set by somebody; the others are as delivered.",
        "%(set)d of %(all)d settings are set by somebody; the others are as delivered.",
        counts["set"],
    )
    rows: dict[str, list[tuple[str, list[Cell]]]] = {}
    for name in set_ if are_set else KEYS:
        row, area = _row(name, explained[name]), translated(area_of(name) or _("Others"))
        if _has_words(wanted, f"{area} {name} {row[0].text} {row[0].note} {row[1].text}"):
            rows.setdefault(area, []).append((row[0].text.casefold(), row))
    columns = [_("Setting"), _("Value"), _("Set by"), _("Since")]
    tables = [Table(area, columns, [row for _name, row in sorted(found)]) for area, found in sorted(rows.items())]
    return Listing(lead % counts, tables)


def _has_words(wanted: str, text: str) -> bool:
    return all(word in text.casefold() for word in wanted.casefold().split())


def _row(name: str, explained: services.Explained) -> list[Cell]:
    key, winner = KEYS[name], explained.winner
    cell = Cell(label_of(name), translated(key.about), key=name)
    is_set = winner.level != Level.DEFAULT
    by = Cell(level_in_words(winner.level) if is_set else _("As delivered"), is_strong=is_set)
    return [cell, Cell(value_in_words(key, explained.value)), by, Cell(winner.at)]


def in_force(key: Key, explained: services.Explained) -> str:
    said = {"value": value_in_words(key, explained.value), "level": level_in_words(explained.winner.level)}
    return _("In force: %(value)s (%(level)s)") % said


def levels(key: Key, explained: services.Explained) -> Table:
    names = names_of(one.by for one in explained.said)
    columns = [_("Level"), _("Value"), _("Who"), _("When"), _("Until"), _("State")]
    rows = [
        [
            Cell(level_in_words(one.level)),
            Cell(value_in_words(key, one.value)),
            Cell(names.get(one.by, one.by)),
            Cell(one.at),
            Cell(one.until),
            Cell(_state(one, is_winner=one is explained.winner), is_strong=one is explained.winner),
        ]
        for one in explained.said
    ]
    return Table(_("What each level says"), columns, rows)


def _state(said: Any, *, is_winner: bool) -> str:
    parts = [_("In force") if is_winner else "", _("locked") if said.is_locked else ""]
    return ", ".join([*filter(None, parts), *([translated(said.problem)] if said.problem else [])])


def past(changes: Iterable[Change], *, of_one: bool = False) -> Table:
    """``of_one``: they are of one setting, which need not be said in each row."""
    rows = list(changes)
    names = names_of(one.changed_by for one in rows)
    cells = [
        [
            Cell(one.version),
            Cell(one.changed_at),
            Cell(names.get(one.changed_by, one.changed_by)),
            Cell("" if of_one else label_of(one.key)),
            Cell(_facts(one.key, one.old)),
            Cell(_facts(one.key, one.new)),
            Cell(one.reason),
        ]
        for one in rows
    ]
    columns = [_("Version"), _("When"), _("Who"), _("Setting"), _("Before"), _("After"), _("Why")]
    return Table(_("History"), columns, cells, _("Nothing has changed yet."))


def differing(wanted: int, found: Sequence[services.Difference]) -> Table:
    """What going back makes of what is set now."""
    caption = _("What going back to version %(wanted)s changes") % {"wanted": wanted}
    cells = [[Cell(label_of(one.key)), Cell(_facts(one.key, one.new)), Cell(_facts(one.key, one.old))] for one in found]
    return Table(caption, [_("Setting"), _("Now"), _("After that")], cells, _("Nothing."))


def waiting(reader: Any, key: str | None = None) -> list[Table]:
    """What waits for somebody to decide, or for its time; no table where nothing does."""
    rows = [one for one in services.planned_changes() if key in (None, one.key)]
    names = names_of(one.asked_by for one in rows)
    cells = [
        [
            Cell(label_of(one.key), one.reason, key=one.key),
            Cell(_facts(one.key, one.new)),
            Cell(names.get(one.asked_by, one.asked_by)),
            Cell(one.starts_at),
            Cell(_waits_for(one)),
            _decision(one, reader),
        ]
        for one in rows
    ]
    columns = [_("Setting"), _("New value"), _("Asked by"), _("From"), _("State"), _("Decide")]
    caption = ngettext("%(count)d change waits", "%(count)d changes wait", len(rows)) % {"count": len(rows)}
    return [Table(caption, columns, cells)] if rows else []


def _waits_for(planned: PlannedChange) -> str:
    is_asked = planned.state == PlannedChange.State.WAITING
    return _("Waiting for a second person") if is_asked else _("Scheduled")


def _decision(planned: PlannedChange, reader: Any) -> Cell:
    """The buttons of what the reader may decide, and why they cannot agree where they are no second person."""
    if planned.state != PlannedChange.State.WAITING or planned.asked_by == str(reader.pk):
        return Cell(planned=planned, decisions=[("cancel", _("Take back"))])
    if reason := services.why_not_agree(planned, reader):
        return Cell(note=translated(reason), planned=planned, decisions=[("reject", _("Reject"))])
    return Cell(planned=planned, decisions=[("approve", _("Approve")), ("reject", _("Reject"))])


def decided(name: str, decision: str) -> str:
    """What has been decided of the change of a setting that waited."""
    said = {
        "approve": _("The change of “%(setting)s” has been approved."),
        "reject": _("The change of “%(setting)s” has been rejected."),
        "cancel": _("The change of “%(setting)s” has been taken back."),
    }
    return said[decision] % {"setting": label_of(name)}


def _facts(name: str, facts: dict[str, Any] | None) -> str:
    if facts is None:
        return _("Nothing")
    value = value_in_words(KEYS.get(name), facts["value"])
    return _("%(value)s (locked)") % {"value": value} if facts["locked"] else value


def names_of(ids: Iterable[str], where: str = "admin") -> dict[str, str]:
    """Who they are, by their ids; that it was read, and on what page or by which command, is on record."""
    users = {one for one in ids if len(one) == len("00000000-0000-0000-0000-000000000000")}
    found = {str(one.pk): str(one) for one in get_user_model().objects.filter(pk__in=users)} if users else {}
    if found:
        details = {"page": where, "count": len(found)}
        reading.note(reading.kind_of(get_user_model()), now=timezone.now(), details=details)
    words = {"operator": _("Operator"), "system": _("The system")}
    return words | found


def every_reason(refusal: Refused) -> str:
    """A refusal with each of its reasons, once; settings and levels are called as on the pages."""
    said = getattr(refusal.detail, "values", {}).get("problem")
    reasons = [one.detail for one in refusal.errors if one.detail not in (refusal.detail, said)]
    return " ".join(map(_in_words, [refusal.detail, *reasons]))


def _in_words(text: str) -> str:
    if not isinstance(text, Sentence):
        return translated(text)
    words: dict[str, Callable[[Any], Any]] = {"key": label_of, "level": level_in_words}
    values = {name: words[name](value) if name in words else value for name, value in text.values.items()}
    return translated(text.with_values(**values))
