"""What files are, by what is in them: a model document, a workbook, COINr's iMeta or iData, or values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from resimate_engine.datafile import UNITS, read_file
from resimate_engine.document.reading import read_json
from resimate_engine.exchange import coinr
from resimate_engine.exchange.cells import FileInvalid
from resimate_engine.exchange.names import matched, spelt_otherwise
from resimate_engine.exchange.places import Places, cell_problem
from resimate_engine.exchange.sheets import SHEETS, document_of
from resimate_engine.exchange.workbook import read_workbook
from resimate_engine.model import Model
from resimate_engine.problems import Problem
from resimate_text.numbers import Separator
from resimate_text.sentences import Sentence
from resimate_text.tables import Columns, Decoded, Record, TableInvalid, decode, open_table, past_title
from resimate_text.tables.reading import WORKBOOKS
from resimate_text.tables.workbook import sheets

OF_MODELS: Final = ("document", "workbook", "imeta")
OF_DATA: Final = ("idata", "values")
KINDS: Final = Columns({"iCode": (), "uCode": (), "id": UNITS.names["id"]})
#: A workbook with one of these sheets is a model; others are tables.
OF_WORKBOOKS: Final = frozenset(SHEETS)


@dataclass(frozen=True, slots=True)
class File:
    name: str
    content: bytes

    def text(self) -> Decoded:
        """Return the text, and what had to be assumed of it. Raises ``FileInvalid``."""
        return _read(lambda: decode(self.content))

    def kind(self) -> str:
        """Return what the file is. Raises ``FileInvalid``."""
        if self.content.startswith(WORKBOOKS):
            titles = _read(lambda: sheets(self.content)).keys()
            if not titles.isdisjoint(OF_WORKBOOKS):
                return "workbook"
        elif self.text().text.lstrip()[:1] in ("{", "["):
            return "document"
        first = _read(self._head)
        for kind, column in (("imeta", "iCode"), ("idata", "uCode"), ("values", "id")):
            if first is not None and column in KINDS.places(first.cells):
                return kind
        detail = Sentence("it is not a model document, workbook, iMeta (iCode), iData (uCode) or table of values (id)")
        raise FileInvalid([Problem("", "unknown_file", detail)])

    def _head(self) -> Record | None:
        table = open_table(self.content, hits=KINDS.hits)
        past_title(table, KINDS)
        return table.first()


T = TypeVar("T")


def _read(read: Callable[[], T]) -> T:
    """Call ``read``; what is wrong with a table becomes what is wrong with the file."""
    try:
        return read()
    except TableInvalid as error:
        problems = [cell_problem("", one.line, one.column, one.code, one.detail) for one in error.flaws]
        whole = [Problem("", one.code, one.detail) for one in error.flaws if not one.line]
        raise FileInvalid(whole or problems) from None


@dataclass(frozen=True, slots=True)
class Options:
    """How files are to be understood: what iMeta and iData leave open."""

    code: str = ""
    name: str = ""
    normalisation: str = "min_max"
    group: str = ""
    period: str = ""
    decimal: Separator | None = None


@dataclass(frozen=True, slots=True)
class IncomingUnit:
    """One assessment to be: of the subject with this code, in a period, with its values and responses."""

    code: str
    name: str
    group: str
    period: str
    values: dict[str, Any]
    responses: list[dict[str, Any]]


@dataclass(slots=True)
class Incoming:
    """What some files hold, and where it stands in them."""

    kind: str
    document: Any = None
    places: Places = field(default_factory=Places)
    groups: tuple[str, ...] = ()
    model_file: int = 0
    data_file: int | None = None
    warnings: list[dict[str, str]] = field(default_factory=list)


def received(files: Sequence[File], options: Options, *, only_look: bool = False) -> Incoming:
    """Return what the files are and hold. Raises ``FileInvalid`` with pointers from ``/files`` on."""
    kinds = [_of_file(place, file.kind) for place, file in enumerate(files)]
    models = [place for place, kind in enumerate(kinds) if kind in OF_MODELS]
    data = [place for place, kind in enumerate(kinds) if kind in OF_DATA]
    if not files or len(models) > 1 or len(data) > 1:
        detail = Sentence("send one file with a model, one with data, or one of each")
        raise FileInvalid([Problem("/files", "bad_length", detail)])
    incoming = Incoming("_".join(kinds), data_file=data[0] if data else None)
    if models and not only_look:
        incoming.model_file = models[0]
        file = files[models[0]]
        _of_file(models[0], lambda: _read_model(incoming, kinds[models[0]], file, options))
    return incoming


def _of_file(place: int, read: Any) -> Any:
    """Call ``read``; pointers of what it refuses begin with the file."""
    try:
        return read()
    except ValueError as error:
        problems = getattr(error, "problems", None)
        if problems is None:
            raise
        raise FileInvalid(list(within(place, problems))) from None


def within(place: int, problems: Sequence[Problem]) -> Iterator[Problem]:
    yield from (Problem(f"/files/{place}{one.pointer}", one.code, one.detail) for one in problems)


def _read_model(incoming: Incoming, kind: str, file: File, options: Options) -> None:
    if kind == "workbook":
        incoming.document, incoming.places = document_of(read_workbook(file.content, incoming.warnings))
    elif kind == "document":
        decoded = file.text()
        incoming.document = _json(decoded.text)
        incoming.warnings += decoded.notes
    else:
        meta = coinr.read_meta(
            file.content,
            code=options.code,
            name=options.name,
            normalisation=options.normalisation,
            decimal=options.decimal,
        )
        incoming.document, incoming.places, incoming.groups = meta.document, meta.places, meta.groups
        incoming.warnings += meta.warnings


def _json(text: str) -> Any:
    try:
        return read_json(text)
    except ValueError as error:
        raise FileInvalid([Problem("", "malformed", str(error))]) from None


def units_of(
    incoming: Incoming, files: Sequence[File], model: Model, options: Options
) -> tuple[list[IncomingUnit], Places]:
    """Return the units of the data file, and the lines of ``/units/<n>``. Raises ``FileInvalid``."""
    if incoming.data_file is None:
        return [], Places()
    file = files[incoming.data_file]
    read = _of_values if file.kind() == "values" else _of_idata
    found: tuple[list[IncomingUnit], Places] = _of_file(
        incoming.data_file, lambda: read(incoming, file.content, model, options)
    )
    return found


def _of_idata(incoming: Incoming, content: bytes, model: Model, options: Options) -> tuple[list[IncomingUnit], Places]:
    rows, warnings = coinr.read_data(
        content, model, groups=incoming.groups, group=options.group, decimal=options.decimal
    )
    incoming.warnings += warnings
    places = Places({"id": "uCode"})
    for number, row in enumerate(rows):
        _put(places, number, row.line)
    units = [
        IncomingUnit(row.code, row.name, row.group, row.period or options.period, dict(row.values), []) for row in rows
    ]
    return units, places


def _of_values(incoming: Incoming, content: bytes, model: Model, options: Options) -> tuple[list[IncomingUnit], Places]:
    file = read_file(content, options.decimal)
    incoming.warnings += file.notes
    headings = dict.fromkeys(name for unit in file.units for name in unit.get("values", ()))
    inputs = matched(headings, [model_input.name for model_input in model.inputs])
    spelt = {name: code for name, code in inputs.items() if name != code}
    if spelt:
        incoming.warnings.append({"code": "codes_spelt", "detail": spelt_otherwise(spelt)})
    places = Places()
    for number, unit in enumerate(file.units):
        _put(places, number, file.lines[unit["id"]])
    made = [
        IncomingUnit(
            unit["id"],
            unit["id"],
            unit.get("group", ""),
            options.period,
            {inputs.get(name, name): value for name, value in unit.get("values", {}).items()},
            unit.get("responses", []),
        )
        for unit in file.units
    ]
    return made, places


def _put(places: Places, number: int, line: int) -> None:
    places.put(f"/units/{number}", "", line)
    places.put(f"/units/{number}/values", "", line)
