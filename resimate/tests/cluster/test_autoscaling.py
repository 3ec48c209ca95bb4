"""Autoscalers of Kubernetes by what a real metrics-server says, with the figures and the patience that are rendered."""

import math
import time
from collections.abc import Iterator

import pytest

from resimate.tests.cluster import controllers, report
from resimate.tests.cluster.installed import Applied
from resimate.tests.cluster.load import Load
from resimate.tests.cluster.plane import Plane
from resimate.tests.cluster.programs import program

pytestmark = [pytest.mark.cluster, pytest.mark.requirement("SCALE-001")]
#: Cores that all requests take: what more than seven pods have at 60 % of what they ask for, and fewer than eight.
STEP, REST = 4.6, 0.4
LEAST, CALCULATED = 2, 8
#: Seconds for which fewer pods have to be enough before there are fewer.
WINDOW = 300


@pytest.fixture(scope="module")
def load(plane: Plane, applied: Applied) -> Iterator[Load]:
    program("metrics-server")
    applied.has("onprem")
    with report.shown("metrics-server answers"):
        controllers.metrics_server(plane)
    with Load(plane, "users-api").shared() as made:
        made.cores = REST
        plane.until(lambda: made.replicas() == LEAST and _is_measured(plane), "the fewest pods, and what they use")
        yield made


def _is_measured(plane: Plane) -> bool:
    told = plane.got("hpa", "resimate-users-api", "-n", "resimate")["status"].get("currentMetrics") or []
    return any(one.get("resource", {}).get("name") == "cpu" for one in told)


def test_a_step_of_load_has_the_calculated_replicas_within_two_minutes(plane: Plane, load: Load) -> None:
    assert math.ceil(STEP / 0.6) == CALCULATED
    load.cores, began = STEP, time.monotonic()
    with report.shown("a step of load: the autoscaler goes out") as figures:
        plane.until(lambda: load.replicas() == CALCULATED, "the calculated replicas")
        seconds = time.monotonic() - began
        figures.append(f"{LEAST} to {CALCULATED} pods as calculated, {seconds:.0f} s after the step")
    assert seconds < 120


def test_they_go_when_fewer_have_been_enough_for_five_minutes(plane: Plane, load: Load) -> None:
    load.cores, began = REST, time.monotonic()
    with report.shown("it is gone: the autoscaler goes in") as figures:
        plane.until(lambda: load.replicas() == LEAST, "the fewest pods", WINDOW + 120)
        seconds = time.monotonic() - began
        figures.append(f"back to {LEAST} pods after {seconds:.0f} s, never more than {max(load.numbers())}")
    assert seconds > WINDOW * 0.9
    assert max(load.numbers()) <= CALCULATED * 1.1
