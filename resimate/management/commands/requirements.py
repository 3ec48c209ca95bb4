"""The traceability matrix: every requirement, and the tests that show it."""

import ast
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "List the requirements with the tests that are marked as showing them."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, as_json: bool, **options: Any) -> None:
        matrix = traced(Path(settings.BASE_DIR))
        if as_json:
            self.stdout.write(json.dumps(matrix, indent=1))
            return
        for requirement, tests in matrix.items():
            self.stdout.write(f"{requirement:<14}{len(tests):>4} tests")
            self.stdout.writelines(f"    {test}\n" for test in tests)


def traced(root: Path) -> dict[str, list[str]]:
    """Requirement id → the tests marked with it, read from the source: nothing is run."""
    matrix: dict[str, list[str]] = {}
    for path in sorted([*root.glob("apps/*/tests/**/*.py"), *root.glob("resimate/tests/**/*.py")]):
        tree = ast.parse(path.read_text())
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef):
                for requirement in _marks(function):
                    matrix.setdefault(requirement, []).append(f"{path.relative_to(root)}::{function.name}")
    return dict(sorted(matrix.items()))


def _marks(function: ast.FunctionDef) -> list[str]:
    return [
        str(argument.value)
        for mark in function.decorator_list
        if isinstance(mark, ast.Call) and ast.unparse(mark.func).endswith("mark.requirement")
        for argument in mark.args
        if isinstance(argument, ast.Constant)
    ]
