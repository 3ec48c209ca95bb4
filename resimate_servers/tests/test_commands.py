"""The two commands' outer shell: the Makefile and scripts/install."""

import os
import subprocess
from pathlib import Path

import pytest

from resimate_servers.tests.running import CHECKOUT


def _install(python: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHON": str(python), "RESIMATE_INSTALLING": "1"}
    return subprocess.run(
        [CHECKOUT / "scripts" / "install"], env=environment, capture_output=True, text=True, check=False
    )


def _fake_python(folder: Path, version: str, *, venv: bool) -> Path:
    python = folder / "python"
    python.write_text(f'#!/bin/sh\ncase "$2" in *version*) echo {version};; *) exit {0 if venv else 1};; esac\n')
    python.chmod(0o755)
    return python


@pytest.mark.parametrize("version", ["2.7", "3.10", "3.14"])
def test_an_unfit_python_is_refused_in_one_sentence(tmp_path: Path, version: str) -> None:
    refused = _install(_fake_python(tmp_path, version, venv=True))

    assert refused.returncode == 1
    assert refused.stderr.splitlines() == [
        f"Resimate needs Python 3.11, 3.12 or 3.13 (found: {version}); install one, or name it: "
        "make run PYTHON=/path/to/python."
    ]


def test_a_python_without_venv_is_refused_in_one_sentence(tmp_path: Path) -> None:
    refused = _install(_fake_python(tmp_path, "3.12", venv=False))

    assert refused.returncode == 1
    assert refused.stderr.endswith("(Debian and Ubuntu: apt install python3.12-venv).\n")


def test_every_command_is_explained() -> None:
    shown = subprocess.run(["make", "help"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout

    for command in ("run", "test", "thorough", "browsers", "bench", "lint"):
        assert f"make {command} " in shown


def test_the_lock_holds_hashes_and_no_address() -> None:
    lock = (CHECKOUT / "requirements.lock").read_text()

    assert "://" not in lock
    assert lock.count("==") <= lock.count("--hash=sha256:")
