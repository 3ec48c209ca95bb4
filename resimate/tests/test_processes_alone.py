"""A web server, worker or scheduler that is started alone, as an orchestrator starts it, can be scraped and probed."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from apps.core.observability.logs import FIELDS
from resimate.tests.product import ROOT, Product
from resimate_servers import ports
from resimate_servers.processes import wait_until

pytestmark = pytest.mark.requirement("MON-001", "K8S-001")
SHOWN = {
    "core-api": "resimate_web_threads 4.0",
    "worker-audit": 'resimate_queue_deliveries{queue="audit"}',
    "scheduler": "python_info",
}


@contextmanager
def alone(product: Product, role: str, *, port: int = 0, **extra: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """A further process of the product by itself, and the port of its management."""
    management = ports.choose("alone", {})
    environment = product.environment | {"RESIMATE_ROLE": role, "RESIMATE_MANAGEMENT_PORT": str(management)}
    environment |= {"RESIMATE_PORT": str(port or ports.choose("alone-web", {}))} | extra
    process = subprocess.Popen(
        [sys.executable, "-m", "resimate"],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        yield management, process
    finally:
        process.terminate()  # so that a server ends its own children
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _get(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
        return str(response.read().decode())


@pytest.mark.parametrize("role", SHOWN)
def test_a_process_alone_has_metrics_and_probes(product: Product, role: str) -> None:
    with alone(product, role) as (management, process):
        assert wait_until(lambda: ports.answers(management) or process.poll() is not None, 60)
        assert wait_until(lambda: SHOWN[role] in _get(management, "/metrics"), 30)
        assert json.loads(_get(management, "/health/live")) == {"status": "ok"}
        assert "database" in json.loads(_get(management, "/health/ready"))["dependencies"]


@pytest.mark.requirement("LOG-001")
def test_what_celery_says_itself_is_json_too(product: Product) -> None:
    with alone(product, "worker", REDIS_URL="redis://127.0.0.1:1/0") as (_, process):
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(2)]

    lines = [json.loads(line) for line in said]
    assert [(tuple(line), line["level"].isupper(), line["service"]) for line in lines] == [(FIELDS, True, "worker")] * 2
