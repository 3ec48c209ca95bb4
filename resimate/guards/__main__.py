"""``make mutants OF=guards``: leave each guard of the product out once, and see which test notices.

What was found is kept in ``build/guards``: as long as a module, its tests and the guard are the same, it is not tried
again. A guard that no test notices fails the command, unless ``named.toml`` names it with its reason.
"""

import argparse
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from resimate.guards import rules
from resimate.guards.finding import Guard, find

ROOT = Path(__file__).resolve().parents[2]
NAMED = Path(__file__).parent / "named.toml"
WORK = ROOT / "build" / "guards"
TREE = WORK / "tree"
NOT_COPIED = shutil.ignore_patterns(".*", "build", "__pycache__")
#: The toys in the tests of this tool number their guards from 1, too, but these are no guards of the product.
OWN_TESTS = ROOT / "resimate" / "tests" / "test_guards.py"
PROCESSES = 2
#: Seconds for all the tests of one guard.
LIMIT = 240.0
NOTICED = ("noticed", "timeout")
UNNOTICED = ("survived", "unsettled", "unreached")


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    wishes = _wishes()
    guards = [guard for guard in every_guard() if wanted(guard, wishes)]
    if wishes.sample:
        drawn = random.Random(wishes.seed)  # noqa: S311  the same guards for the same seed; nothing is secret
        guards = drawn.sample(guards, min(wishes.sample, len(guards)))
    if wishes.list:
        _say("\n".join([*(f"{one.path}:{one.line} {one.kind} {one.key}" for one in guards), *_counts(guards)]))
        return
    copy_tree()
    reach = record(again=wishes.again)
    verdicts = attempt(guards, reach, again=wishes.again)
    sys.exit(report(guards, verdicts, as_json=wishes.json))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _wishes() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m resimate.guards", description=__doc__)
    parser.add_argument("--only", default="", metavar="PATTERN", help="guards whose place or text the pattern finds")
    parser.add_argument("--kind", choices=rules.KINDS)
    parser.add_argument("--sample", type=int, metavar="N", help="so many of them, drawn by lot")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", action="store_true", help="forget what was found before")
    parser.add_argument("--list", action="store_true", help="say what there is, and try nothing")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def wanted(guard: Guard, wishes: argparse.Namespace) -> bool:
    return (not wishes.kind or guard.kind == wishes.kind) and bool(re.search(wishes.only, guard.key))


@cache
def every_guard() -> list[Guard]:
    found = (guard for _, guards in find(ROOT).values() for guard in guards)
    return sorted(found, key=lambda one: rules.KINDS.index(one.kind))


def copy_tree() -> None:
    """Copy the product, with switches beside its guards."""
    TREE.mkdir(parents=True, exist_ok=True)
    for old in TREE.iterdir():
        if old.name != "build":
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    shutil.copytree(ROOT, TREE, ignore=NOT_COPIED, dirs_exist_ok=True)
    for path, (text, _) in find(ROOT).items():
        (TREE / path.relative_to(ROOT)).write_text(text)


# -- which test reaches what


def record(*, again: bool) -> dict[str, Any]:
    """What each test reaches: ``files`` are run anew when they have changed, ``guards`` are those that all had a say.

    A guard that came later was not there when the other files ran: :func:`tests_of` asks its neighbours.
    """
    kept = WORK / "reach.json"
    before: dict[str, Any] = {"guards": [], "files": {}}
    if kept.exists() and not again:
        before = json.loads(kept.read_text())
    keys = {guard.number: guard.key for guard in every_guard()}
    paths = [*ROOT.glob("apps/**/test_*.py"), *(ROOT / "resimate" / "tests").glob("**/test_*.py")]
    paths.remove(OWN_TESTS)
    digests = {str(path.relative_to(ROOT)): _digest(path.read_bytes()) for path in paths}
    files = {name: entry for name, entry in before["files"].items() if digests.get(name) == entry["digest"]}
    stale = sorted(digests.keys() - files.keys())
    guards = before["guards"] if files else sorted(keys.values())
    files |= {name: {"digest": digests[name], "tests": []} for name in stale}
    for line in run([{"files": stale[k::PROCESSES]} for k in range(PROCESSES)], "reach"):
        reached = {part: [keys[number] for number in line[part]] for part in ("setup", "call")}
        files[line["test"].partition("::")[0]]["tests"].append(line | reached)
    reach = {"guards": guards, "files": files}
    kept.write_text(json.dumps(reach))
    return reach


