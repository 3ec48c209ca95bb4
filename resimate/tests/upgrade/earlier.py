"""The product as it was at an earlier commit, checked out beside this one with packages of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from resimate.tests.product import ROOT, Product

COMMIT = (Path(__file__).parent / "COMMIT").read_text().strip()
FOLDER = ROOT / "build" / "earlier" / COMMIT
#: Commits that a clone without its past may hold.
SHALLOW = 50


def is_known() -> bool:
    """Whether this clone reaches back to the commit; a shallow one, or an unpacked archive, does not."""
    if shutil.which("git") is None:
        return False
    looked = subprocess.run(
        ["git", "cat-file", "-e", f"{COMMIT}^{{commit}}"], cwd=ROOT, capture_output=True, check=False
    )
    return looked.returncode == 0


def has_past() -> bool:
    """Whether this checkout holds more than its last commits, so that the earlier one ought to be among them."""
    if shutil.which("git") is None:
        return False
    counted = subprocess.run(
        ["git", "rev-list", "--count", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return counted.returncode == 0 and int(counted.stdout) > SHALLOW


def earlier_product() -> Product:
    """The earlier product on a new data folder. Sources and packages stay under ``build`` for the next time."""
    if not FOLDER.exists():
        _check_out()
    interpreter = {"PYTHON": sys._base_executable}  # type: ignore[attr-defined]
    installed = subprocess.run(
        [FOLDER / "scripts/install"], env=os.environ | interpreter, capture_output=True, text=True, check=False
    )
    assert installed.returncode == 0, installed.stdout + installed.stderr
    product = Product.new()
    product.root, product.python = FOLDER, FOLDER / ".venv/bin/python"
    return product


def _check_out() -> None:
    """Unpack beside the final place, so that an interrupted run leaves nothing half made."""
    draft = FOLDER.with_name(f"{FOLDER.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    archive = subprocess.run(["git", "archive", COMMIT], cwd=ROOT, stdout=subprocess.PIPE, check=True)
    subprocess.run(["tar", "--extract", "--directory", draft], input=archive.stdout, check=True)
    draft.rename(FOLDER)
