"""How long a web process of the image takes from its start to its first good answer: a figure of a quiet machine."""

import logging
import os
import resource
import statistics
import time
from collections.abc import Iterator

import pytest

from apps.core import roles
from resimate.tests.image.containers import LAYOUT
from resimate.tests.image.installation import Installation

logger = logging.getLogger(__name__)
pytestmark = [pytest.mark.requirement("K8S-002"), pytest.mark.load]

TIMES = 10
MOST_SECONDS = 2.0


@pytest.fixture(autouse=True)
def _built() -> None:
    if not LAYOUT.exists():
        pytest.skip("there is no image: `make image` builds it")


def starts(installation: Installation, role: str) -> Iterator[tuple[float, float]]:
    """The seconds until each start was ready, and those of processors that it took, its end included."""
    for _ in range(TIMES):
        before, spent = time.monotonic(), _spent()
        with installation.pod(role):
            ready = time.monotonic() - before
        yield ready, _spent() - spent


def _spent() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


@pytest.mark.parametrize("role", roles.WEB)
def test_a_web_process_is_ready_within_two_seconds(installation: Installation, role: str) -> None:
    found = list(starts(installation, role))

    ready, spent = (statistics.median(one) for one in zip(*found, strict=True))
    slowest = max(one for one, _ in found)
    logger.info(
        "%s: ready after %.2f s (slowest %.2f), %.2f s of processors; load %.1f",
        role,
        ready,
        slowest,
        spent,
        os.getloadavg()[0],
    )
    assert ready < MOST_SECONDS
