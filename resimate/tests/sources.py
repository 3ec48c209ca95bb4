"""The packages of the project, for tests that look at what is written."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = sorted(path.parent for path in ROOT.glob("*/__init__.py"))


def modules() -> Iterator[Path]:
    """Every module of every package, tests among them."""
    for package in PACKAGES:
        yield from package.rglob("*.py")
