"""The hand-written files keep to their limits, and what templates point at exists."""

import gzip
import re
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders

from apps.core.scripts import imported_by

ROOT = Path(settings.BASE_DIR)
SHEETS = [ROOT / "static" / "css" / name for name in ("resimate.css", "workspace.css", "admin.css")]
HTMX = "django_htmx/htmx-2.min.js"


def _compressed(path: str) -> int:
    return len(gzip.compress(Path(str(finders.find(path))).read_bytes(), 9))


def test_the_sheet_stays_small() -> None:
    assert len(SHEETS[0].read_bytes()) <= 20 * 1024


def test_what_a_stakeholder_loads_leaves_room_for_the_page() -> None:
    files = ("css/resimate.css", "js/app.js", *imported_by("js/app.js"), "icons/sprite.svg", HTMX)

    assert sum(map(_compressed, files)) <= 40 * 1024


def test_sheets_load_nothing_from_elsewhere() -> None:
    for sheet in SHEETS:
        assert not re.search(r"@import|url\(|https?:", sheet.read_text())


def test_every_token_that_is_used_is_defined() -> None:
    sheets = "".join(sheet.read_text() for sheet in SHEETS[:2])
    defined = set(re.findall(r"(--[\w-]+):", sheets))

    assert set(re.findall(r"var\((--[\w-]+)", sheets)) <= defined


def test_the_admin_uses_no_colour_of_its_own() -> None:
    colours = set(re.findall(r"#[0-9a-f]{3,6}\b", SHEETS[2].read_text()))

    assert colours <= set(re.findall(r"#[0-9a-f]{3,6}\b", SHEETS[0].read_text()))


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
