"""The lines of OWASP ASVS 5.0 that we look at: each has a test that is there or a reason, and none is twice."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from resimate.management.commands import asvs

pytestmark = pytest.mark.requirement("TEST-001")
HERE = "resimate/tests/test_asvs.py::test_every_line_shows_something"
MET = {"id": "1.1.1", "level": 2, "says": "x", "status": "met", "tests": [HERE], "reason": ""}


def test_every_line_shows_something(settings: Any) -> None:
    assert asvs.flaws(asvs.lines(), asvs.tests(Path(settings.BASE_DIR))) == []


def test_every_line_of_the_first_two_levels_is_there() -> None:
    """ASVS 5.0.0 has 70 lines of level 1 and 183 of level 2; of level 3 we have those that we claim."""
    found = asvs.lines()

    assert {level: count for level, count in Counter(line["level"] for line in found).items() if level < 3} == {
        1: 70,
        2: 183,
    }
    assert {line["status"] for line in found if line["level"] == 3} == {"met"}
    assert [line["id"] for line in found] == sorted(
        (line["id"] for line in found), key=lambda name: [int(part) for part in name.split(".")]
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"tests": []}, "1.1.1 is met by no test."),
        ({"tests": ["resimate/tests/test_asvs.py::test_gone"]}, "1.1.1: there is no test"),
        ({"status": "not", "tests": []}, "1.1.1 is not met, and has no reason."),
        ({"status": "partly"}, "1.1.1 is not met, and has no reason."),
        ({"status": "nearly", "reason": "x"}, "1.1.1: 'nearly' is no status."),
    ],
)
def test_a_line_that_shows_nothing_is_said(changed: dict[str, Any], said: str) -> None:
    (flaw,) = asvs.flaws([MET | changed], {HERE})

    assert flaw.startswith(said)
    assert asvs.flaws([MET], {HERE}) == []


def test_a_line_that_is_twice_is_said() -> None:
    assert asvs.flaws([MET, MET], {HERE}) == ["1.1.1 is there 2 times."]


def test_the_command_counts_by_chapter(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("asvs")
    told = capsys.readouterr().out.splitlines()
    call_command("asvs", "--json")
    found = json.loads(capsys.readouterr().out)

    assert told[-1].startswith("Together")
    assert sum(map(int, told[-1].split()[1:])) == len(found)


def test_the_command_fails_over_a_line_that_shows_nothing(tmp_path: Path, settings: Any) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "asvs.csv").write_text("id,level,says,status,tests,reason\n1.1.1,2,x,met,,\n")
    settings.BASE_DIR = tmp_path

    with pytest.raises(CommandError, match=r"1\.1\.1 is met by no test"):
        call_command("asvs")
