"""Nothing is called proved that was not run, and nothing is shipped of which nobody says how far it was."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from resimate import verification
from resimate.verification import ROOT, Claim, Run

pytestmark = pytest.mark.requirement("TEST-003", "DEV-002")

CLAIM = Claim("Pods", ("k8s",), "they start", "R", ("tests/test_pods.py",), "make test", ("pypi:django",), "on a cloud")
SHIPPED = ("k8s/components/*", "infra/*", ".github/*", "Dockerfile")
PASSED, FAILED, SKIPPED = "", "<failure>no</failure>", "<skipped/>"


def report(folder: Path, day: str, **cases: str) -> Path:
    lines = "".join(
        f'<testcase classname="tests.test_pods" name="{name}">{came}</testcase>' for name, came in cases.items()
    )
    path = folder / f"{day}-{len(list(folder.iterdir()))}.xml"
    path.write_text(f'<testsuites><testsuite timestamp="{day}T10:00:00+00:00">{lines}</testsuite></testsuites>')
    return path


def found(*reports: Path) -> Run:
    return verification.runs(reports, [CLAIM])["Pods"]


def test_what_is_claimed_names_what_is_there() -> None:
    known = verification.claims()

    lacking = [name for one in known for name in (*one.files, *one.tests) if not (ROOT / name).exists()]
    assert lacking == []
    assert len({one.part for one in known}) == len(known)
    assert {one.level for one in known} <= verification.LEVELS.keys()
    assert all(verification.version_of(tool) for one in known for tool in one.tools)


def test_what_was_not_executed_says_what_is_left_and_the_rest_which_tests_show_it() -> None:
    for one in verification.claims():
        assert one.level == "R" or one.left, one.part
        assert bool(one.tests) == (one.level != "N"), one.part


def shipped() -> Iterator[Path]:
    for pattern in SHIPPED:
        yield from ROOT.glob(pattern)


def test_all_that_is_shipped_is_claimed() -> None:
    named = {ROOT / name for one in verification.claims() for name in one.files}

    unclaimed = [path for path in shipped() if not {path, *path.parents} & named and not _is_above(path, named)]
    assert unclaimed == []


def _is_above(path: Path, named: set[Path]) -> bool:
    return any(path in one.parents for one in named)


def test_a_test_counts_once_by_the_worst_that_came_of_it_where_it_ran(tmp_path: Path) -> None:
    short = report(tmp_path, "2026-11-02", one=PASSED, two=SKIPPED)
    long = report(tmp_path, "2026-11-01", one=PASSED, two=PASSED)

    assert found(short) == Run("2026-11-02", 1, 1, found(long).tools)
    assert found(short, long) == found(long, short) == Run("2026-11-01", 2, 0, found(long).tools)
    assert found(short, report(tmp_path, "2026-11-03", one=FAILED)).others == 2
    assert found(long).tools[0].startswith("django 5.2")


def test_other_tests_say_nothing_of_it(tmp_path: Path) -> None:
    path = report(tmp_path, "2026-11-01", one=PASSED)
    path.write_text(path.read_text().replace("test_pods", "test_pods_of_others"))

    assert verification.runs([path], [CLAIM]) == {}


def test_what_a_command_leaves_to_another_is_not_its_business(tmp_path: Path) -> None:
    assert verification.runs([report(tmp_path, "2026-11-01", one=SKIPPED, two=SKIPPED)], [CLAIM]) == {}


@pytest.mark.parametrize(
    ("run", "level", "shown"),
    [
        (None, "N (R once its tests have run)", "`make test`: not run yet"),
        (Run("2026-11-01", 3, 1), "N (R once its tests have run)", "`make test`, 2026-11-01: 3 passed, 1 did not"),
        (Run("2026-11-01", 0, 0), "N (R once its tests have run)", "`make test`, 2026-11-01: 0 passed"),
        (Run("2026-11-01", 3, 0, ("django 5.2",)), "R", "`make test`, 2026-11-01: 3 passed; django 5.2"),
    ],
    ids=["never", "not-all", "none", "all"],
)
def test_only_what_ran_is_called_proved(run: Run | None, level: str, shown: str) -> None:
    page = verification.page_of([CLAIM], {"Pods": run} if run else {})

    assert page.endswith(f"| Pods<br>`k8s` | they start | {level} | {shown} | on a cloud |\n")


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(verification, "version_of", {"pypi:django": "django 5.2"}.__getitem__)
    monkeypatch.setattr(verification, "ROOT", tmp_path)
    monkeypatch.setattr(verification, "RECORD", tmp_path / "record.json")
    monkeypatch.setattr(verification, "claims", lambda: [CLAIM])
    return tmp_path


def test_what_was_run_is_put_on_record_beside_what_was_before(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {"Others": Run("2026-10-01", 1, 0)}
    (kept / "record.json").write_text(verification.written(before))

    call_command("verification", report(kept, "2026-11-01", one=PASSED), write=True, as_json=True)

    assert json.loads(capsys.readouterr().out)["Pods"]["passed"] == 1
    now = {**before, "Pods": Run("2026-11-01", 1, 0, ("django 5.2",))}
    assert verification.recorded() == now
    assert (kept / "docs/verification.md").read_text() == verification.page_of([CLAIM], now)


@pytest.mark.parametrize(
    ("came", "problem"),
    [(FAILED, "nothing was put on record: Pods"), (SKIPPED, "nothing was put on record: Pods")],
    ids=["failed", "skipped"],
)
def test_what_did_not_pass_changes_nothing(kept: Path, came: str, problem: str) -> None:
    with pytest.raises(CommandError, match=problem):
        call_command("verification", report(kept, "2026-11-01", one=PASSED, two=came), write=True)

    assert not (kept / "record.json").exists()


@pytest.mark.parametrize(
    "content", [None, "", "<a", "<testsuites/>", "<testsuites><testsuite timestamp='soon'/></testsuites>"]
)
def test_what_is_no_report_is_told(kept: Path, content: Any) -> None:
    path = kept / "report.xml"
    if content is not None:
        path.write_text(content)

    with pytest.raises(CommandError, match=r"report\.xml is no report of tests"):
        call_command("verification", path)


def test_reports_of_other_things_are_told(kept: Path) -> None:
    with pytest.raises(CommandError, match="speak of no part"):
        call_command("verification", report(kept, str(date(2026, 11, 1))))
