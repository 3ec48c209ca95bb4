"""``make regression BASE=main``: whether this change makes the product slower, told by ratios on one machine.

The bench of the change measures both trees in turn, in processes of their own: the base, the change, the base again. So
each round says how far the change is from the two that surround it, and how far these are from each other, which is the
noise of this machine at this hour. A measurement is worse where the median of its rounds is worse by more than 5 %
beyond that, and once more when whatever seemed so is measured again.
"""

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
WORSE = 0.05
#: What both trees are measured by: that of the change, so that the same is asked of both.
YARDSTICK = "resimate/bench"
LOCKS = ("requirements.lock", "requirements-measure.lock")
RISING = ("times", "/min", "/s")
Rows = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Verdict:
    """``ratio`` above 1 is slower than the base, ``noise`` how far the base is from itself."""

    what: str
    ratio: float
    noise: float
    is_worse: bool


def verdicts(rounds: Sequence[tuple[Rows, Rows, Rows]]) -> Iterator[Verdict]:
    """Of what was measured in all three runs of every round."""
    shared = set.intersection(*(set(run) for one in rounds for run in one))
    for what in (name for name in rounds[0][1] if name in shared):
        ratios = [
            math.sqrt(_slower(base[what], change[what]) * _slower(again[what], change[what]))
            for base, change, again in rounds
        ]
        noise = statistics.median(abs(_slower(base[what], again[what]) - 1) for base, _, again in rounds)
        ratio = statistics.median(ratios)
        yield Verdict(what, round(ratio, 3), round(noise, 3), ratio - 1 > WORSE + noise)


def _slower(base: dict[str, Any], other: dict[str, Any]) -> float:
    """How many times as long it takes; 1 where nothing could be told."""
    before, after = float(base["value"]), float(other["value"])
    if not before or not after:
        return 1.0
    return before / after if _is_more_better(base) else after / before


def _is_more_better(row: dict[str, Any]) -> bool:
    return row["bar"].startswith(">=") if row["bar"] else row["unit"] in RISING


def measured(tree: Path, parts: Sequence[str]) -> Rows:
    """By a process of that tree: what was imported here is of another."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [str(_python(tree)), "-m", "resimate.bench", *parts]
    subprocess.run(command, cwd=tree, env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  our own
    rows: list[dict[str, Any]] = json.loads((tree / "build" / "bench.json").read_text())["rows"]
    return {row["what"]: row for row in rows}


def _python(tree: Path) -> Path:
    """Its own where it has one: it made it because it needs other packages."""
    own = tree / ".venv" / "bin" / "python"
    return own if own.exists() else Path(sys.executable)


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """The base beside us, with our bench in it, and with packages of its own where it needs others."""
    with tempfile.TemporaryDirectory(prefix="regression-", dir=ROOT / "build") as folder:
        tree = Path(folder) / "base"
        _git("worktree", "add", "--detach", "--quiet", str(tree), commit)
        try:
            shutil.rmtree(tree / YARDSTICK, ignore_errors=True)
            shutil.copytree(ROOT / YARDSTICK, tree / YARDSTICK)
            if any((tree / lock).read_bytes() != (ROOT / lock).read_bytes() for lock in LOCKS):
                subprocess.run(["make", "measuring"], cwd=tree, check=True)  # noqa: S607  as one would by hand
            yield tree
        finally:
            _git("worktree", "remove", "--force", str(tree))


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603, S607  git
    if done.returncode:
        raise SystemExit(f"git {words[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


def base_of(name: str) -> str:
    """The commit that the change began from; on the branch itself, the one before."""
    base = _git("merge-base", "HEAD", name)
    return base if base != _git("rev-parse", "HEAD") else _git("rev-parse", "HEAD~1")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="make regression", description=__doc__)
    parser.add_argument("base", help="a branch or a commit")
    parser.add_argument("--parts", nargs="*", default=[], help="of the bench; without it, all")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args(arguments)
    commit = base_of(asked.base)
    with checked_out(commit) as tree:
        found = list(verdicts(rounds_of(tree, asked.parts, max(asked.rounds, 1))))
        if any(one.is_worse for one in found):
            sys.stderr.write("something seems to be worse: once more\n")
            found = confirmed(found, verdicts(rounds_of(tree, asked.parts, max(asked.rounds, 1))))
    if not report(found, commit):
        raise SystemExit(1)


def rounds_of(tree: Path, parts: Sequence[str], count: int) -> list[tuple[Rows, Rows, Rows]]:
    return [(measured(tree, parts), measured(ROOT, parts), measured(tree, parts)) for _ in range(count)]


def confirmed(first: Sequence[Verdict], second: Iterable[Verdict]) -> list[Verdict]:
    """Worse is what was so both times: of some forty measurements one is off by chance now and then."""
    again = {one.what: one.is_worse for one in second}
    return [replace(one, is_worse=one.is_worse and again.get(one.what, True)) for one in first]


def report(found: Sequence[Verdict], commit: str) -> bool:
    """A table and JSON; whether nothing is worse. That nothing could be compared is no good news."""
    target = ROOT / "build" / "regression.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps({"base": commit, "rows": [asdict(one) for one in found]}, indent=1))
    sys.stdout.write(f"against {commit[:12]}; above 1 is slower\n")
    for one in found:
        mark = "WORSE" if one.is_worse else ""
        sys.stdout.write(f"{one.what:<60}{one.ratio:>8.3f}  noise {one.noise:.3f}  {mark}\n")
    if not found:
        sys.stdout.write("nothing was measured in both\n")
    return bool(found) and not any(one.is_worse for one in found)


if __name__ == "__main__":
    main()
