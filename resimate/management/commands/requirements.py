"""The traceability matrix: every requirement, and the tests that are marked as showing it."""

import ast
import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

#: The ids of the specification with their priorities and titles.
LIST = Path(__file__).parents[2] / "requirements.csv"


class Command(BaseCommand):
    help = "List all requirements with the tests that show them; a mark with an unknown id is an error."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json")
        parser.add_argument("--untested", action="store_true", help="only those that no test shows")

    def handle(self, *args: Any, as_json: bool, untested: bool, **options: Any) -> None:
        declared = requirements()
        tests_by_name = traced(Path(settings.BASE_DIR))
        unknown = [(test, name) for name in tests_by_name if name not in declared for test in tests_by_name[name]]
        if unknown:
            raise CommandError("\n".join(f"{test}: there is no requirement {name}" for test, name in unknown))
        matrix = {name: {**about, "tests": tests_by_name.get(name, [])} for name, about in declared.items()}
        listed = {name: entry for name, entry in matrix.items() if not (untested and entry["tests"])}
        self.stdout.write(json.dumps(listed, indent=1) if as_json else _table(listed))


def requirements() -> dict[str, dict[str, str]]:
    """Every id of the specification: its ``priority`` and ``title``."""
    with LIST.open(newline="") as file:
        return {row.pop("id"): row for row in csv.DictReader(file)}


def _table(matrix: dict[str, dict[str, Any]]) -> str:
    lines = []
    for name, one in matrix.items():
        lines.append(f"{name:<14}{one['priority']:<10}{len(one['tests']):>4} tests  {one['title']}")
        lines += [f"    {test}" for test in one["tests"]]
    bare = sum(1 for one in matrix.values() if not one["tests"])
    return "\n".join([*lines, f"{len(matrix)} requirements, {bare} of them without a test"])


def traced(root: Path) -> dict[str, list[str]]:
    """Requirement id → the tests marked with it, read from the source: nothing is run.

    A mark stands at the function, at its class, or, as ``pytestmark``, at the module; a test has them all.
    """
    matrix: dict[str, list[str]] = {}
    places = ("apps/*/tests/**/*.py", "infra/*/*/tests/**/*.py", "resimate/tests/**/*.py")
    for path in sorted(path for place in places for path in root.glob(place)):
        place = str(path.relative_to(root))
        for name, marks in marked(ast.parse(path.read_text())):
            for requirement in marks:
                matrix.setdefault(requirement, []).append(f"{place}::{name}")
    return dict(sorted(matrix.items()))


def marked(body: ast.Module | ast.ClassDef, outer: tuple[str, ...] = ()) -> Iterator[tuple[str, list[str]]]:
    """Every test of a module or class with the ids of its marks, each once."""
    shared = (*outer, *(one for statement in body.body for one in _of_assignment(statement)))
    for statement in body.body:
        if isinstance(statement, ast.ClassDef):
            at_class = _of_marks(statement.decorator_list)
            yield from ((f"{statement.name}::{name}", ids) for name, ids in marked(statement, (*shared, *at_class)))
        elif isinstance(statement, ast.FunctionDef) and statement.name.startswith("test"):
            yield statement.name, list(dict.fromkeys((*shared, *_of_marks(statement.decorator_list))))


def _of_assignment(statement: ast.stmt) -> list[str]:
    if not (isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "pytestmark"):
        return []
    value = statement.value
    return _of_marks(value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value])


def _of_marks(marks: list[ast.expr]) -> list[str]:
    return [
        str(argument.value)
        for mark in marks
        if isinstance(mark, ast.Call) and ast.unparse(mark.func).endswith("mark.requirement")
        for argument in mark.args
        if isinstance(argument, ast.Constant)
    ]
