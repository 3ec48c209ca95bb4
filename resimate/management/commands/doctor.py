"""What is wrong with this installation, and how to mend it."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.management.base import BaseCommand, CommandParser

from apps.core.parts import PARTS, look


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``mend`` says what to do when it is not well."""

    what: str
    well: bool
    detail: str
    mend: str = ""


class Command(BaseCommand):
    help = "Look at every part of the installation; say what is wrong and how to mend it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, as_json: bool, **options: Any) -> None:
        findings = list(examine())
        if as_json:
            self.stdout.write(json.dumps([asdict(finding) for finding in findings], indent=1))
        else:
            for finding in findings:
                self.stdout.write(f"{'ok  ' if finding.well else 'BAD '} {finding.what:<22} {finding.detail}")
                if not finding.well:
                    self.stdout.write(f"{'':28}→ {finding.mend}")
        if not all(finding.well for finding in findings):
            raise SystemExit(1)


def examine() -> Iterator[Finding]:
    yield from _settings()
    if not settings.SERVERS_KNOWN:
        yield Finding("servers", False, "the embedded servers are not running", "start them with `make run`")
        return
    for name, state in look(PARTS.values()).items():
        yield Finding(name.replace("_", " "), state.up, state.detail, "" if state.up else PARTS[name].mend)


def _settings() -> Iterator[Finding]:
    problems = checks.run_checks(include_deployment_checks=not settings.DEVELOPMENT)
    serious = [one for one in problems if one.level >= checks.WARNING and not one.is_silenced()]
    for problem in serious:
        yield Finding("settings", False, str(problem.msg).split("\n")[0], str(problem.hint or "set it as it says"))
    if not serious:
        yield Finding("settings", True, settings.ENVIRONMENT)
