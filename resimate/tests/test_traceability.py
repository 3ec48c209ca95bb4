"""The matrix of requirements: all of them, with every test that is marked, and no mark that means nothing."""

import ast
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from resimate.management.commands import requirements

pytestmark = pytest.mark.requirement("TEST-001")

MODULE = """
import pytest
pytestmark = [pytest.mark.thorough, pytest.mark.requirement("A-1", "A-2")]

def test_one(): ...

@pytest.mark.requirement("A-1", "A-3")
def test_two(): ...

@pytest.mark.requirement("A-4")
class TestMore:
    pytestmark = pytest.mark.requirement("A-5")
    def test_three(self): ...
    def helper(self): ...

def make(): ...
"""


def test_marks_of_modules_classes_and_functions_count() -> None:
    assert dict(requirements.marked(ast.parse(MODULE))) == {
        "test_one": ["A-1", "A-2"],
        "test_two": ["A-1", "A-2", "A-3"],
        "TestMore::test_three": ["A-1", "A-2", "A-4", "A-5"],
    }


def test_every_requirement_is_listed_with_its_tests(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("requirements", "--json")
    matrix = json.loads(capsys.readouterr().out)

    assert len(matrix) == 47
    assert (
        "resimate/tests/test_traceability.py::test_every_requirement_is_listed_with_its_tests"
        in (matrix["TEST-001"]["tests"])
    )
    assert matrix["CMS-002"]["priority"] == "high"
    assert all(one["title"] for one in matrix.values())


def test_those_without_a_test_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("requirements", "--untested", "--json")
    untested = json.loads(capsys.readouterr().out)

    assert all(one["tests"] == [] for one in untested.values())
    assert "CMS-001" not in untested


def test_a_mark_that_names_no_requirement_is_an_error(tmp_path: Path, settings: object) -> None:
    folder = tmp_path / "resimate" / "tests"
    folder.mkdir(parents=True)
    (folder / "test_x.py").write_text(MODULE)
    settings.BASE_DIR = tmp_path  # type: ignore[attr-defined]

    with pytest.raises(CommandError, match=r"test_x\.py::test_one: there is no requirement A-1"):
        call_command("requirements")
