"""Hypothesis runs short by default, at full size with ``RESIMATE_THOROUGH=1``, and without looking for the simplest
example where mutants are tried.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from resimate_engine.problems import Invalid, Problem

THOROUGH = os.environ.get("RESIMATE_THOROUGH") == "1"
#: The same examples each time, so that a change is not blamed for what it did not do; the long run of somebody at work
#: looks for new ones, and so for more: the same ones again and again would find no more than they did.
USUAL = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True, database=None)
settings.register_profile("short", USUAL, max_examples=50)
IN_CI = "CI" in os.environ
settings.register_profile("thorough", USUAL, max_examples=500 if IN_CI else 10_000, derandomize=IN_CI)
settings.register_profile("mutants", settings.get_profile("short"), phases=(Phase.explicit, Phase.generate))
settings.load_profile(os.environ.get("RESIMATE_HYPOTHESIS") or ("thorough" if THOROUGH else "short"))

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of published data sets, which is not part of the project."""
    folder = ROOT.parent / "shared" / "reference"
    if not folder.is_dir():
        pytest.skip(f"no reference data in {folder}")
    return folder


@pytest.fixture(autouse=True)
def _refusals_are_said_in_full(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever calculating refuses in any of these tests is said with a JSON pointer, a code and a sentence."""
    if request.path.parent != Path(__file__).parent:
        return  # documents and files have sentences of their own
    refuse = Invalid.__init__

    def checked(self: Invalid, problems: Sequence[Problem]) -> None:
        for problem in problems:
            assert re.fullmatch(r"(/[a-z_]+(/.*)?)?", problem.pointer), problem
            assert re.fullmatch(r"[a-z]+(_[a-z]+)*", problem.code), problem
            assert len(problem.detail.split()) > 2, problem
        refuse(self, problems)

    monkeypatch.setattr(Invalid, "__init__", checked)
