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
#: What browsers run beside their pages; the addresses of these are said in the pages.
WORKERS = {"js/push_worker.js"}
MODULES = {f"js/{path.name}" for path in (STATIC / "js").iterdir()}
TEMPLATES = Path(settings.BASE_DIR) / "templates"

pytestmark = pytest.mark.urls(__name__)
urlpatterns: list[Any] = []


def _asked_for_by(frame: str) -> set[str]:
    """What the page names, of all that belongs to modules."""
    request = RequestFactory().get("/")
    request.user = SimpleNamespace(is_authenticated=False, is_staff=False)  # type: ignore[assignment]
    page = render_to_string(frame, {}, request)
    preloaded = re.findall(r'<link rel="modulepreload" href="/static/([^"]+)" fetchpriority="low">', page)
    return {*preloaded, *re.findall(r'<script type="module" src="/static/([^"]+)">', page)}


def _frame(path: Path) -> Path | None:
    extended = re.search(r'\{% extends "([^"]+)" %\}', path.read_text())
    return TEMPLATES / extended[1] if extended else None


def _run_by(path: Path) -> set[str]:
    """The features that a page names, itself or through what it extends."""
    block = re.search(r"\{% block features %\}(.*?)\{% endblock %\}", path.read_text(), re.DOTALL)
    named = set(re.findall(r'\{% module "([^"]+)" %\}', block[1])) if block else set()
    frame = _frame(path)
    return named | _run_by(frame) if frame and (not block or "block.super" in block[1]) else named


def test_every_module_is_of_use_to_a_page() -> None:
    entries = set(
        re.findall(r'\{% module "([^"]+)" %\}', "".join(path.read_text() for path in TEMPLATES.rglob("*.html")))
    )

    assert {name for entry in entries for name in imported_by(entry)} | entries | WORKERS == MODULES


@pytest.mark.parametrize(
    ("element", "needed"),
    [
        (" data-draft-key=", {"js/saving.js", "js/drafts.js"}),
        ('include "campaigns/respond/_question.html"', {"js/saving.js"}),
        (" hx-post=", {"js/saving.js"}),
        (" data-local=", {"js/times.js"}),
        (' name="opened"', {"js/opened.js"}),
        (" data-confirm=", {"js/workspace.js"}),
        (" data-keep=", {"js/workspace.js"}),
    ],
)
def test_a_page_asks_for_the_module_of_an_element_that_it_shows(element: str, needed: set[str]) -> None:
    pages = [path for path in TEMPLATES.rglob("*.html") if _frame(path) and element in path.read_text()]

    assert pages
    assert [path.name for path in pages if not needed <= _run_by(path)] == []


def test_every_import_is_of_the_one_form_that_gets_hashed_names() -> None:
    """Named, from a file beside it, on a line of its own."""
    lines = [line for name in MODULES for line in (STATIC / name).read_text().splitlines()]
    importing = [line for line in lines if re.match(r"\s*(import|export\b.* from)\b|.*\bimport\(", line)]

    assert importing
    assert [line for line in importing if not re.fullmatch(IMPORT, line)] == []


@pytest.mark.parametrize("frame", ["base_staff.html", "base_auth.html"])
def test_a_page_asks_for_every_module_before_the_first_one_ran(frame: str) -> None:
    entries = {"js/app.js", "js/workspace.js"}

    assert _asked_for_by(frame) == {name for entry in entries for name in imported_by(entry)} | entries


def test_a_stakeholder_waits_for_nothing_that_only_staff_need() -> None:
    assert _asked_for_by("base_respondent.html") == {*imported_by("js/app.js"), "js/app.js"}
    assert _asked_for_by("outreach/base.html") == {*imported_by("js/app.js"), "js/app.js", "js/opened.js"}


def test_collected_modules_import_each_other_by_hashed_names(tmp_path: Path) -> None:
    source, collected = FileSystemStorage(STATIC), HashedFiles(location=tmp_path, base_url="/static/")
    for name in MODULES:
        collected.save(name, source.open(name))

    outcomes = list(collected.post_process({name: (collected, name) for name in MODULES}))

    assert [outcome for _, _, outcome in outcomes if isinstance(outcome, Exception)] == []
    hashed = {collected.hashed_files[name]: (tmp_path / collected.hashed_files[name]).read_text() for name in MODULES}
    imported = {f"js/{other}" for text in hashed.values() for other in re.findall(r'"\./([^"]+)";', text)}
    assert imported == {collected.hashed_files[other] for name in MODULES for other in imported_by(name)}
    assert imported <= set(hashed)