def tests_of(guards: Iterable[Guard], reach: Mapping[str, Any]) -> dict[str, list[tuple[str, float]]]:
    """Of each guard the tests that reach it, the fastest first; last those of a file that is set up by way of it."""
    found: dict[str, dict[str, tuple[bool, float]]] = defaultdict(dict)
    for entry in reach["files"].values():
        passed = [line for line in entry["tests"] if line["passed"]]
        for key in {key for line in passed for key in line["setup"]}:
            found[key] |= {line["test"]: (True, line["took"]) for line in passed}
        for line in passed:
            for key in line["call"]:
                found[key][line["test"]] = (False, line["took"])
    for guard in {guard.key: guard for guard in guards if guard.key not in reach["guards"]}.values():
        found[guard.key] = {**_near(guard, found, reach), **found[guard.key]}
    return {
        key: [(name, took) for name, (_, took) in sorted(tests.items(), key=lambda pair: pair[1])]
        for key, tests in found.items()
    }


def _near(guard: Guard, found: Mapping[str, Any], reach: Mapping[str, Any]) -> dict[str, tuple[bool, float]]:
    """The tests that reach the guards of the same module; if none do, those of its app."""
    beside = [found[one.key] for one in every_guard() if one.path == guard.path and one.key in found]
    if beside:
        return {name: timed for tests in beside for name, timed in tests.items()}
    app = "/".join(guard.path.split("/")[:2])
    lines = (line for name, entry in reach["files"].items() if name.startswith(app) for line in entry["tests"])
    return {line["test"]: (False, line["took"]) for line in lines if line["passed"]}


# -- each guard left out once


def attempt(guards: Sequence[Guard], reach: Mapping[str, Any], *, again: bool) -> dict[str, dict[str, Any]]:
    """Try the guards that have no verdict yet. Every verdict is written down at once: what is stopped goes on later."""
    kept = WORK / "verdicts.jsonl"
    if again:
        kept.unlink(missing_ok=True)
    tests = tests_of(guards, reach)
    before = {line["key"]: line for line in _lines(kept)}
    due = [one for one in guards if not holds(before.get(one.key), one, tests.get(one.key, []))]
    due.sort(key=lambda one: before.get(one.key, {}).get("verdict") == "unsettled")
    noticed = Counter(name for line in before.values() for name in (line["test"], f"{line['path']} {line['test']}"))
    plans = [
        _plan([(one, tests.get(one.key, [])) for one in due[k::PROCESSES]]) | {"noticed": noticed}
        for k in range(PROCESSES)
    ]
    run(plans, "verdicts", kept)
    return {line["key"]: line for line in _lines(kept)}


def holds(line: Mapping[str, Any] | None, guard: Guard, tests: Sequence[tuple[str, float]]) -> bool:
    """Whether what was found is still so: what a test noticed, as long as it is reached and both are the same."""
    if line is None or line["verdict"] == "unsettled":
        return False
    names = [name for name, _ in tests]
    if line["verdict"] not in NOTICED:
        return bool(line["digest"] == digest_of(guard, names))
    return line["test"] in names and bool(line["digest"] == digest_of(guard, [line["test"]]))


def _plan(due: Sequence[tuple[Guard, Sequence[tuple[str, float]]]]) -> dict[str, Any]:
    files = sorted({_file_of(name) for _, tests in due for name, _ in tests})
    near = Nearness(set(files))
    guards = [
        {
            "number": one.number,
            "key": one.key,
            "path": one.path,
            "tests": [(name, took, near.of(one, name)) for name, took in tests],
            "digests": {file: digest_of(one, [file]) for file in sorted({_file_of(name) for name, _ in tests})},
            "digest": digest_of(one, [name for name, _ in tests]),
        }
        for one, tests in due
    ]
    return {"limit": LIMIT, "guards": guards, "files": files}


class Nearness:
    """How much a test has in common with a guard: the words of both, the rarer the more."""

    def __init__(self, files: Iterable[str]) -> None:
        self.words = {name: words_of((ROOT / name).read_text()) for name in files}
        self.spread = Counter(word for words in self.words.values() for word in words)

    def of(self, guard: Guard, test: str) -> float:
        own = words_of(guard.key)
        shared = Counter(own & self.words[_file_of(test)]) + Counter(own & words_of(test))
        return sum(times / self.spread[word] for word, times in shared.items() if self.spread[word])


def words_of(text: str) -> frozenset[str]:
    return frozenset(re.findall("[a-z]{4,}", text.lower()))


def _file_of(test: str) -> str:
    return test.partition("::")[0]


