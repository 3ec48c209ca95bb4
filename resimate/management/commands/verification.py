"""Puts on record what the tests of what is shipped gave."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from resimate import verification


class Command(BaseCommand):
    help = "Say what reports of tests show of the parts that run the product, and with --write put it on record."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("reports", nargs="+", type=Path, metavar="report", help="as JUnit writes them")
        parser.add_argument("--write", action="store_true", help="into the record and its page")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, reports: Sequence[Path], write: bool, as_json: bool, **options: Any) -> None:
        try:
            found = verification.runs(reports, verification.claims())
        except verification.BadReport as error:
            raise CommandError(str(error)) from error
        if not found:
            raise CommandError("The reports speak of no part that runs the product.")
        self.stdout.write(json.dumps(json.loads(verification.written(found))) if as_json else _table(found))
        if poor := sorted(part for part, run in found.items() if not run.is_proof):
            raise CommandError(f"Not all tests ran and passed, so nothing was put on record: {', '.join(poor)}.")
        if write:
            record = {**verification.recorded(), **found}
            verification.RECORD.write_text(verification.written(record))
            (verification.ROOT / "docs/verification.md").write_text(verification.page_of(verification.claims(), record))


def _table(found: dict[str, verification.Run]) -> str:
    width = max(map(len, found))
    return "\n".join(
        f"{part:<{width}}  {run.on}  {run.passed:>4} passed  {run.others:>3} not" for part, run in found.items()
    )
