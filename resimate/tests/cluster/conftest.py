"""One control plane for all the tests of a run; what they showed is printed at its end."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from resimate.tests.cluster import installed, report
from resimate.tests.cluster.plane import Plane
from resimate.tests.cluster.programs import program, versions


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    for name in ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "kwok"):
        program(name)
    made = Plane(Path(tmp_path_factory.mktemp("plane")))
    try:
        with report.shown("the control plane is up") as figures:
            made.start()
            figures.append(f"{len(made.listed('nodes'))} nodes of kwok")
        installed.define(made)
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="session")
def applied(plane: Plane) -> installed.Applied:
    return installed.Applied(plane)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if report.ROWS:
        terminalreporter.section("What the cluster showed")
        terminalreporter.line(", ".join(f"{name} {version}" for name, version in versions().items()))
        for line in report.table():
            terminalreporter.line(line)
