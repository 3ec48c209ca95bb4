"""The recipe for a new app makes one that is in its place and has the shape of the others."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from resimate.tests.sources import ROOT

SHAPE = ["apps/toys", "resimate/tests/test_shape_of_apps.py", "resimate/tests/test_written_once.py"]
CHECKS = [
    ["ruff", "check", "."],
    ["ruff", "format", "--check", "."],
    ["lint-imports"],
    ["mypy", "apps/toys", "resimate/settings.py", "resimate/urls"],
    ["pytest", *SHAPE, "resimate/tests/test_permission_matrix.py", "resimate/tests/test_documentation.py"],
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the project with an app more."""
    root = tmp_path_factory.mktemp("copy") / "resimate"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(".*", "build", "__pycache__"))
    (root / ".venv").symlink_to(ROOT / ".venv")
    subprocess.run([root / "scripts/new-app", "toys", "campaigns", "toys of all kinds"], cwd=root, check=True)
    return root


@pytest.mark.thorough
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: " ".join(check[:2]))
def test_what_the_recipe_makes_passes_the_checks_of_the_house(check: list[str], copy: Path) -> None:
    program, *arguments = check
    command = [str(ROOT / ".venv/bin" / program), *arguments]
    own = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}  # and servers of its own
    done = subprocess.run(command, cwd=copy, env=own, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
