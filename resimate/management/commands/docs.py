"""Tables of the documentation that the code knows best."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from resimate import contracts, env, fields, registries, verification, wishes
from resimate_engine.document.schema import json_schema


class Command(BaseCommand):
    help = "Print (or, with --write, write) what is generated: the pages and schemas that are named, or all of them."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("pages", nargs="*", metavar="page", help=f"one of {', '.join(sorted(PAGES))}")
        parser.add_argument("--write", action="store_true")

    def handle(self, *args: Any, pages: Sequence[str], write: bool, **options: Any) -> None:
        unknown = sorted({*pages} - PAGES.keys())
        if unknown:
            raise CommandError(f"There is no page {unknown[0]}; there are {', '.join(sorted(PAGES))}.")
        for page in pages or sorted(PAGES.keys() - {RELEASE}):  # a release is written on purpose alone
            name, text_of = PAGES[page]
            if write:
                _write(page, name, text_of())
            else:
                self.stdout.write(text_of(), ending="")


def _write(page: str, name: str, text: str) -> None:
    path = Path(settings.BASE_DIR) / name
    if page == RELEASE and path.exists() and path.read_text() != text:
        raise CommandError(f"{name} is released and stays as it is: raise VERSION of SPECTACULAR_SETTINGS.")
    path.write_text(text)


def settings_page() -> str:
    wishes.declare()
    lines = [
        "# Settings",
        "",
        "Everything is set by the environment; `NAME_FILE=/path` reads a value from a mounted file.",
        "Generated: `manage.py docs settings --write`.",
        "",
        "| variable | kind | default | meaning |",
        "|---|---|---|---|",
    ]
    base = str(settings.BASE_DIR)
    for setting in sorted(env.DECLARED.values(), key=lambda declared: declared.name):
        default = "the checkout's `.data/`" if setting.default.startswith(base) else f"`{setting.default}`"
        kind = setting.kind.replace("|", "\\|")
        lines.append(f"| `{setting.name}` | {kind} | {default} | {setting.about} |")
    return "\n".join(lines) + "\n"


def errors_page() -> str:
    lines = [
        "# Error codes",
        "",
        "Every error of the API is RFC 9457 problem+json with one of these codes; a code keeps its meaning.",
        "Generated: `manage.py docs errors --write`.",
        "",
        "| code | status | title |",
        "|---|---|---|",
    ]
    lines += [f"| `{e.code}` | {e.status} | {e.title} |" for e in contracts.errors()]
    return "\n".join(lines) + "\n"


def written(document_of: Callable[[], Any]) -> Callable[[], str]:
    return lambda: json.dumps(document_of(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


RELEASE: Final = "release"
PAGES: dict[str, tuple[str, Callable[[], str]]] = {
    "settings": ("docs/settings.md", settings_page),
    "errors": ("docs/errors.md", errors_page),
    "registries": ("docs/registries.md", registries.page),
    "fields": ("docs/fields.md", fields.page),
    "verification": ("docs/verification.md", verification.page),
    "openapi": ("docs/contracts/openapi.json", written(contracts.openapi)),
    "events": ("docs/contracts/events.json", written(contracts.events)),
    RELEASE: (f"{contracts.RELEASED}/{contracts.version()}.json", written(contracts.present)),
    "schema": ("resimate_engine/schemas/model.json", written(json_schema)),
}
