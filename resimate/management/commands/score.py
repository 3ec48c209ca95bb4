from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from apps.core.commands import OperatorCommand
from apps.core.errors import Invalid, Problem
from apps.models import services
from resimate_engine import ENGINE_VERSION
from resimate_text.tables import Note, written

HEAD = ("id", "score", "rank", "band", "coverage", "reason")
NODE_HEAD = ("node", "value", "coverage", "weight", "same")
NUMBERS = {"score", "rank", "value", "coverage", "weight"}
TRACE = "resimate.trace/"


class FileUnusable(Invalid):
    """A file that is not there, or is not what it should be; nothing was calculated."""

    code = "file_unusable"
    title = "The file cannot be used"


class Command(OperatorCommand):
    help = "Score the units of a CSV file by a model document, or calculate a trace again. No database is needed."
    needs_database = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("model", type=Path, metavar="MODEL.json", help="a model document, or a trace")
        parser.add_argument(
            "data",
            type=Path,
            nargs="?",
            metavar="DATA.csv",
            help="CSV or XLSX: id,group,<input>… with one row a unit, or id,rater,group,question,value with one row an "
            "answer; none with a trace",
        )
        parser.add_argument(
            "--decimal",
            choices=[".", ","],
            default="",
            help="the decimal mark of DATA, when its numbers do not show it",
        )
        parser.add_argument("--out", type=Path, metavar="FILE", help="write the scores to this file as CSV")

    def act(self, **options: Any) -> None:
        try:
            content = services.read_document(_read(options["model"]))
            if options["data"] is None:
                self._verify(content, options["out"])
            else:
                self._score(content, options["data"], options["out"], options["decimal"])
        except Invalid as refusal:
            for problem in refusal.errors[1:]:
                self.stderr.write(_sentence(problem))
            self.fail(refusal.code, _sentence(refusal.errors[0]) if refusal.errors else refusal.detail)

    def _score(self, content: Any, data: Path, out: Path | None, decimal: str) -> None:
        units, notes = _units(data, decimal)
        for note in notes:
            self.stderr.write(f"Warning: {note['detail']}.")
        result = services.calculate(services.model_of(content, at=""), units, at="")
        for warning in result["warnings"]:
            self.stderr.write(f"Warning: {warning['detail']}.")
        rows = [_row(unit) for unit in result["results"]]
        if out is not None:
            out.write_text(written([HEAD, *rows], ends="\n"), encoding="utf-8")
        self.report(result, f"{len(rows)} units scored, written to {out}." if out else _table(HEAD, rows))

    def _verify(self, content: Any, out: Path | None) -> None:
        if out is not None or not (isinstance(content, dict) and str(content.get("schema")).startswith(TRACE)):
            raise CommandError("DATA.csv is missing: a trace alone is calculated without it.", returncode=2)
        verdict = services.verify_trace(content)
        if not self.json_wanted:
            self.stdout.write(_table(NODE_HEAD, _node_rows(verdict)))
        if verdict.differences:
            self.fail("not_reproduced", _printable(f"{_engines(verdict)}{verdict.differences[0]}"), **_as_json(verdict))
        self.report(_as_json(verdict), _printable(f"{_engines(verdict)}{verdict.unit}: reproduced bit for bit."))


def _printable(sentence: str) -> str:
    """A file may hold halves of characters, which no terminal takes."""
    return sentence.encode(errors="backslashreplace").decode()


def _as_json(verdict: services.Verdict) -> dict[str, Any]:
    return {
        "reproduced": not verdict.differences,
        "unit": verdict.unit,
        "input_digest": verdict.input_digest,
        "engine_version": ENGINE_VERSION,
        "calculated_by": verdict.calculated_by,
        "result": verdict.result,
        "differences": [{"pointer": one.pointer, "told": one.told, "found": one.found} for one in verdict.differences],
    }


def _engines(verdict: services.Verdict) -> str:
    if verdict.calculated_by == ENGINE_VERSION:
        return ""
    return f"Calculated by engine {verdict.calculated_by}, compared by engine {ENGINE_VERSION}. "


def _node_rows(verdict: services.Verdict) -> list[list[str]]:
    places = tuple(f"{difference.pointer}/" for difference in verdict.differences)
    return [
        [
            code,
            *("" if node[name] is None else str(node[name]) for name in NODE_HEAD[1:-1]),
            "no" if any(pointer.startswith(f"/result/nodes/{code}/") for pointer in places) else "yes",
        ]
        for code, node in verdict.result["nodes"].items()
    ]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileUnusable(f"{path} cannot be read: {error.strerror}.") from None


def _read(path: Path) -> str:
    try:
        return _bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileUnusable(f"{path} cannot be read: it is not UTF-8.") from None


def _units(path: Path, decimal: str) -> tuple[list[dict[str, Any]], list[Note]]:
    try:
        return services.units_in(_bytes(path), decimal)
    except Invalid as error:
        problems = [Problem("", one.detail, one.code) for one in error.errors]
        raise Invalid(f"{path} cannot be used.", errors=problems) from None


def _sentence(problem: Problem) -> str:
    if problem.pointer:
        return f"{problem.pointer}: {problem.detail}."
    return f"{problem.detail[:1].upper()}{problem.detail[1:]}."


def _row(unit: dict[str, Any]) -> list[str]:
    return ["" if unit[name] is None else str(unit[name]) for name in HEAD]


def _table(head: Sequence[str], rows: list[list[str]]) -> str:
    """Columns aligned for reading: numbers to the right, and no trailing blanks."""
    lines = [list(head), *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if name in NUMBERS else cell.ljust(width)
            for name, cell, width in zip(head, line, widths, strict=True)
        ).rstrip()
        for line in lines
    )