def digest_of(guard: Guard, tests: Iterable[str]) -> str:
    """Of a guard, its module, and the files of those tests; a file that is gone is nothing."""
    paths = [ROOT / guard.path, *(ROOT / name for name in sorted({_file_of(test) for test in tests}))]
    return _digest(guard.key, *(path.read_bytes() if path.exists() else b"" for path in paths))


def _digest(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() if isinstance(part, str) else part)
    return digest.hexdigest()[:16]


def run(plans: Sequence[dict[str, Any]], name: str, out: Path | None = None) -> list[dict[str, Any]]:
    """Let a process of pytest work on each plan that names files; returns what they wrote."""
    running, outs = [], []
    for number, plan in enumerate(plans):
        outs.append(out or WORK / f"{name}-{number}.jsonl")
        if out is None:
            outs[-1].unlink(missing_ok=True)
        if not plan["files"]:
            continue
        written = WORK / f"{name}-{number}.plan"
        written.write_text(json.dumps(plan | {"out": str(outs[-1])}))
        environment = {**os.environ, "RESIMATE_GUARDS": str(written), "PYTEST_XDIST_WORKER": f"gw{number}"}
        command = [sys.executable, "-m", "pytest", "-p", "resimate.guards.trying", "-p", "no:cacheprovider", "-s"]
        with (WORK / f"{name}-{number}.log").open("w") as log:
            process = subprocess.Popen(  # noqa: S603  our own tests
                [*command, *plan["files"]], cwd=TREE, env=environment, stdout=log, stderr=subprocess.STDOUT
            )
        running.append(process)
    try:
        for process in running:
            process.wait()
    finally:
        for process in running:
            process.terminate()
    return [line for path in sorted(set(outs)) for line in _lines(path)]


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


# -- what came of it


def report(guards: Sequence[Guard], verdicts: Mapping[str, Mapping[str, Any]], *, as_json: bool) -> int:
    """Print it; returns the exit code, 1 when a guard that nobody has named can go unnoticed."""
    reasons = named()
    verdict_by_key = {guard.key: str(verdicts.get(guard.key, {}).get("verdict", "untried")) for guard in guards}
    unnoticed = [guard for guard in guards if verdict_by_key[guard.key] in UNNOTICED and guard.key not in reasons]
    stale = sorted(key for key, verdict in verdict_by_key.items() if key in reasons and verdict in NOTICED)
    if as_json:
        rows = [
            {
                "kind": guard.kind,
                "place": guard.place,
                "text": guard.text,
                "verdict": verdict_by_key[guard.key],
                "reason": reasons.get(guard.key),
            }
            for guard in guards
        ]
        _say(json.dumps(rows, indent=2))
    else:
        _say("\n".join([*_table(guards, verdict_by_key, reasons), *_lists(unnoticed, verdict_by_key, stale)]))
    return 1 if unnoticed else 0


def named() -> dict[str, str]:
    """The guards that need not be noticed, each with its reason."""
    places = tomllib.loads(NAMED.read_text())
    return {f"{place}: {text}": why for place, some in places.items() for text, why in some.items()}


def _table(guards: Sequence[Guard], verdicts: Mapping[str, str], reasons: Mapping[str, str]) -> list[str]:
    heads = ("noticed", "timeout", "survived", "unsettled", "unreached", "untried", "named")
    lines = [f"{'':12}{'guards':>10}" + "".join(f"{head:>10}" for head in heads)]
    for kind in (*rules.KINDS, ""):
        of_kind = [guard for guard in guards if guard.kind == kind or not kind]
        counted = Counter(
            "named" if guard.key in reasons and verdicts[guard.key] not in NOTICED else verdicts[guard.key]
            for guard in of_kind
        )
        lines.append(f"{kind or 'all':12}{len(of_kind):>10}" + "".join(f"{counted[head]:>10}" for head in heads))
    return lines


def _lists(unnoticed: Sequence[Guard], found: Mapping[str, str], stale: Sequence[str]) -> list[str]:
    lines = [f"{found[one.key]:10} {one.path}:{one.line} {one.key}" for one in unnoticed]
    return [*lines, *(f"named, and noticed: {key}" for key in stale)]


def _counts(guards: Sequence[Guard]) -> list[str]:
    counted = Counter(one.kind for one in guards)
    return [f"{kind:12}{counted[kind]:>6}" for kind in rules.KINDS] + [f"{'all':12}{len(guards):>6}"]


if __name__ == "__main__":
    main()
