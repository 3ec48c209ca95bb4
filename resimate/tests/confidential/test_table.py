"""Everything that can be read, every kind of audit entry and event has its side in the table, and one side alone."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import URLResolver

from resimate.tests.confidential.table import ROUTES, SAID
from resimate.urls import tenant

pytestmark = pytest.mark.requirement("COMP-001")
APPS = Path(__file__).parents[3] / "apps"
TELLS = re.compile(r'(?:audit\.record|events\.publish(?:_many)?)\(\s*"([a-z_]+\.[a-z_]+)"')
#: What names people or what they say, in the words of the tables that hold it.
ABOUT = re.compile(r"participation|stakeholder|expert|judge|response|answer|score|assessment|message|user\.")


def _readable(patterns: list[Any], space: str = "") -> Iterator[str]:
    """The names of the routes that answer GET."""
    for one in patterns:
        if isinstance(one, URLResolver):
            yield from _readable(one.url_patterns, f"{one.namespace}:" if one.namespace else space)
        elif one.name:
            cls = getattr(one.callback, "cls", None)
            methods = getattr(one.callback, "actions", None) or (cls and [m.lower() for m in cls().allowed_methods])
            if methods is None or "get" in methods:
                yield space + one.name


def _family(name: str) -> str:
    if name.startswith("admin:"):
        return re.sub(r"_(add|change|changelist|delete|history)$", "", name) if name.count("_") > 1 else name
    return name if ":" in name else re.sub(r"-(list|detail|export)$", "", name)


def test_every_route_has_its_side() -> None:
    listed = {name for names in ROUTES.values() for name in names.split()}

    assert {_family(name) for name in _readable(tenant.urlpatterns)} - listed == set(), "enter it into table.ROUTES"


@pytest.mark.parametrize("table", [ROUTES, SAID], ids=["routes", "said"])
def test_nothing_is_of_both_sides(table: dict[str, str]) -> None:
    counts = Counter(name for names in table.values() for name in names.split())

    assert [name for name, count in counts.items() if count > 1] == []


def test_every_kind_of_entry_and_event_about_people_or_answers_has_its_side() -> None:
    sources = (path for path in APPS.rglob("*.py") if "tests" not in path.parts)
    said = {kind for path in sources for kind in TELLS.findall(path.read_text())}
    listed = {name for names in SAID.values() for name in names.split()}

    assert len(said) > 50
    assert {kind for kind in said if ABOUT.search(kind)} - listed == set(), "enter it into table.SAID"
