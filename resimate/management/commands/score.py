import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from apps.core.commands import OperatorCommand
from apps.core.errors import Invalid, Problem
from apps.models import services
from apps.models.datafile import DataFileInvalid, read_units

HEAD = ("id", "score", "rank", "band", "coverage", "reason")


class FileUnusable(Invalid):
    """A file that is not there, or is not what it should be; nothing was calculated."""

    code = "file_unusable"
    title = "The file cannot be used"


class Command(OperatorCommand):
    help = "Score the units of a CSV file by a model document. No database is needed."
    needs_database = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("model", type=Path, metavar="MODEL.json", help="a model document")
        parser.add_argument(
            "data",
            type=Path,
            metavar="DATA.csv",
            help="id,group,<input>… with one row a unit, or id,rater,group,question,value with one row an answer",
        )
        parser.add_argument("--out", type=Path, metavar="FILE", help="write the scores to this file as CSV")

    def act(self, **options: Any) -> None:
        out: Path | None = options["out"]
        try:
            model = services.model_of(services.read_document(_read(options["model"])), at="")
            result = services.calculate(model, _units(options["data"]))
        except Invalid as refusal:
            for problem in refusal.errors[1:]:
                self.stderr.write(_sentence(problem))
            self.fail(refusal.code, _sentence(refusal.errors[0]) if refusal.errors else refusal.detail)
        for warning in result["warnings"]:
            self.stderr.write(f"Warning: {warning['detail']}.")
        rows = [_row(unit) for unit in result["results"]]
        if out is not None:
            out.write_text(_csv(rows), encoding="utf-8")
        self.report(result, f"{len(rows)} units scored, written to {out}." if out else _table(rows))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise FileUnusable(f"{path} cannot be read: {reason}.") from None


def _units(path: Path) -> list[dict[str, Any]]:
    try:
        return read_units(_read(path))
    except DataFileInvalid as error:
        problems = [Problem("", one.detail, one.code) for one in error.problems]
        raise Invalid(f"{path} cannot be used.", errors=problems) from None


def _sentence(problem: Problem) -> str:
    return f"{problem.pointer}: {problem.detail}." if problem.pointer else f"{problem.detail}.".capitalize()


def _row(unit: dict[str, Any]) -> list[str]:
    return ["" if unit[name] is None else str(unit[name]) for name in HEAD]


def _csv(rows: Iterable[list[str]]) -> str:
    page = io.StringIO(newline="")
    csv.writer(page, lineterminator="\n").writerows([HEAD, *rows])
    return page.getvalue()


def _table(rows: list[list[str]]) -> str:
    """Columns aligned for reading: numbers to the right, and no trailing blanks."""
    lines = [list(HEAD), *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    numbers = {"score", "rank", "coverage"}
    return "\n".join(
        "  ".join(
            cell.rjust(width) if name in numbers else cell.ljust(width)
            for name, cell, width in zip(HEAD, line, widths, strict=True)
        ).rstrip()
        for line in lines
    )
