"""The house rules that a tool can hold: imports, migrations, the API document, personal data, documentation."""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import models

from apps.core import fields
from apps.core.api import schema
from resimate.tests.product import OWN
from resimate.tests.sources import ROOT, modules


def test_apps_import_downwards_only() -> None:
    found = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert found.returncode == 0, found.stdout


@pytest.mark.requirement("DB-002")
@pytest.mark.django_db(databases=["default", "owner"])
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=1, stdout=io.StringIO())


@pytest.mark.requirement("DOC-001")
def test_the_api_document_has_no_warnings() -> None:
    call_command("spectacular", urlconf="resimate.urls.tenant", fail_on_warn=True, validate=True, file="/dev/null")


@pytest.mark.requirement("DOC-001")
def test_every_operation_documents_its_problems() -> None:
    document = json.loads(schema.document())

    operations = [(path, method, op) for path, item in document["paths"].items() for method, op in item.items()]
    assert len(operations) > 30
    lacking = [
        f"{method} {path}" for path, method, op in operations if not {"400", "401", "429"} <= set(op["responses"])
    ]
    assert lacking == []


PERSONAL = {"name", "email", "address", "phone", "ip", "user_agent", "value", "rater", "body"}
#: Fields with such a name that hold nothing about a person, each for its reason.
NOT_PERSONAL = {
    "core.Event.name": "the event's kind",
    "core.TenantFact.name": "a setting",
    "core.TenantFact.value": "what a tenant sets; null where it may name somebody",
    "accounts.Role.name": "a role",
    "accounts.ApiKey.name": "a program",
    "tenants.Tenant.name": "an organisation",
    "resilience.ResilienceModel.name": "a model",
    "resilience.ReferenceSet.name": "a set of units",
    "resilience.Subject.name": "an organisation, a place",
    "resilience.Score.value": "of a node, over all raters",
    "campaigns.Campaign.name": "a campaign",
    "elicitation.WeightElicitation.name": "an elicitation",
    "outbound.Destination.name": "a server",
    "oauth.Application.name": "a program",
    "factors.TextCode.phone": "a row with the number, which is tagged",
}


@pytest.mark.requirement("COMP-001")
def test_every_field_that_sounds_personal_is_tagged_or_says_why_not() -> None:
    from django.apps import apps

    own = [model for model in apps.get_models() if model.__module__.startswith("apps.")]
    sounding = [
        f"{model._meta.label}.{field.name}"
        for model in own
        for field in model._meta.get_fields()
        if isinstance(field, models.Field) and field.name in PERSONAL and not getattr(field, "pii", None)
    ]

    assert sorted(sounding) == sorted(NOT_PERSONAL)


@pytest.mark.requirement("COMP-001")
def test_the_registry_of_personal_data_finds_encrypted_fields() -> None:
    found = {f"{model._meta.label}.{field.name}" for model, field, _ in fields.personal_data_fields()}

    assert {"campaigns.Stakeholder.email", "campaigns.Stakeholder.name", "accounts.User.email"} <= found


#: Where work is claimed: who finds a row locked leaves it to the other. And the one place that locks for everybody.
LOCKING = {
    *("apps/core/locking.py", "apps/core/events.py", "apps/notifications/services.py"),
    *("apps/keys/services/persons.py", "apps/keys/services/reencrypting.py", "apps/keys/services/reindexing.py"),
}


def test_locks_are_taken_before_what_they_protect_is_read() -> None:
    """A joined column beside ``select_for_update`` is as old as the statement (docs/adr/0020)."""
    locking = {
        str(path.relative_to(ROOT))
        for path in modules()
        if "tests" not in path.parts and ".select_for_update(" in path.read_text()
    }

    assert locking == LOCKING


def test_every_page_is_translatable() -> None:
    """Templates with words in them load i18n; a page without gettext would stay English."""
    lacking = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        text = path.read_text()
        if "{% translate" in text and "i18n" not in text:
            lacking.append(str(path))

    assert lacking == []


GENERATED = ("settings", "errors", "registries", "fields", "verification")
MAKING = f"""
import json, os
os.environ["DJANGO_SETTINGS_MODULE"] = "resimate.settings"
import django
django.setup()
from resimate.management.commands.docs import PAGES
print(json.dumps({{name: PAGES[name][1]() for name in {GENERATED}}}))
"""


