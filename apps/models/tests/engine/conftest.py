"""Hypothesis runs short by default, at full size with ``RESIMATE_THOROUGH=1``, and without looking for the simplest
example where mutants are tried.
"""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

THOROUGH = os.environ.get("RESIMATE_THOROUGH") == "1"
settings.register_profile("short", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "mutants", settings.get_profile("short"), derandomize=True, database=None, phases=(Phase.explicit, Phase.generate)
)
settings.load_profile(os.environ.get("RESIMATE_HYPOTHESIS") or ("thorough" if THOROUGH else "short"))

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of published data sets, which is not part of the project."""
    folder = ROOT.parent / "shared" / "reference"
    if not folder.is_dir():
        pytest.skip(f"no reference data in {folder}")
    return folder
