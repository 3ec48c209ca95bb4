"""The pair of tables that users of COINr have: iMeta (indicators and their hierarchy) and iData (units by indicators).

Becker, W. et al. (2022). COINr: An R package for developing composite indicators. JOSS 7(78), 4567.
Their columns are those of COINr's ``check_iMeta`` and ``check_iData``. COINr keeps the choice of methods elsewhere, so
a model read from iMeta has COINr's defaults: min-max over the units and weighted arithmetic means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from resimate_engine.exchange.cells import FileInvalid, Row
from resimate_engine.exchange.names import columns_of, matched, spelt_otherwise, undotted
from resimate_engine.exchange.places import Places, cell_problem
from resimate_engine.model import Model, Node
from resimate_engine.problems import Problem
from resimate_text.identity import folded
from resimate_text.numbers import NotANumber, Separator
from resimate_text.sentences import Sentence
from resimate_text.tables import (
    Columns,
    Figures,
    Flaw,
    Note,
    TableInvalid,
    figures_of,
    headed,
    open_table,
    written,
    wrong_figure,
)

META_COLUMNS: Final = (
    "Level",
    "iCode",
    "iName",
    "Direction",
    "Weight",
    "Unit",
    "Target",
    "Denominator",
    "Parent",
    "Type",
)
NUMBERS: Final = ("Direction", "Weight", "Target")
NEEDED: Final = ("iCode", "Parent", "Type")
#: How R writes that there is no value.
EMPTY: Final = "NA"
RENAMED: Final = {
    "code": "iCode",
    "name:en": "iName",
    "name": "iName",
    "weight": "Weight",
    "target": "Target",
    "indicator.input": "iCode",
    "indicator.unit": "Unit",
    "indicator.direction": "Direction",
    "indicator.denominator": "Denominator",
    "indicator.normalisation": "Target",
}
#: What iMeta's indicators can be normalised by: iMeta itself names no method.
NORMALISATIONS = ("min_max", "z_score", "rank", "percentile_rank", "distance_to_max", "distance_to_target", "none")
META: Final = Columns(dict.fromkeys(META_COLUMNS, ()))
DATA: Final = Columns({"uCode": (), "uName": (), "Time": ()})
#: Problems that COINr's files have had names for longer than tables have.
CODES: Final = {"missing_column": "required"}


class NotForCoinr(ValueError):
    """A model that the pair cannot say: COINr knows numbers alone, each of them one indicator."""


@dataclass(frozen=True, slots=True)
class Meta:
    """What iMeta says: a document, where its parts stand, and the columns of iData that are groups."""

    document: dict[str, Any]
    places: Places
    groups: tuple[str, ...] = ()
    warnings: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DataRow:
    """A row of iData."""

    line: int
    code: str
    name: str
    group: str
    period: str
    values: dict[str, float]


@dataclass(frozen=True, slots=True)
class Lines:
    """A file's columns and its rows by their lines, without cells that are empty or NA."""

    head: Sequence[str]
    rows: list[Row]
    separator: str
    notes: list[Note]


def lines(source: str | bytes, columns: Columns, *, needed: Sequence[str] = ()) -> Lines:
    """Return what a file holds, beside the columns named others too. Raises ``FileInvalid``."""
    try:
        table = open_table(source, hits=columns.hits)
        table_rows = headed(table, columns, needed=needed, others=True)
        rows = [
            Row(row_read.line, {name: cell for name, cell in row_read.cells.items() if cell != EMPTY})
            for row_read in table_rows.rows
        ]
        table.refuse()
    except TableInvalid as error:
        raise FileInvalid([_of_flaw(flaw) for flaw in error.flaws]) from None
    return Lines(table_rows.columns, [row for row in rows if row.cells], table.separator, table.notes)


def _of_flaw(flaw: Flaw) -> Problem:
    return cell_problem("", flaw.line, flaw.column, CODES.get(flaw.code, flaw.code), flaw.detail)


def read_meta(
    source: str | bytes,
    *,
    code: str = "",
    name: str = "",
    normalisation: str = "min_max",
    decimal: Separator | None = None,
) -> Meta:
    """Return the model that iMeta describes; without a code of its own it has that of its root."""
    table = lines(source, META, needed=NEEDED)
    reading = _Meta(table, normalisation, decimal)
    root = reading.tree()
    if root is None or reading.problems:
        raise FileInvalid(reading.problems)
    document = {
        "schema": "resimate.model/1",
        "code": code or root["code"],
        "name": {"en": name} if name else root.get("name") or {"en": root["code"]},
        "mode": "absolute" if normalisation == "none" else "relative",
        "scale": {"low": 0, "high": 100},
        "root": root,
    }
    return Meta(document, reading.places, reading.groups, [*table.notes, *reading.warnings()])