@pytest.fixture(scope="module")
def generated() -> dict[str, str]:
    """The pages as they are made in a process of their own: tests declare things too, and set variables."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
    command = [sys.executable, "-c", MAKING]
    made = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, check=True)
    return dict(json.loads(made.stdout))


@pytest.mark.parametrize("page", GENERATED)
def test_generated_documents_are_current(generated: dict[str, str], page: str) -> None:
    assert (ROOT / "docs" / f"{page}.md").read_text() == generated[page], f"run: manage.py docs {page} --write"


def test_nothing_names_a_registry_or_a_path_of_one_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    forbidden = ("files." + "pythonhosted", "pypi" + ".org", "registry." + "npmjs", "/ro" + "ot/.", "/wo" + "rk/")
    found = [
        f"{name}: {word}"
        for name in listed
        if name.endswith((".py", ".md", ".toml", ".lock", ".sh", ".html", ".js", ".css", ".json", "Makefile"))
        and (ROOT / name).exists()
        for word in forbidden
        if word in (ROOT / name).read_text(errors="replace")
    ]

    assert found == []


def test_no_file_is_longer_than_one_can_read() -> None:
    lengths: dict[str, int] = {}
    for path in modules():
        if "migrations" not in path.parts:
            lengths[str(path.relative_to(ROOT))] = len(path.read_text().splitlines())
    too_long: dict[str, Any] = {name: lines for name, lines in lengths.items() if lines > 400}

    assert too_long == {}


def test_few_functions_have_seven_ways_through_them() -> None:
    """Seven is where the linter stops; ten functions may get there, the others have six at most."""
    ruff = [str(Path(sys.executable).parent / "ruff"), "check", "--select", "C901", "--output-format", "json"]
    six = ["--config", "lint.mccabe.max-complexity=6"]
    found = json.loads(subprocess.run([*ruff, *six], cwd=ROOT, capture_output=True, text=True, check=False).stdout)

    assert len(found) <= 10, [f"{one['filename']}: {one['message']}" for one in found]


def _lines_of_faces() -> Iterator[tuple[str, str]]:
    """Each line of our pages, sheets and scripts, with where it stands."""
    for folder in ("templates", "static", "apps"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".html", ".css", ".js"):
                for number, line in enumerate(path.read_text().splitlines(), start=1):
                    yield f"{path.relative_to(ROOT)}:{number}", line


def test_no_line_of_a_page_is_longer_than_a_difference_can_show() -> None:
    assert [place for place, line in _lines_of_faces() if len(line) > 160] == []


BLOCKS = (
    "article|dd|div|dl|dt|fieldset|figure|form|h[1-6]|header|li|main|nav|ol|p|section|table|tbody|td|th|thead|tr|ul"
)


def test_a_line_of_a_page_begins_one_block_at_most() -> None:
    two = re.compile(rf"<({BLOCKS})\b.*<({BLOCKS})\b")

    assert [place for place, line in _lines_of_faces() if ".html:" in place and two.search(line)] == []


def test_every_error_of_types_that_is_passed_over_has_its_reason() -> None:
    bare = re.compile(r"# type: ignore(?:\[[a-z, -]+\])?\s*$", re.MULTILINE)
    sources = [path for path in [*modules(), ROOT / "conftest.py"] if "tests" not in path.parts]

    assert [str(path.relative_to(ROOT)) for path in sources if bare.search(path.read_text())] == []


def test_of_django_charts_know_the_utilities_alone() -> None:
    imported = re.compile(r"^(?:from|import) (django\S*)", re.MULTILINE)
    found = {name for path in (ROOT / "resimate_charts").glob("*.py") for name in imported.findall(path.read_text())}

    assert found
    assert {name for name in found if not name.startswith("django.utils.")} == set()


@pytest.mark.requirement("SEC-AUTH-002")
def test_what_runs_later_has_one_way_to_a_user() -> None:
    """Jobs are asked for and run through ``accounts.reach``: one loaded by hand would have too many rights."""
    found = []
    for path in (ROOT / "apps").rglob("*.py"):
        name, text = str(path.relative_to(ROOT)), path.read_text()
        if "tests" in path.parts or name in ("apps/accounts/reach.py", "apps/core/jobs.py"):
            continue
        runs_later = path.stem in ("subscribers", "tasks")
        found += [f"{name}: jobs.enqueue"] * ("jobs.enqueue(" in text)
        found += [f"{name}: requested_by as a user"] * bool(re.search(r"(?<!filter)\(pk=\w+\.requested_by\)", text))
        found += [f"{name}: User.objects"] * (runs_later and "User.objects" in text)

    assert found == []
