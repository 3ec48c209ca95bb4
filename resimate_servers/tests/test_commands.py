"""The two commands' outer shell: the Makefile and scripts/install."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from resimate_servers.tests.running import CHECKOUT


def _install(python: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHON": str(python), "RESIMATE_INSTALLING": "1"}
    return subprocess.run(
        [CHECKOUT / "scripts" / "install"], env=environment, capture_output=True, text=True, check=False
    )


def _fake_python(folder: Path, version: str, *, venv: bool, system: bool = False) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "version").write_text(version)
    python = folder / "python"
    codes = f"*version*) echo {version};; *EXTERNALLY*) exit {int(not system)};; *import*) exit {int(not venv)};;"
    python.write_text(f'#!/bin/sh\n[ "$1" != --version ] || echo {python}\ncase "$2" in {codes} esac\n')
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


def test_the_python_of_the_system_is_taken_before_newer_ones_and_one_without_venv_is_passed_over(
    tmp_path: Path,
) -> None:
    better, newer, system = (tmp_path / name for name in ("better", "newer", "system"))
    _fake_python(better, "3.13", venv=False, system=True)
    _fake_python(newer, "3.12", venv=True)
    _fake_python(system, "3.11", venv=True, system=True)

    assert _taken(tmp_path, better, newer, system) == str(system / "python")
    assert _taken(tmp_path, better, newer) == str(newer / "python")


def _taken(folder: Path, *places: Path) -> str:
    """The Python with which a copy of the script begins, where there are these."""
    checkout = folder / "-".join(place.name for place in places)
    (checkout / "scripts").mkdir(parents=True)
    shutil.copy(CHECKOUT / "scripts" / "install", checkout / "scripts")
    (checkout / "requirements.lock").write_text("")
    tools = checkout / "tools"
    tools.mkdir()
    for tool in ("cat", "cksum", "dirname", "rm"):
        (tools / tool).symlink_to(str(shutil.which(tool)))
    for place in places:
        (tools / f"python{place.joinpath('version').read_text()}").symlink_to(place / "python")
    begun = subprocess.run(
        [checkout / "scripts" / "install"], env={"PATH": str(tools)}, capture_output=True, text=True, check=False
    )
    return begun.stdout.removeprefix("Creating .venv with ").removesuffix(" ...\n")


def test_every_command_is_explained() -> None:
    shown = subprocess.run(["make", "help"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout

    for command in ("run", "test", "thorough", "browsers", "bench", "lint"):
        assert f"make {command} " in shown


def test_the_lock_holds_hashes_and_no_address() -> None:
    lock = (CHECKOUT / "requirements.lock").read_text()

    assert "://" not in lock
    assert lock.count("==") <= lock.count("--hash=sha256:")
