"""Every platform is built once; where its packages are not installed its tests are skipped, and say so."""

import gc

import pytest

from resimate_infra.platforms import PLATFORMS
from resimate_infra.tests.recording import Recorded, record

MADE: dict[str, Recorded] = {}


def pytest_configure() -> None:
    """Packages of clouds are a million objects that all stay: to look through them for garbage takes half the time."""
    gc.disable()


@pytest.fixture(params=sorted(PLATFORMS))
def platform(request: pytest.FixtureRequest) -> Recorded:
    return built(request.param)


def built(name: str) -> Recorded:
    """A platform as it was asked for."""
    pytest.importorskip("pulumi_random", reason="the packages of infra/pulumi are not here; `make infrastructure`")
    if name not in MADE:
        MADE[name] = record(name)
    return MADE[name]
