"""How far each line of OWASP ASVS 5.0 is met, by the tests that show it: ``docs/asvs.csv``, counted."""

import csv
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

PARTS: Final = ("apps", "resimate", "resimate_*")
TEST: Final = re.compile(r"^def (test_\w+)\(", re.MULTILINE)
STATUSES: Final = ("met", "partly", "not", "not applicable")
CHAPTERS: Final = (
    "Encoding and sanitization",
    "Validation and business logic",
    "Web frontend",
    "API and web service",
    "Files",
    "Authentication",
    "Sessions",
    "Authorization",
    "Self-contained tokens",
    "OAuth and OIDC",
    "Cryptography",
    "Communication",
    "Configuration",
    "Data protection",
    "Coding and architecture",
    "Logging and errors",
    "WebRTC",
)


class Command(BaseCommand):
    help = "Count the lines of OWASP ASVS 5.0 by chapter and status; a line that shows nothing is an error."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, as_json: bool, **options: Any) -> None:
        found = lines()
        if wrong := flaws(found, tests(Path(settings.BASE_DIR))):
            raise CommandError("\n".join(wrong))
        self.stdout.write(json.dumps(found, indent=1) if as_json else _report(found))


def lines() -> list[dict[str, Any]]:
    """Each line: ``id``, ``level``, what it ``says`` in our words, ``status``, ``tests``, and ``reason`` if not met."""
    with Path(settings.BASE_DIR, "docs", "asvs.csv").open(newline="") as file:
        return [{**row, "level": int(row["level"]), "tests": row["tests"].split()} for row in csv.DictReader(file)]


def tests(root: Path) -> set[str]:
    """Every test that there is, as ``path::name``, read from the source."""
    files = [path for part in PARTS for path in root.glob(f"{part}/**/tests/**/test_*.py")]
    return {f"{path.relative_to(root)}::{name}" for path in files for name in TEST.findall(path.read_text())}


def flaws(found: list[dict[str, Any]], known: set[str]) -> list[str]:
    """What is wrong with lines, one sentence each."""
    times = Counter(line["id"] for line in found)
    wrong = [f"{name} is there {count} times." for name, count in times.items() if count > 1]
    for line in found:
        if line["status"] not in STATUSES:
            wrong.append(f"{line['id']}: {line['status']!r} is no status.")
        if line["status"] == "met" and not line["tests"]:
            wrong.append(f"{line['id']} is met by no test.")
        if line["status"] != "met" and not line["reason"]:
            wrong.append(f"{line['id']} is not met, and has no reason.")
        wrong += [f"{line['id']}: there is no test {test}" for test in line["tests"] if test not in known]
    return wrong


def _report(found: list[dict[str, Any]]) -> str:
    by_chapter: dict[int, Counter[str]] = {}
    for line in found:
        by_chapter.setdefault(int(line["id"].partition(".")[0]), Counter())[line["status"]] += 1
    rows = [(f"V{number} {CHAPTERS[number - 1]}", counted) for number, counted in sorted(by_chapter.items())]
    rows.append(("Together", sum((counted for _, counted in rows), Counter())))
    head = f"{'OWASP ASVS 5.0':<34}{''.join(f'{status:>16}' for status in STATUSES)}"
    return "\n".join(
        [head, *(f"{name:<34}{''.join(f'{counted[status]:>16}' for status in STATUSES)}" for name, counted in rows)]
    )
