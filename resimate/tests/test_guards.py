"""What leaves the product's guards out one by one finds each of them, and leaves out that one alone."""

import re
from fnmatch import fnmatchcase
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from resimate.guards import __main__ as command
from resimate.guards import rules, switches
from resimate.guards.finding import Guard, Switched

SERVICE = Path("apps/toy/services/toy.py")
RULE = Path("apps/models/disclosure/toy.py")


class Rows(list[int]):
    """As much of a queryset as the toys need."""

    def filter(self, **conditions: Any) -> "Rows":
        return Rows(one for one in self if one in conditions.values())

    def select_for_update(self) -> str:
        return "locked"


class NotAllowed(Exception):
    pass


def refuse(*_: Any) -> None:
    raise NotAllowed


def exempt(page: Any) -> Any:
    return page


NAMES: dict[str, Any] = {
    "allows": lambda *_: False,
    "require": refuse,
    "visible": lambda rows, *_: rows[:1],
    "current_schema": lambda: "acme",
    "Rows": Rows,
    "FEWEST": 5,
    "PermissionDenied": NotAllowed,
    "exempt": exempt,
    "login_required": lambda page: refuse,
}


def switched(text: str, path: Path = SERVICE) -> tuple[dict[str, Any], list[Guard]]:
    """The names of the module with switches, and its guards."""
    found = Switched(path, count(1))
    names = dict(NAMES)
    exec(compile(found.written(text), str(path), "exec"), names)  # noqa: S102  our own toys
    return names, found.guards


def outcome(work: Any) -> Any:
    try:
        return work()
    except NotAllowed:
        return "refused"