class _Meta:
    def __init__(self, found: Lines, normalisation: str, decimal: Separator | None) -> None:
        rows, self.spelt = undotted(found.rows)
        self.figures = figures_of(columns_of(rows, NUMBERS), separator=found.separator, decimal=decimal)
        self.normalisation = normalisation
        self.problems: list[Problem] = []
        self.places = Places(RENAMED)
        self.unused_targets = 0
        self.nodes: dict[str, dict[str, Any]] = {}
        self.rows: dict[str, Row] = {}
        kinds = [(row, str(row.cells.get("Type", ""))) for row in rows]
        self.groups = tuple(str(row.cells.get("iCode", "")) for row, kind in kinds if kind == "Group")
        for row, kind in kinds:
            if kind in ("Indicator", "Aggregate"):
                self._read(row, kind)
            elif kind not in ("Group", "Denominator", "Other"):
                detail = Sentence("must be Indicator, Aggregate, Group, Denominator or Other")
                self._problem(row, "Type", "not_offered", detail)

    def _problem(self, row: Row, column: str, code: str, detail: str) -> None:
        self.problems.append(cell_problem("", row.number, column, code, detail))

    def _read(self, row: Row, kind: str) -> None:
        code = str(row.cells.get("iCode", ""))
        if not code or code in self.nodes:
            detail = (
                Sentence("{code!r} appears in an earlier line", code=code)
                if code
                else Sentence("{name} is missing", name="iCode")
            )
            self._problem(row, "iCode", "duplicate_code" if code else "required", detail)
            return
        self.rows[code] = row
        node: dict[str, Any] = {"code": code}
        if "iName" in row.cells:
            node["name"] = {"en": str(row.cells["iName"])}
        if "Weight" in row.cells:
            node["weight"] = self._number(row, "Weight")
        if kind == "Indicator":
            node["indicator"] = self._indicator(row, code)
        else:
            node["aggregation"] = "arithmetic_mean"
            if "Target" in row.cells:
                node["target"] = self._number(row, "Target")
        self.nodes[code] = node

    def _indicator(self, row: Row, code: str) -> dict[str, Any]:
        indicator: dict[str, Any] = {"input": code, "normalisation": self.normalisation}
        if "Target" in row.cells and self.normalisation == "distance_to_target":
            indicator["normalisation"] = {"method": "distance_to_target", "target": self._number(row, "Target")}
        self.unused_targets += "Target" in row.cells and self.normalisation != "distance_to_target"
        if "Unit" in row.cells:
            indicator["unit"] = str(row.cells["Unit"])
        if "Direction" in row.cells and self._number(row, "Direction") not in (1, -1):
            self._problem(row, "Direction", "not_offered", Sentence("must be 1 or -1"))
        elif "Direction" in row.cells and self._number(row, "Direction") == -1:
            indicator["direction"] = "negative"
        if "Denominator" in row.cells:
            indicator["denominator"] = str(row.cells["Denominator"])
        return indicator

    def _number(self, row: Row, column: str) -> float:
        text = row.cells[column]
        try:
            return self.figures.read(column, str(text) if not isinstance(text, str) else text)
        except NotANumber as error:
            flaw = wrong_figure(row.number, column, str(text), error)
            self._problem(row, column, flaw.code, flaw.detail)
            return 0

    def tree(self) -> dict[str, Any] | None:
        """Return the root with all that hangs below it, having noted where each node stands."""
        roots = self._hang()
        if len(roots) != 1:
            detail = Sentence("exactly one row, the index itself, must have no Parent")
            self.problems.append(Problem("", "no_root", detail))
            return None
        placed = self._place(roots[0])
        for code, row in self.rows.items():
            if code not in placed and not self.problems:
                self._problem(row, "Parent", "not_in_tree", Sentence("this row is not connected to the index"))
        return roots[0]

    def _hang(self) -> list[dict[str, Any]]:
        """Hang every node below its parent; returns those that name none."""
        roots = []
        for code, node in self.nodes.items():
            parent = str(self.rows[code].cells.get("Parent", ""))
            if not parent:
                roots.append(node)
            elif "aggregation" in self.nodes.get(parent, {}):
                self.nodes[parent].setdefault("children", []).append(node)
            else:
                detail = Sentence("there is no aggregate {parent!r}", parent=parent)
                self._problem(self.rows[code], "Parent", "unknown_parent", detail)
        return roots

    def _place(self, root: dict[str, Any]) -> set[str]:
        placed, waiting = set(), [("/root", root)]
        while waiting:
            at, node = waiting.pop()
            placed.add(node["code"])
            self.places.put(at, "", self.rows[node["code"]].number)
            waiting += [(f"{at}/children/{place}", child) for place, child in enumerate(node.get("children", ()))]
        return placed

    def warnings(self) -> Iterator[dict[str, str]]:
        if self.unused_targets:
            detail = Sentence(
                "{count} targets are not used. To use them, choose the normalisation distance_to_target",
                count=self.unused_targets,
            )
            yield {"code": "targets_not_used", "detail": detail}
        yield from self.figures.notes()
        if self.spelt:
            yield {"code": "codes_spelt", "detail": spelt_otherwise(self.spelt)}


