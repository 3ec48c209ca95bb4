"""A model document as five sheets and back: Model, Nodes, Questions, Scales and Bands.

Model holds a key and a value in each row; the others have a row for each node, question, scale or option, and band.
Columns are the document's own keys; an empty cell is an absent key; the same document comes back, to the bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from resimate_engine.exchange.cells import Cell, FileInvalid, Row, decode, encode, flatten, unflatten
from resimate_engine.exchange.places import Places, cell_problem
from resimate_engine.problems import Problem
from resimate_text.pointers import pointer
from resimate_text.sentences import Sentence

SHEETS: Final = ("Model", "Nodes", "Questions", "Scales", "Bands")
IN_SHEETS: Final = {"root", "bands", "response_scales"}
#: How columns, and rows of the sheet Model, are ordered; the rest follow by name.
ORDER: Final = (
    *("key", "value", "scale", "node", "schema", "from", "code", "parent", "kind", "name", "text", "help"),
    *("description", "language", "mode", "scale.low", "scale.high", "sources", "licence", "low", "high"),
    *("aggregation", "weight", "critical", "target", "effort", "min_coverage", "missing", "required", "reverse"),
    *("indicator.input", "indicator.unit", "indicator.direction", "indicator.denominator", "indicator.missing"),
    *("indicator.treatment", "indicator.transform", "indicator.normalisation", "indicator.rater_aggregation"),
    *("option.value", "option.name", "option.points"),
)
RANK: Final = {name: rank for rank, name in enumerate(ORDER)}
Sheets = Mapping[str, list[Row]]


def sheets_of(document: Mapping[str, Any]) -> dict[str, list[dict[str, Cell]]]:
    """Return the rows of each sheet. The order of the document's keys is no part of it, so it leaves no trace."""
    nodes: list[dict[str, Cell]] = []
    questions: list[dict[str, Cell]] = []
    for node, parent in _walk(document["root"]):
        indicator = node.get("indicator", {})
        head = {"code": node["code"], **({"parent": parent} if parent else {})}
        own = {key: value for key, value in node.items() if key not in ("code", "children", "indicator")}
        measured = {key: value for key, value in indicator.items() if key != "questions"}
        nodes.append({**head, **flatten(own), **flatten(measured, "indicator.")})
        questions += [{"node": node["code"], **flatten(question)} for question in indicator.get("questions", ())]
    model = sorted(_model_rows(document), key=lambda row: rank(row[0]))
    return {
        "Model": [{"key": key, "value": cell} for key, cell in model],
        "Nodes": nodes,
        "Questions": questions,
        "Scales": list(_scale_rows(document.get("response_scales", {}))),
        "Bands": [flatten(band) for band in document.get("bands", ())],
    }


def rank(column: str) -> tuple[int, str]:
    """Where a column, or a key of the sheet Model, stands among the others."""
    return RANK.get(column.partition(":")[0], len(ORDER)), column


