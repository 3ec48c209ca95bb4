"""What every verb of a service leaves behind: entries of the trail, and events. A new verb enters the table.

``trail_of_verbs.txt`` has a line for each function of a services module that begins a transaction: which actions it
records and which events it publishes, itself or through the private helpers beside it. ``-`` says that it leaves
nothing, on purpose: another verb that it calls does, or nothing has changed.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.audit import kinds

ROOT = Path(__file__).parents[2]
TABLE = Path(__file__).with_name("trail_of_verbs.txt")
ACTION = re.compile(r"[a-z_{}]+\.[a-z_]+\Z")
RECORD, PUBLISH = {"record"}, {"publish", "publish_many"}
Found = tuple[set[str], set[str]]


def sources() -> Iterator[Path]:
    for app in sorted((ROOT / "apps").iterdir()):
        yield from [one for one in (app / "services.py",) if one.exists()]
        yield from sorted((app / "services").glob("*.py"))


def verbs() -> dict[str, Found]:
    return {
        f"{path.parts[-3 if path.parent.name == 'services' else -2]}.{name}": found
        for path in sources()
        for name, found in _verbs_of(ast.parse(path.read_text()))
    }


def _verbs_of(tree: ast.Module) -> Iterator[tuple[str, Found]]:
    functions = {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}
    for name, function in functions.items():
        if not name.startswith("_") and _is_verb(function, functions):
            yield name, _said(function, functions, {name})


def _is_verb(function: ast.FunctionDef, functions: dict[str, ast.FunctionDef]) -> bool:
    begins = any("atomic" in ast.unparse(one) for one in function.decorator_list)
    return begins or any(_said(function, functions, {function.name}))


def _said(function: ast.FunctionDef, functions: dict[str, ast.FunctionDef], seen: set[str]) -> Found:
    """The literals that reach ``audit.record`` and ``events.publish``; one that a helper is given may reach both."""
    recorded: set[str] = set()
    published: set[str] = set()
    for call in (one for one in ast.walk(function) if isinstance(one, ast.Call)):
        called = ast.unparse(call.func).rsplit(".", 1)[-1]
        texts = {text for one in [*call.args, *(key.value for key in call.keywords)] if (text := _action(one))}
        helper = functions.get(called) if called.startswith("_") else None
        if called in RECORD or helper:
            recorded |= texts
        if called in PUBLISH or (helper and _publishes(helper)):
            published |= texts
        if helper and called not in seen:
            more = _said(helper, functions, seen | {called})
            recorded, published = recorded | more[0], published | more[1]
    return recorded, published


def _publishes(function: ast.FunctionDef) -> bool:
    calls = [ast.unparse(one.func).rsplit(".", 1)[-1] for one in ast.walk(function) if isinstance(one, ast.Call)]
    return bool(PUBLISH & set(calls))


def _action(node: ast.expr) -> str:
    text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        text = "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)
    return text if ACTION.match(text) else ""


def lines() -> list[str]:
    def names(found: set[str]) -> str:
        return " ".join(sorted(found)) or "-"

    return sorted(f"{verb} | {names(said[0])} | {names(said[1])}" for verb, said in verbs().items())


@pytest.mark.requirement("LOG-002")
def test_every_verb_leaves_what_the_table_says() -> None:
    assert lines() == TABLE.read_text().splitlines(), f"a verb is new or leaves something else: bring {TABLE.name} up"


def declared() -> set[str]:
    return {f"{kind.noun}.{verb}" for kind in kinds.KINDS.values() if kind.noun != "thing" for verb in kind.verbs}


@pytest.mark.requirement("LOG-002")
def test_apps_declare_what_is_recorded_and_nothing_besides() -> None:
    recorded = {name for names, _ in verbs().values() for name in names}
    written = "".join(
        path.read_text() for path in ROOT.glob("apps/**/*.py") if not {"tests", "migrations"} & set(path.parts)
    )
    of_any = {name.removeprefix("{}.") for name in recorded if name.startswith("{}.")}

    assert {name for name in recorded if name[0] != "{"} - declared() == set()
    assert [
        name for name in sorted(declared()) if name.split(".")[1] not in of_any and f'"{name}"' not in written
    ] == []


@pytest.mark.requirement("LOG-002")
def test_who_looks_for_something_finds_it_in_the_category_where_it_was() -> None:
    others = {noun: str(kind.category) for noun, kind in kinds.KINDS.items() if kind.category != kinds.Category.DATA}

    assert others == {
        **dict.fromkeys(("session", "factor", "authorization"), "authentication"),
        **dict.fromkeys(("permission", "address", "view", "emergency", "emergencyaccess"), "authorization"),
        "setting": "configuration",
        **dict.fromkeys(
            (
                "tenant",
                "data_key",
                "own_key",
                "recovery_key",
                "destination",
                "user",
                "invitation",
                "role",
                "grant",
                "denial",
                "delegation",
                "api_key",
                "service_account",
                "apikey",
                "application",
                "signing_key",
            ),
            "administration",
        ),
    }


def test_retiring_a_version_is_in_the_table_with_an_entry_and_an_event() -> None:
    assert verbs()["models.retire_version"] == ({"version.retired"}, {"version.retired"})


def test_what_is_forgotten_is_noticed() -> None:
    with_both = (
        "def f():\n    audit.record('a.done')\n    _tell('b.done')\ndef _tell(what):\n    events.publish(what)\n"
    )

    assert dict(_verbs_of(ast.parse(with_both))) == {"f": ({"a.done", "b.done"}, {"b.done"})}
