"""Names of tests are the same in each process: otherwise workers that share them refuse to start, now and then."""

import subprocess
import sys

import pytest
from django.conf import settings

pytestmark = pytest.mark.thorough


def _names() -> list[str]:
    asked = [sys.executable, "-m", "pytest", "--collect-only", "-p", "no:xdist"]
    done = subprocess.run(asked, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True, timeout=300)
    return [line for line in done.stdout.splitlines() if "::" in line]


def test_two_processes_at_two_moments_find_the_same_tests() -> None:
    first, second = _names(), _names()
    assert len(first) > 1_000
    assert first == second