def _walk(root: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield every node with its parent's code, in the order of the document."""
    waiting: list[tuple[Mapping[str, Any], str]] = [(root, "")]
    while waiting:
        node, parent = waiting.pop()
        yield node, parent
        waiting += [(child, node["code"]) for child in reversed(node.get("children", ()))]


def _model_rows(document: Mapping[str, Any]) -> Iterator[tuple[str, Cell]]:
    for key, value in document.items():
        if key in IN_SHEETS and value:
            continue
        if key == "scale":
            yield from ((f"scale.{end}", encode(limit)) for end, limit in value.items())
        elif key == "weights" and value:
            yield from ((f"weights:{parent}", encode(step)) for parent, step in value.items())
        else:
            yield from flatten({key: value}).items()


def _scale_rows(scales: Mapping[str, Any]) -> Iterator[dict[str, Cell]]:
    for code, scale in sorted(scales.items()):
        own = {key: value for key, value in scale.items() if key != "options"}
        yield {"scale": code, **flatten(own)}
        yield from ({"scale": code, **flatten(option, "option.")} for option in scale.get("options", ()))


def document_of(sheets: Sheets) -> tuple[dict[str, Any], Places]:
    """Return the document that the sheets hold, and where its parts stand in them.

    Raises ``FileInvalid`` when rows do not fit together; whether they make a model is for ``document.parse`` to say.
    """
    reading = _Reading(sheets)
    document = reading.document()
    if reading.problems:
        raise FileInvalid(reading.problems)
    return document, reading.places


class _Reading:
    def __init__(self, sheets: Sheets) -> None:
        self.sheets = sheets
        self.places = Places()
        self.problems: list[Problem] = []
        self.nodes: dict[str, dict[str, Any]] = {}
        self.rows: dict[int, int] = {}

    def document(self) -> dict[str, Any]:
        for name in self.sheets:
            if name not in SHEETS:
                detail = Sentence("there is no such sheet; choose one of {names}", names=", ".join(SHEETS))
                self._problem(name, 0, "", "unknown_sheet", detail)
        document = self._model()
        root = self._tree()
        self._questions()
        if root is not None:
            document["root"] = root
            self._place(root)
        if scales := self._scales():
            document["response_scales"] = scales
        if bands := self._bands():
            document["bands"] = bands
        return document

    def _problem(self, sheet: str, row: int, column: str, code: str, detail: str) -> None:
        self.problems.append(cell_problem(sheet, row, column, code, detail))

    def _named(self, sheet: str, column: str) -> Iterator[tuple[Row, str, dict[str, Any]]]:
        """Yield the rows of a sheet with the text of the column that must be filled, and their other cells."""
        for row in self.sheets.get(sheet, ()):
            if column not in row.cells:
                self._problem(sheet, row.number, column, "required", Sentence("{name} is missing", name=column))
                continue
            yield row, str(row.cells[column]), {name: cell for name, cell in row.cells.items() if name != column}

    def _model(self) -> dict[str, Any]:
        cells = self._cells_of_model()
        scale = {key: cell for key, cell in cells.items() if key.startswith("scale.")}
        weights = {key: cell for key, cell in cells.items() if key.startswith("weights:")}
        document = unflatten({key: cell for key, cell in cells.items() if key not in scale and key not in weights})
        for key, parts, mark in (("scale", scale, "."), ("weights", weights, ":")):
            if parts:
                document[key] = {name.partition(mark)[2]: decode(cell) for name, cell in parts.items()}
        return document

    def _cells_of_model(self) -> dict[str, Cell]:
        """The values of the sheet by their keys."""
        cells: dict[str, Cell] = {}
        for row, key, rest in self._named("Model", "key"):
            for column in rest.keys() - {"value"}:
                self._problem(
                    "Model", row.number, column, "unknown_key", Sentence("{key!r} is not allowed here", key=column)
                )
            if key in cells:
                self._problem(
                    "Model",
                    row.number,
                    "key",
                    "duplicate_key",
                    Sentence("{code!r} appears in an earlier row", code=key),
                )
            self.places.put(pointer(*_steps(key)), "Model", row.number, column="value")
            if "value" in rest:
                cells[key] = rest["value"]
        return cells

    def _tree(self) -> dict[str, Any] | None:
        parents = self._parents()
        roots = [node for _, parent, node in parents if not parent]
        for row, parent, node in parents:
            if parent in self.nodes:
                self.nodes[parent].setdefault("children", []).append(node)
            elif parent:
                detail = Sentence("there is no node {code!r}", code=parent)
                self._problem("Nodes", row.number, "parent", "unknown_parent", detail)
        for root in roots[1:]:
            detail = Sentence("only the first node can be without a parent")
            self._problem("Nodes", self.rows[id(root)], "parent", "second_root", detail)
        self._outside(roots, parents)
        return roots[0] if roots and not self.problems else None

    def _parents(self) -> list[tuple[Row, str, dict[str, Any]]]:
        """The nodes in the order of the sheet, each with its row and the code of its parent."""
        parents = []
        for row, code, cells in self._named("Nodes", "code"):
            if code in self.nodes:
                detail = Sentence("{code!r} appears in an earlier row", code=code)
                self._problem("Nodes", row.number, "code", "duplicate_code", detail)
                continue
            node = self.nodes[code] = _node(code, cells)
            self.rows[id(node)] = row.number
            parents.append((row, str(cells.get("parent", "")), node))
        return parents

    def _outside(self, roots: list[dict[str, Any]], parents: list[tuple[Row, str, dict[str, Any]]]) -> None:
        """Say which nodes are their own ancestors."""
        if self.problems:
            return
        inside = {node["code"] for root in roots for node, _ in _walk(root)}
        for row, _, node in parents:
            if node["code"] not in inside:
                self._problem(
                    "Nodes", row.number, "parent", "not_in_tree", Sentence("this row is not connected to the root")
                )

    def _questions(self) -> None:
        for row, code, cells in self._named("Questions", "node"):
            if code not in self.nodes:
                self._problem(
                    "Questions", row.number, "node", "unknown_node", Sentence("there is no node {code!r}", code=code)
                )
                continue
            indicator = self.nodes[code].setdefault("indicator", {})
            question = unflatten(cells)
            self.rows[id(question)] = row.number
            indicator.setdefault("questions", []).append(question)

    def _place(self, root: dict[str, Any]) -> None:
        """Note the row of every node and question."""
        waiting = [("/root", root)]
        while waiting:
            at, node = waiting.pop()
            self.places.put(at, "Nodes", self.rows[id(node)])
            for place, question in enumerate(node.get("indicator", {}).get("questions", ())):
                at_question = f"{at}/indicator/questions/{place}"
                if id(question) in self.rows:
                    self.places.put(at_question, "Questions", self.rows[id(question)])
            children = node.get("children", ())
            waiting += [(f"{at}/children/{place}", child) for place, child in enumerate(children)]

    def _scales(self) -> dict[str, Any]:
        scales: dict[str, Any] = {}
        for row, code, cells in self._named("Scales", "scale"):
            option = {name.removeprefix("option."): cell for name, cell in cells.items() if name.startswith("option.")}
            own = {name: cell for name, cell in cells.items() if not name.startswith("option.")}
            at = pointer("response_scales", code)
            if code in scales and own:
                detail = Sentence("{code!r} appears in an earlier row", code=code)
                self._problem("Scales", row.number, "scale", "duplicate_code", detail)
            if code not in scales:
                self.places.put(at, "Scales", row.number)
            scale = scales.setdefault(code, unflatten(own))
            if option:
                options = scale.setdefault("options", [])
                if isinstance(options, list):
                    self.places.put(f"{at}/options/{len(options)}", "Scales", row.number, prefix="option.")
                    options.append(unflatten(option))
        return scales

    def _bands(self) -> list[dict[str, Any]]:
        rows = self.sheets.get("Bands", [])
        for place, row in enumerate(rows):
            self.places.put(f"/bands/{place}", "Bands", row.number)
        return [unflatten(row.cells) for row in rows]


def _node(code: str, cells: Mapping[str, Cell]) -> dict[str, Any]:
    measured = {name.removeprefix("indicator."): cell for name, cell in cells.items() if name.startswith("indicator.")}
    own = {name: cell for name, cell in cells.items() if name != "parent" and not name.startswith("indicator.")}
    return {"code": code, **unflatten(own), **({"indicator": unflatten(measured)} if measured else {})}


def _steps(key: str) -> list[str]:
    """The steps of the pointer to what a row of the sheet Model holds.

    >>> _steps("scale.low"), _steps("name:en"), _steps("licence")
    (['scale', 'low'], ['name', 'en'], ['licence'])
    """
    if key.startswith("scale."):
        return ["scale", key.removeprefix("scale.")]
    return [step for step in key.split(":", 1) if step]
