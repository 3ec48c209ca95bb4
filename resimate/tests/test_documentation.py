"""What the documentation shows is run, so that it stays true."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.test import RequestFactory, override_settings
from django.urls import resolve

from resimate import env
from resimate_engine import METHODS
from resimate_engine.document import parsing
from resimate_engine.tests.test_normalise import normalised

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def unchanged_methods() -> Iterator[None]:
    before = dict(METHODS["normalisation"])
    parsing._validator.cache_clear()
    yield
    METHODS["normalisation"].clear()
    METHODS["normalisation"].update(before)
    parsing._validator.cache_clear()


@pytest.mark.usefixtures("unchanged_methods")
def test_the_page_on_adding_a_method_is_the_whole_change() -> None:
    function, its_test = re.findall(r"```python\n(.*?)```", (DOCS / "add-a-normalisation-method.md").read_text(), re.S)
    names: dict[str, object] = {"normalised": normalised, "__name__": "page"}

    exec(function + its_test, names)  # noqa: S102  our own page
    names["test_logistic_gives_half_the_scale_at_its_midpoint"]()  # type: ignore[operator]


@pytest.mark.thorough
@pytest.mark.parametrize(
    "library", ["resimate_charts", "resimate_engine", "resimate_net", "resimate_servers", "resimate_text"]
)
def test_what_a_library_shows_of_itself_runs(library: str) -> None:
    [example] = re.findall(r"```python\n(.*?)```", (DOCS.parent / library / "README.md").read_text(), re.S)

    exec(example, {"__name__": "page"})  # noqa: S102  our own page


@pytest.mark.parametrize("page", ["follow-one-answer.md", "where.md"])
def test_pages_that_lead_to_files_name_files_that_are_there(page: str) -> None:
    root = DOCS.parent
    named = re.findall(r"`((?:apps|docs|locale|templates|static|resimate\w*)/[\w/.-]*)`", (DOCS / page).read_text())

    assert len(named) > 10
    assert [name for name in named if not (root / name).exists()] == []


def test_links_between_pages_lead_somewhere() -> None:
    pages = [*DOCS.parent.glob("*.md"), *DOCS.parent.glob("resimate_*/*.md"), *DOCS.rglob("*.md")]
    links = [(page, link) for page in pages for link in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text())]

    assert [link for page, link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_the_map_names_every_app_and_library() -> None:
    root = DOCS.parent
    rows = set(re.findall(r"^\| \[?`([\w/]+)`", (root / "README.md").read_text(), re.M))
    apps = {f"apps/{path.parent.name}" for path in root.glob("apps/*/__init__.py")}
    libraries = {path.parent.name for path in root.glob("resimate*/__init__.py")}

    assert apps | libraries <= rows
    assert {row for row in rows if row.startswith("apps/")} <= apps


def test_each_answer_where_a_thing_goes_names_two_places() -> None:
    rows = [line.split("|")[1:4] for line in (DOCS / "where.md").read_text().splitlines() if line.startswith("| a")]

    assert len(rows) > 20
    assert [what for what, *places in rows if not all("`" in place or "](" in place for place in places)] == []


def test_whoever_opens_the_root_of_the_api_is_brought_to_its_documentation() -> None:
    with override_settings(ROOT_URLCONF="resimate.urls.tenant"):
        view = resolve("/api/v1/").func
        answer = view(RequestFactory().get("/api/v1/"))

    assert (answer.status_code, answer["Location"]) == (302, "/api/docs/")


def test_a_secret_is_said_to_be_made_only_where_one_is() -> None:
    secrets = {name: one.default for name, one in env.DECLARED.items() if one.kind == "secret"}
    made = {name for name, default in secrets.items() if default == "made at the first run"}

    assert made == {"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "EMAIL_URL", "SECRET_KEY", "ENCRYPTION_KEY"}
    assert {secrets[name] for name in ("COLD_STORE_URL", "VAULT_SECRET_ID", "PKCS11_PIN")} == {"empty"}


def test_the_commands_that_a_newcomer_reads_of_are_there() -> None:
    commands = re.findall(r"`(?:manage\.py )?(tenants|config) (\w+)", (DOCS.parent / "README.md").read_text())

    assert {("tenants", "create"), ("config", "list"), ("config", "explain"), ("config", "set")} <= set(commands)
    for command, verb in commands:
        module = import_module(f"apps.{get_commands()[command].split('.')[1]}.management.commands.{command}")
        parser = module.Command().create_parser("manage.py", command)
        verbs = next(one.choices for one in parser._actions if isinstance(one.choices, dict))
        assert verb in verbs
