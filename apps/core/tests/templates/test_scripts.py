"""Scripts are modules by feature: a page asks for those it needs, for all at once, by names that last."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.template.loader import render_to_string
from django.test import RequestFactory

from apps.core.scripts import IMPORT, HashedFiles, imported_by

STATIC = Path(settings.BASE_DIR) / "static"
MODULES = {f"js/{path.name}" for path in (STATIC / "js").iterdir()}
ENTRIES = {"js/app.js", "js/workspace.js"}

pytestmark = pytest.mark.urls(__name__)
urlpatterns: list[Any] = []


def _asked_for_by(frame: str) -> list[str]:
    """What the page names, of all that belongs to modules."""
    request = RequestFactory().get("/")
    request.user = SimpleNamespace(is_authenticated=False, is_staff=False)  # type: ignore[assignment]
    page = render_to_string(frame, {}, request)
    return re.findall(r'<link rel="modulepreload" href="/static/([^"]+)">', page) + re.findall(
        r'<script type="module" src="/static/([^"]+)">', page
    )


def test_every_module_is_of_use_to_a_page() -> None:
    assert {name for entry in ENTRIES for name in imported_by(entry)} | ENTRIES == MODULES


def test_every_import_is_of_the_one_form_that_gets_hashed_names() -> None:
    """Named, from a file beside it, on a line of its own."""
    lines = [line for name in MODULES for line in (STATIC / name).read_text().splitlines()]
    importing = [line for line in lines if re.match(r"\s*(import|export\b.* from)\b|.*\bimport\(", line)]

    assert importing
    assert [line for line in importing if not re.fullmatch(IMPORT, line)] == []


@pytest.mark.parametrize("frame", ["base_staff.html", "base_auth.html"])
def test_a_page_asks_for_every_module_before_the_first_one_ran(frame: str) -> None:
    assert set(_asked_for_by(frame)) == MODULES


def test_a_stakeholder_waits_for_nothing_that_only_staff_need() -> None:
    assert set(_asked_for_by("base_respondent.html")) == {*imported_by("js/app.js"), "js/app.js"}
    assert {"js/kept.js", "js/polling.js", "js/copy.js"}.isdisjoint(_asked_for_by("base_respondent.html"))


def test_collected_modules_import_each_other_by_hashed_names(tmp_path: Path) -> None:
    source, collected = FileSystemStorage(STATIC), HashedFiles(location=tmp_path, base_url="/static/")
    for name in MODULES:
        collected.save(name, source.open(name))

    outcomes = list(collected.post_process({name: (collected, name) for name in MODULES}))

    assert [outcome for _, _, outcome in outcomes if isinstance(outcome, Exception)] == []
    hashed = {collected.hashed_files[name]: (tmp_path / collected.hashed_files[name]).read_text() for name in MODULES}
    imported = {f"js/{other}" for text in hashed.values() for other in re.findall(r'"\./([^"]+)";', text)}
    assert imported == set(hashed) - {collected.hashed_files[entry] for entry in ENTRIES}
