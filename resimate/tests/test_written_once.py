"""What would have to be changed in two places is in one: limits, and the way of texts into a table."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from resimate.tests.sources import ROOT, modules

#: Equal by chance, each for its reason.
APART = {
    "MEGABYTE": "a unit",
    "PATIENCE": "of the front with a client, and of a request with those before it",
}


def _own() -> Iterator[Path]:
    return (path for path in modules() if not {"tests", "migrations", "bench"} & set(path.parts))


def _constants(path: Path) -> Iterator[tuple[str, str]]:
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target, value = statement.targets[0], statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            target, value = statement.target, statement.value
        else:
            continue
        if isinstance(target, ast.Name) and target.id.isupper() and _is_plain(value):
            yield target.id, ast.unparse(value)


def _is_plain(value: ast.expr) -> bool:
    """Whether it is a number, a text, or made of such; what a call makes is another thing each time."""
    return not any(isinstance(part, (ast.Call, ast.Name, ast.Dict)) for part in ast.walk(value))


def test_a_limit_is_written_once() -> None:
    places = defaultdict(set)
    for path in _own():
        for constant in _constants(path):
            places[constant].add(str(path.relative_to(ROOT)))

    twice = {name: sorted(found) for (name, _), found in places.items() if len(found) > 1}

    assert twice.keys() == APART.keys(), twice


def test_texts_go_into_a_table_by_one_way() -> None:
    """There the formulas of a spreadsheet are made plain; in a workbook a text is no formula."""
    writers = {
        str(path.relative_to(ROOT))
        for path in _own()
        for way in ("csv.writer(", "csv.DictWriter(", "xlsxwriter.Workbook(", ".write_formula(")
        if way in path.read_text(encoding="utf-8")
    }

    assert writers == {"resimate_text/tables/writing.py", "resimate_engine/exchange/workbook.py"}
