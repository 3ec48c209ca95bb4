"""Every app has the same shape: who knows one finds their way in the others."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from django.urls import URLResolver, get_resolver

from resimate.tests.sources import ROOT, modules

INDEXES = sorted(ROOT.glob("apps/*/services/__init__.py"))


def _named(index: Path) -> str:
    return index.parents[1].name


@cache
def _imports(path: Path) -> list[tuple[str, str]]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    froms = [(node.module, node.names) for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return [(module, alias.name) for module, names in froms for alias in names]


@pytest.mark.parametrize("index", INDEXES, ids=_named)
def test_an_index_of_verbs_names_them_and_does_nothing(index: Path) -> None:
    first, *others = ast.parse(index.read_text(encoding="utf-8")).body
    imported = {alias.asname or alias.name for one in others if isinstance(one, ast.ImportFrom) for alias in one.names}
    (listed,) = [one.value for one in others if isinstance(one, (ast.Assign, ast.AnnAssign))]

    assert isinstance(first, ast.Expr)  # what the verbs are about
    assert len(others) == sum(isinstance(one, ast.ImportFrom) for one in others) + 1
    assert listed is not None
    assert set(ast.literal_eval(listed)) == imported


@pytest.mark.parametrize("index", INDEXES, ids=_named)
def test_from_outside_verbs_come_by_their_index(index: Path) -> None:
    package = f"apps.{_named(index)}.services"
    inside = {path.stem for path in index.parent.glob("*.py")} - {"__init__"}
    others = [path for path in modules() if not {"tests", "bench"} & set(path.parts)]
    by_the_way = [
        f"{path.relative_to(ROOT)}: {name} of {module}"
        for path in others
        if index.parent not in path.parents
        for module, name in _imports(path)
        if module.startswith(f"{package}.") or (module == package and name in inside)
    ]

    assert by_the_way == []


def test_pages_of_several_nouns_are_a_package() -> None:
    assert [str(path) for path in ROOT.glob("apps/*/views_*.py")] == []


def _first_steps() -> set[str]:
    """How the addresses of pages begin."""
    parts = [one for one in get_resolver("resimate.urls.tenant").url_patterns if isinstance(one, URLResolver)]
    pages = [one for one in parts if one.app_name != "admin"]  # within it, addresses begin as apps are called
    steps = {str(page.pattern).partition("/")[0] for part in pages for page in part.url_patterns}
    return {step for step in steps if re.fullmatch("[a-z-]+", step)}


def test_no_program_writes_an_address_that_has_a_name() -> None:
    """A page's address stands in ``urls.py`` alone: programs ask by ``reverse``, ``redirect`` and ``crumb``."""
    written = re.compile(rf"""["']/({"|".join(sorted(_first_steps()))})/""")
    programs = [path for path in ROOT.glob("apps/**/*.py") if "tests" not in path.parts]

    assert [f"{path}: {found[0]}" for path in programs for found in written.finditer(path.read_text("utf-8"))] == []
