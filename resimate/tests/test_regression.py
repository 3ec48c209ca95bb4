"""Whether a change is slower is told by rounds of base, change and base again: the noise is the base against itself."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from resimate.bench import regression
from resimate.bench.regression import Verdict, base_of, confirmed, main, report, verdicts

pytestmark = pytest.mark.requirement("DEV-001")


def run(value: float, *, bar: str = "<= 50", unit: str = "ms") -> dict[str, dict[str, Any]]:
    return {"a list": {"what": "a list", "value": value, "bar": bar, "unit": unit}}


@pytest.mark.parametrize(
    ("base", "change", "again", "worse"),
    [
        (100, 100, 100, False),
        (100, 104, 100, False),
        (100, 106, 100, True),
        (100, 106, 102, False),  # the machine itself is two in a hundred off
        (100, 112, 102, True),
        (100, 50, 100, False),
        (100, 106, 97, False),
    ],
)
def test_it_is_worse_where_it_is_more_than_five_in_a_hundred_beyond_the_noise(
    base: float, change: float, again: float, worse: bool
) -> None:
    (found,) = verdicts([(run(base), run(change), run(again))] * 3)

    assert (found.what, found.is_worse) == ("a list", worse)


@pytest.mark.parametrize(
    ("bar", "unit"), [(">= 1e6", "/min"), (">= 0.6", "ratio"), ("", "times"), ("", "/min")], ids=str
)
def test_where_more_is_better_less_is_worse(bar: str, unit: str) -> None:
    def of(value: float) -> dict[str, dict[str, Any]]:
        return run(value, bar=bar, unit=unit)

    assert next(verdicts([(of(100), of(90), of(100))])).is_worse
    assert not next(verdicts([(of(100), of(110), of(100))])).is_worse


@pytest.mark.parametrize(("bar", "unit"), [("<= 1.1", "ratio"), ("", "ms"), ("", "µs")], ids=str)
def test_where_less_is_better_more_is_worse(bar: str, unit: str) -> None:
    assert next(verdicts([(run(1.0, bar=bar, unit=unit), run(1.1, bar=bar, unit=unit), run(1.0, bar=bar))])).is_worse


def test_one_round_that_was_disturbed_is_outvoted() -> None:
    quiet, disturbed = (run(100), run(101), run(100)), (run(100), run(300), run(100))

    assert not next(verdicts([quiet, disturbed, quiet])).is_worse


def test_a_machine_that_becomes_slower_meanwhile_is_no_fault_of_the_change() -> None:
    (found,) = verdicts([(run(100), run(110), run(121))] * 3)

    assert (found.ratio, found.noise, found.is_worse) == (1.0, 0.21, False)


def test_worse_is_what_was_so_twice() -> None:
    first = [Verdict(name, 1.2, 0.01, True) for name in ("by chance", "truly")]
    second = [Verdict("by chance", 1.0, 0.01, False), Verdict("truly", 1.2, 0.01, True)]

    assert [one.what for one in confirmed(first, second) if one.is_worse] == ["truly"]


def test_what_one_of_the_two_does_not_have_is_not_compared() -> None:
    new = {"new": {"what": "new", "value": 1, "bar": "", "unit": "ms"}}

    assert [one.what for one in verdicts([(run(1), run(1) | new, run(1))])] == ["a list"]


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(regression, "ROOT", tmp_path)
    return tmp_path


def test_it_says_what_is_worse_and_fails(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = Verdict("a list", 1.01, 0.02, False), Verdict("a page", 1.4, 0.02, True)

    assert report([good], "f" * 40)
    assert not report([good, bad], "f" * 40)
    assert capsys.readouterr().out.splitlines()[-1].split() == ["a", "page", "1.400", "noise", "0.020", "WORSE"]
    assert json.loads((elsewhere / "build/regression.json").read_text())["rows"][1]["is_worse"]


def test_that_nothing_could_be_compared_is_a_failure(elsewhere: Path) -> None:
    assert not report([], "f" * 40)


BENCH = """
import json, pathlib
pathlib.Path("build").mkdir(exist_ok=True)
spent = pathlib.Path("spent.txt").read_text()
row = {"what": "work", "value": float(spent), "bar": "<= 9", "unit": "s"}
pathlib.Path("build/bench.json").write_text(json.dumps({"rows": [row]}))
"""


@pytest.fixture
def project(elsewhere: Path) -> Path:
    """A project of two commits, the second of which takes longer, with a bench of its own."""

    def git(*words: str) -> None:
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b.example", *words], cwd=elsewhere, check=True)

    (elsewhere / "resimate/bench").mkdir(parents=True)
    (elsewhere / "build").mkdir()
    for name in ("resimate/__init__.py", "resimate/bench/__init__.py", *regression.LOCKS):
        (elsewhere / name).touch()
    (elsewhere / "resimate/bench/__main__.py").write_text(BENCH)
    git("init", "--quiet", "--initial-branch=main")
    for spent in ("1.0", "1.2"):
        (elsewhere / "spent.txt").write_text(spent)
        git("add", "--all")
        git("-c", "commit.gpgsign=false", "commit", "--quiet", "--message", spent)
    return elsewhere


def test_both_are_measured_by_the_bench_of_the_change(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "resimate/bench/__main__.py").write_text(BENCH.replace('"work"', '"work, asked anew"'))

    with pytest.raises(SystemExit) as ended:
        main(["main", "--rounds", "2"])

    assert ended.value.code == 1
    assert capsys.readouterr().out.splitlines()[-1].split() == [
        *("work,", "asked", "anew", "1.200", "noise", "0.000", "WORSE")
    ]
    assert [path.name for path in (project / "build").iterdir()] != []
    assert (
        subprocess.run(["git", "worktree", "list"], cwd=project, capture_output=True, check=True).stdout.count(b"\n")
        == 1
    )


def test_a_change_that_takes_no_longer_passes(project: Path) -> None:
    (project / "spent.txt").write_text("1.03")

    main(["main~1", "--rounds", "1"])


def test_a_base_that_is_not_there_is_said(project: Path) -> None:
    with pytest.raises(SystemExit, match=r"git merge-base: .*nowhere"):
        base_of("nowhere")