def read_data(
    source: str | bytes,
    model: Model,
    *,
    groups: Sequence[str] = (),
    group: str = "",
    decimal: Separator | None = None,
) -> tuple[list[DataRow], list[dict[str, str]]]:
    """Return the units of iData and what was passed over; ``group`` names the column to group units by."""
    table = lines(source, DATA, needed=("uCode",))
    head = table.head
    by = group or next((name for name in head if name in groups or name.endswith("_group")), "")
    if group and group not in head:
        detail = Sentence("there is no such column to group by")
        raise FileInvalid([cell_problem("", 1, group, "required", detail)])
    named = {"uCode", "uName", "Time", "iData", by, *groups}
    inputs = matched([name for name in head if name not in named], [model_input.name for model_input in model.inputs])
    figures = figures_of(columns_of(table.rows, inputs), separator=table.separator, decimal=decimal)
    problems: list[Problem] = []
    units = [_unit(row, by, inputs, figures, problems) for row in table.rows]
    problems += _repeated(units)
    if problems:
        raise FileInvalid(problems)
    unused = [name for name in head if name not in named and name not in inputs and not name.endswith("_group")]
    notes = [*table.notes, *figures.notes()]
    notes += [
        {"code": "column_not_used", "detail": Sentence("the model has no input {name}", name=name)} for name in unused
    ]
    spelt = {name: code for name, code in inputs.items() if name != code}
    return units, [*notes, *([{"code": "codes_spelt", "detail": spelt_otherwise(spelt)}] if spelt else [])]


def _unit(row: Row, by: str, inputs: Mapping[str, str], figures: Figures, problems: list[Problem]) -> DataRow:
    cells = {name: cell for name, cell in row.cells.items() if isinstance(cell, str)}
    if "uCode" not in cells:
        problems.append(cell_problem("", row.number, "uCode", "required", Sentence("{name} is missing", name="uCode")))
    values: dict[str, float] = {}
    for name, code in inputs.items():
        if name not in cells:
            continue
        try:
            values[code] = figures.read(name, cells[name])
        except NotANumber as error:
            problems.append(_of_flaw(wrong_figure(row.number, name, cells[name], error)))
    code = cells.get("uCode", "")
    return DataRow(row.number, code, cells.get("uName", code), cells.get(by, ""), cells.get("Time", ""), values)


def _repeated(units: Sequence[DataRow]) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    for unit in units:
        key = (folded(unit.code), folded(unit.period))
        if key in seen:
            detail = Sentence("unit {code!r} appears in an earlier line for the same time", code=unit.code)
            yield cell_problem("", unit.line, "uCode", "duplicate_id", detail)
        seen.add(key)


def write_meta(model: Model) -> str:
    """Return iMeta. Raises ``NotForCoinr`` with the reason."""
    if model.questions:
        raise NotForCoinr(Sentence("This model asks questions, but COINr's tables can hold only numeric indicators."))
    inputs = [leaf.indicator.input for leaf in model.leaves if leaf.indicator is not None]
    if len(set(inputs)) < len(inputs):
        raise NotForCoinr(
            Sentence(
                "Two indicators of the model share an input, but COINr needs a separate column for each indicator."
            )
        )
    rows = [_meta_row(model, node, parent) for node, parent in _with_parents(model.root)]
    named = {node.code for node in model.leaves}
    others = [
        model_input.name
        for model_input in model.inputs
        if model_input.name not in named and _divides(model, model_input.name)
    ]
    rows += [{"iCode": name, "iName": name, "Type": "Denominator"} for name in others]
    return _csv(META_COLUMNS, rows)


def _divides(model: Model, name: str) -> bool:
    return any(leaf.indicator is not None and leaf.indicator.denominator == name for leaf in model.leaves)


def _with_parents(root: Node) -> Iterator[tuple[Node, str]]:
    yield root, ""
    for node in root.walk():
        yield from ((child, node.code) for child in node.children)


def _level(node: Node) -> int:
    return 1 + max((_level(child) for child in node.children), default=0)


def _meta_row(model: Model, node: Node, parent: str) -> dict[str, Any]:
    row = {
        "Level": _level(node),
        "iCode": node.code,
        "iName": node.title(model.language, model.language),
        "Direction": 1,
        "Weight": node.weight,
        "Parent": parent or None,
        "Type": "Aggregate",
        "Target": node.target,
    }
    indicator = node.indicator
    if indicator is None:
        return row
    target = indicator.normalisation.parameters.get("target")
    own = {"iCode": indicator.input, "Direction": indicator.direction, "Type": "Indicator", "Target": target}
    return {**row, **own, "Unit": indicator.unit, "Denominator": indicator.denominator}


def write_data(model: Model, units: Sequence[DataRow]) -> str:
    """Return iData: a row for each unit, a column for each input."""
    inputs = [one.name for one in model.inputs]
    rows = [
        {"uCode": one.code, "uName": one.name, "Subject_group": one.group, "Time": one.period, **one.values}
        for one in units
    ]
    return _csv(("uCode", "uName", "Subject_group", "Time", *inputs), rows)


def _csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    return written([columns, *([_cell(row.get(column)) for column in columns] for row in rows)])


def _cell(value: Any) -> Any:
    if value is None:
        return EMPTY
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value
