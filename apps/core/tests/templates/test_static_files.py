"""The hand-written files keep to their limits, and what templates point at exists."""

import gzip
import re
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders

from apps.core.scripts import imported_by

ROOT = Path(settings.BASE_DIR)
SHEETS = {path.name: path.read_text() for path in (ROOT / "static" / "css").iterdir()}
HTMX = "django_htmx/htmx-2.min.js"


def _compressed(path: str) -> int:
    return len(gzip.compress(Path(str(finders.find(path))).read_bytes(), 9))


def test_the_sheets_of_every_page_stay_small() -> None:
    assert sum(len(SHEETS[name].encode()) for name in ("tokens.css", "resimate.css")) <= 21 * 1024


def test_what_a_stakeholder_loads_leaves_room_for_the_page() -> None:
    files = ("css/tokens.css", "css/resimate.css", "js/app.js", *imported_by("js/app.js"), "icons/sprite.svg", HTMX)

    assert sum(map(_compressed, files)) <= 40 * 1024


def test_sheets_load_nothing_from_elsewhere() -> None:
    assert [name for name, sheet in SHEETS.items() if re.search(r"@import|url\(|https?:", sheet)] == []


def test_every_token_that_is_used_is_defined() -> None:
    for sheet in ("tokens.css", "resimate.css", "workspace.css", "admin.css"):
        known = SHEETS["tokens.css"] + SHEETS[sheet]

        assert set(re.findall(r"var\((--[\w-]+)", SHEETS[sheet])) <= set(re.findall(r"(--[\w-]+):", known))


def test_static_files_that_templates_name_exist() -> None:
    pages = "".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))
    named = set(re.findall(r"""\{% (?:static|module) ["']([^"']+)["'] %\}""", pages))

    assert HTMX in named
    assert {name for name in named if not finders.find(name)} == set()


def test_icons_that_templates_name_are_in_the_sprite() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static" / "icons" / "sprite.svg").read_text()))
    pages = "".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))
    used = set(re.findall(r"""\{% icon ["']([\w-]+)["']""", pages))

    assert {"info", "success", "warning", "error", "mark"} <= drawn
    assert used <= drawn


def test_scripts_use_neither_eval_nor_inline_handlers() -> None:
    script = "".join(path.read_text() for path in (ROOT / "static" / "js").iterdir())

    assert not re.search(r"\beval\(|new Function|innerHTML|setAttribute\(.on", script)
