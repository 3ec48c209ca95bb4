"""Hypothesis runs short by default and at full size with ``RESIMATE_THOROUGH=1``."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("short", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("thorough" if os.environ.get("RESIMATE_THOROUGH") == "1" else "short")

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of published data sets, which is not part of the project."""
    folder = ROOT.parent / "shared" / "reference"
    if not folder.is_dir():
        pytest.skip(f"no reference data in {folder}")
    return folder
