"""What others build on is committed as it is, and breaks with the last release only where its version says so."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from apps.core import event_types, events
from apps.core.api import schema
from resimate import contracts
from resimate.contracts.breaking import breaks
from resimate.management.commands import docs
from resimate.tests.test_trail_of_verbs import verbs

ROOT = Path(__file__).parents[2]


@pytest.mark.requirement("DOC-001")
@pytest.mark.parametrize("name", ["openapi", "events"])
def test_the_committed_contract_is_what_the_code_gives(name: str) -> None:
    path, text_of = docs.PAGES[name]

    assert (ROOT / path).read_text() == text_of(), f"a contract has changed: `manage.py docs {name} --write`"


@pytest.mark.requirement("DOC-001")
def test_the_document_of_the_api_has_one_language_whoever_asks_first() -> None:
    with translation.override("de"):
        made = schema.document.__wrapped__()

    assert json.loads(made) == json.loads(schema.document())


def published() -> set[str]:
    """The events that verbs publish, through private helpers too, and those whose name stands where it is published."""
    by_verbs = {name for _, names in verbs().values() for name in names}
    return by_verbs | set(_named_at_once())


def _named_at_once() -> Iterator[str]:
    for path in (ROOT / "apps").rglob("*.py"):
        if "tests" not in path.parts and "events.publish" in (text := path.read_text()):
            for call in (one for one in ast.walk(ast.parse(text)) if isinstance(one, ast.Call) and one.args):
                name = call.args[0]
                if ast.unparse(call.func).startswith("events.publish") and isinstance(name, ast.Constant):
                    yield str(name.value)


@pytest.mark.requirement("AR-002")
def test_every_event_that_is_published_is_declared_and_none_besides() -> None:
    assert published() == set(event_types.DECLARED)


@pytest.mark.requirement("AR-002")
def test_nobody_waits_for_an_event_that_no_app_declares() -> None:
    assert set(events._subscribers) - set(event_types.DECLARED) == set()


@pytest.fixture
def released() -> Any:
    return json.loads(contracts.releases()[-1].read_text())


@pytest.mark.requirement("DOC-001")
def test_nothing_breaks_with_the_last_release_unless_the_version_says_so(released: Any) -> None:
    assert breaks(released, contracts.present()) == [], (
        "who builds on the contract would stumble: keep what was there, or raise the first number of the API's version "
        "(the version of the event) and say so in CHANGELOG.md"
    )


@pytest.mark.requirement("DOC-001")
def test_a_break_with_the_last_release_is_noticed(released: Any) -> None:
    present = contracts.present()
    del present["openapi"]["paths"]["/api/v1/campaigns/{id}/close/"]
    del present["openapi"]["components"]["schemas"]["Campaign"]["properties"]["closes_at"]
    del present["events"]["events"]["campaign.opened"]["payload"]["properties"]["campaign_id"]

    found = breaks(released, present)

    assert [line for line in found if line.endswith(".closes_at: gone")]
    assert [line for line in found if line == "POST /api/v1/campaigns/{id}/close/: gone"]
    assert [line for line in found if line == "campaign.opened.campaign_id: gone"]


def _used(document: Any) -> set[str]:
    """The schemas that operations use, through others as well."""
    waiting, used = [json.dumps([document["paths"], document["components"]["responses"]])], set[str]()
    while waiting:
        new = set(re.findall(r"#/components/schemas/(\w+)", waiting.pop())) - used
        waiting += [json.dumps(document["components"]["schemas"][name]) for name in new]
        used |= new
    return used


@pytest.mark.thorough
@pytest.mark.requirement("DOC-001")
def test_no_schema_that_an_operation_uses_is_overlooked(released: Any) -> None:
    overlooked = []
    for name in sorted(_used(released["openapi"])):
        present = json.loads(json.dumps(released))
        if present["openapi"]["components"]["schemas"][name].pop("properties", {}) and not breaks(released, present):
            overlooked.append(name)

    assert overlooked == []


@pytest.mark.requirement("DOC-001")
@pytest.mark.parametrize("path", contracts.releases(), ids=lambda path: path.stem)
def test_a_release_is_kept_under_the_version_that_it_has(path: Path) -> None:
    kept = json.loads(path.read_text())

    assert kept["openapi"]["info"]["version"] == kept["events"]["version"] == path.stem


@pytest.mark.requirement("DOC-001")
def test_a_release_stays_as_it_is(settings: Any, tmp_path: Path) -> None:
    settings.BASE_DIR = tmp_path
    path = tmp_path / contracts.RELEASED / f"{contracts.version()}.json"
    path.parent.mkdir(parents=True)
    path.write_text("{}")

    with pytest.raises(CommandError, match="is released and stays as it is: raise VERSION"):
        call_command("docs", "release", write=True)

    assert path.read_text() == "{}"


@pytest.mark.requirement("DOC-001")
def test_all_that_is_generated_is_written_at_once_but_no_release(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.BASE_DIR = tmp_path
    monkeypatch.setattr(docs, "PAGES", {name: (name, lambda name=name: f"the {name}") for name in docs.PAGES})

    call_command("docs", write=True)

    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        name: f"the {name}" for name in docs.PAGES.keys() - {"release"}
    }


@pytest.mark.requirement("DOC-001")
def test_a_page_that_nobody_generates_is_refused(settings: Any, tmp_path: Path) -> None:
    settings.BASE_DIR = tmp_path

    with pytest.raises(CommandError, match="There is no page manual; there are errors, events"):
        call_command("docs", "errors", "manual", write=True)

    assert not list(tmp_path.iterdir())


@pytest.mark.requirement("DOC-001")
@pytest.mark.parametrize("version", sorted({*(path.stem for path in contracts.releases()), contracts.version()}))
def test_the_change_log_has_an_entry_for_every_version_of_the_api(version: str) -> None:
    entries = re.split(r"^## ", (ROOT / "CHANGELOG.md").read_text(), flags=re.M)[1:]
    naming = [entry for entry in entries if f"API {version}" in entry]

    assert entries[0].startswith("[Unreleased]")
    assert len(naming) == 1, f"one entry of CHANGELOG.md says what API {version} brings"
    assert naming[0] is not entries[0] or f"{version}.json" not in [path.name for path in contracts.releases()]