@pytest.mark.parametrize(
    ("text", "path", "kind", "with_guard", "without"),
    [
        ("def f(): return allows('user', 'models:read', 1)", SERVICE, rules.PERMISSION, False, True),
        ("def f():\n require('models:read')\n return 'done'", SERVICE, rules.PERMISSION, "refused", "done"),
        ("def f(): return visible([1, 2], 'user', 'models:read')", SERVICE, rules.PERMISSION, [1], [1, 2]),
        ("@login_required\ndef f(): return 'page'", SERVICE, rules.PERMISSION, "refused", "page"),
        ("def f():\n if 1:\n  raise PermissionDenied\n return 'page'", SERVICE, rules.PERMISSION, "refused", "page"),
        ("def has_add_permission(): return False\nf = has_add_permission", SERVICE, rules.PERMISSION, False, True),
        ("class A:\n of_tenant = True\nf = lambda: A().of_tenant", SERVICE, rules.PERMISSION, True, False),
        ("def f(): return f'{current_schema()}:key'", SERVICE, rules.TENANT, "acme:key", "one:key"),
        ("def f(): return Rows([1, 2]).filter(tenant=1)", SERVICE, rules.TENANT, [1], []),
        ("def f(): return 'beta' == current_schema()", SERVICE, rules.TENANT, False, True),
        ("def f(): return Rows([1]).select_for_update()", SERVICE, rules.LOCK, "locked", [1]),
        ("def f():\n if 3 < FEWEST:\n  return 'hidden'\n return 'shown'", RULE, rules.DISCLOSURE, "hidden", "shown"),
        ("def f(): return [one for one in (1, 2) if one == 1]", RULE, rules.DISCLOSURE, [1], [1, 2]),
        ("def f(x=1, y=0): return bool(x and y)", RULE, rules.DISCLOSURE, False, True),
        ("def f():\n shown = {1, 2}\n shown -= {1}\n return shown", RULE, rules.DISCLOSURE, {2}, {1, 2}),
        ("def f():\n shown = {1, 2}\n shown.discard(1)\n return shown", RULE, rules.DISCLOSURE, {2}, {1, 2}),
    ],
)
def test_each_kind_of_guard_is_found_and_left_out(
    text: str, path: Path, kind: str, with_guard: Any, without: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    names, guards = switched(text, path)

    assert [one.kind for one in guards][-1:] == [kind]
    assert outcome(names["f"]) == with_guard
    monkeypatch.setattr(switches, "left_out", guards[-1].number)
    assert outcome(names["f"]) == without


def test_a_call_that_locks_reads_without_its_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    names, (guard,) = switched("def f(): return locked()")
    names["locked"] = lambda: "rows" in getattr(switches._here, "opened", ())

    assert names["f"]() is False
    monkeypatch.setattr(switches, "left_out", guard.number)
    assert names["f"]() is True
    assert not getattr(switches._here, "opened", ())


def test_a_page_opens_for_everybody_by_the_guard_that_it_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    """``workspace_page`` asks for all pages; without the guard of one page it asks for the others."""
    workspace = (
        "def workspace_page(admits):\n"
        " def around(page):\n"
        "  def entered():\n"
        "   if not admits(): raise PermissionDenied\n"
        "   return page()\n"
        "  return entered\n"
        " return around\n"
        "def nobody(): return False\n"
        "@workspace_page(nobody)\n"
        "def one(): return 'one'\n"
        "@workspace_page(nobody)\n"
        "def other(): return 'other'\n"
    )
    names, guards = switched(workspace)
    of_one = next(guard for guard in guards if guard.place.endswith(":one"))

    monkeypatch.setattr(switches, "left_out", of_one.number)

    assert [outcome(names[page]) for page in ("one", "other")] == ["one", "refused"]


def test_a_guard_that_is_left_out_lets_in_whom_another_around_it_asks_about(monkeypatch: pytest.MonkeyPatch) -> None:
    def guard(page: Any) -> Any:
        def guarded() -> str:
            return "refused"

        guarded.admits = lambda user: False  # type: ignore[attr-defined]  # a function's own attribute
        return guarded

    either: Any = switches.around(1, guard)(lambda: "page")
    assert (either(), either.admits("user")) == ("refused", False)

    monkeypatch.setattr(switches, "left_out", 1)

    assert (either(), either.admits("user")) == ("page", True)


def test_what_is_no_guard_stays_as_it_is() -> None:
    text = "LIMIT = current_schema()\ndef f(rows):\n if not rows:\n  return 0\n return rows.filter(name='a') or []"

    names, guards = switched(text)

    assert guards == []
    assert names["LIMIT"] == "acme"


def test_a_guard_is_known_by_its_place_and_words_wherever_it_moves_in_the_file() -> None:
    text = "class Door:\n def enter(self):\n  require('a')\n  require('a')"

    _, guards = switched(text)
    _, moved = switched(f"import json\n\n\n{text}")

    assert [one.key for one in guards] == [one.key for one in moved]
    assert [one.key for one in guards] == [
        "apps.toy.services.toy:Door.enter: require('a') -> None",
        "apps.toy.services.toy:Door.enter: require('a') -> None #2",
    ]


def line(test: str, took: float, *, setup: list[str], call: list[str], passed: bool = True) -> dict[str, Any]:
    return {"test": test, "took": took, "setup": setup, "call": call, "passed": passed}


REACH = {
    "guards": ["guard", "other"],
    "files": {
        "a.py": {
            "tests": [
                line("slow", 2.0, setup=[], call=["guard"]),
                line("quick", 1.0, setup=["other"], call=["guard"]),
                line("broken", 0.5, setup=[], call=["guard"], passed=False),
            ]
        }
    },
}


def test_the_tests_that_reach_a_guard_are_tried_the_fastest_first() -> None:
    tests = command.tests_of([], REACH)

    assert tests["guard"] == [("quick", 1.0), ("slow", 2.0)]
    assert tests["other"] == [("quick", 1.0), ("slow", 2.0)]


def test_a_guard_that_came_later_is_tried_with_the_tests_of_its_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = (Guard(n, rules.LOCK, "apps.toy:f", text, "apps/toy.py", n) for n, text in enumerate(["old", "new"]))
    monkeypatch.setattr(command, "every_guard", lambda: [old, new])
    reach = {"guards": [old.key], "files": {"a.py": {"tests": [line("quick", 1.0, setup=[], call=[old.key])]}}}

    assert command.tests_of([old, new], reach)[new.key] == [("quick", 1.0)]


def test_what_was_found_holds_until_the_module_or_the_test_that_noticed_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard = Guard(1, rules.LOCK, "apps.toy:f", "lock(rows) -> no lock", "toy.py", 3)
    monkeypatch.setattr(command, "ROOT", tmp_path)
    for name in ("toy.py", "test_a.py", "test_b.py"):
        (tmp_path / name).write_text(name)
    tests = [("test_a.py::test", 1.0), ("test_b.py::test", 1.0)]

    def kept(verdict: str, test: str = "") -> dict[str, str]:
        asked = [test] if test else [name for name, _ in tests]
        return {"verdict": verdict, "test": test, "digest": command.digest_of(guard, asked)}

    noticed, survived = kept("noticed", "test_a.py::test"), kept("survived")
    assert command.holds(noticed, guard, tests)
    assert command.holds(survived, guard, tests)
    assert not command.holds(kept("unsettled"), guard, tests)
    assert not command.holds(None, guard, tests)

    (tmp_path / "test_b.py").write_text("changed")
    assert command.holds(noticed, guard, tests)
    assert not command.holds(survived, guard, tests)

    (tmp_path / "toy.py").write_text("changed")
    assert not command.holds(noticed, guard, tests)


def test_an_unnoticed_guard_fails_the_command_unless_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    guard = Guard(1, rules.LOCK, "apps.toy:f", "lock(rows) -> no lock", "apps/toy.py", 3)
    named = tmp_path / "named.toml"
    named.write_text("")
    monkeypatch.setattr(command, "NAMED", named)
    survived = {guard.key: {"verdict": "survived"}}

    assert command.report([guard], survived, as_json=False) == 1
    assert "apps/toy.py:3 apps.toy:f: lock(rows) -> no lock" in capsys.readouterr().out

    named.write_text('["apps.toy:f"]\n"lock(rows) -> no lock" = "its caller holds the lock"\n')
    assert command.report([guard], survived, as_json=False) == 0
    assert command.report([guard], {guard.key: {"verdict": "noticed"}}, as_json=False) == 0
    assert f"named, and noticed: {guard.key}" in capsys.readouterr().out


@pytest.mark.thorough
def test_every_reason_names_a_guard_that_is_there() -> None:
    named = command.named()

    assert named.keys() <= {one.key for one in command.every_guard()}


def test_every_rule_finds_guards_in_the_product() -> None:
    """What is renamed would otherwise go out of sight without a word."""
    guards = command.every_guard()
    words = [one.text for one in guards]
    modules = {one.place.partition(":")[0] for one in guards}

    def is_called(names: str) -> bool:
        return any(re.search(rf"(^|[^\w.])([\w.]+\.)?({names})\(", text) for text in words)

    assert [names for names, _, _ in rules.CALLS if not is_called(names)] == []
    assert [name for name in rules.OF_GUARDS if not any(fnmatchcase(one, name) for one in modules)] == []
    assert [name for name in rules.DECORATORS if not any(text.startswith(f"@{name}") for text in words)] == []
    assert [place for place, _ in rules.SHARED if not any(f":{place}" in one.place for one in guards)] == []
    assert {one.kind for one in guards} == set(rules.KINDS)
