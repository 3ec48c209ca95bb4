"""What `make run` promises: it starts, says where, survives being killed, and stops with nothing lost."""

import base64
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from resimate.tests.product import ROOT, Product


@pytest.fixture
def own_product() -> Iterator[Product]:
    product = Product.new()
    yield product
    product.remove()


@pytest.mark.requirement("ENV-001")
def test_it_prints_addresses_and_sign_ins(product: Product) -> None:
    output = product.output()

    assert f"http://demo.localhost:{product.port}/" in output
    assert product.password("analyst@demo.example") in output


@pytest.mark.requirement("AR-003", "MON-001")
def test_probes_answer_on_any_host_and_metrics_only_on_the_management_port(product: Product) -> None:
    assert product.request("GET", "no-such-tenant", "/health/live").status == 200
    ready = product.request("GET", "", "/health/ready")
    assert ready.status == 200
    assert set(ready.json()["dependencies"]) >= {"database", "redis", "worker", "scheduler"}
    assert product.request("GET", "demo", "/metrics").status == 404

    stranger = product.request("GET", "", "/health/ready", X_Forwarded_For="203.0.113.7")
    assert stranger.json() == {"status": "ok"}

    management = Product(product.folder, port=product.management_port)
    metrics = management.request("GET", "", "/metrics")

    assert metrics.status == 200
    assert b"resimate_http_requests_total" in metrics.body


def test_commands_print_the_address_that_is_served(product: Product) -> None:
    """A command beside the product finds its port as it finds its servers: in the data folder."""
    without_port = {name: value for name, value in product.environment.items() if name != "RESIMATE_PORT"}

    shown = subprocess.run(
        [sys.executable, "manage.py", "tenants", "show", "hdi", "--json"],
        cwd=ROOT, env=without_port, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert json.loads(shown.stdout)["address"] == f"http://hdi.localhost:{product.port}/"


def test_an_unknown_host_learns_nothing(product: Product) -> None:
    answer = product.request("GET", "no-such-tenant", "/api/v1/models/")

    assert (answer.status, answer.json()["code"], answer.json()["detail"]) == (404, "not_found", "Not found")


def test_a_busy_port_is_one_clear_sentence(own_product: Product) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", own_product.port))
        taken.listen()

        refused = own_product.manage("up", check=False)

    assert refused.returncode == 1
    assert refused.stderr.strip() == f"Port {own_product.port} is already in use; set RESIMATE_PORT to another one."


def test_a_folder_that_cannot_be_made_is_one_clear_sentence(own_product: Product) -> None:
    (own_product.folder / "data").write_text("a file is in the way")

    refused = own_product.manage("up", check=False)

    assert refused.returncode == 1
    assert len(refused.stderr.strip().splitlines()) == 1


def test_commands_say_when_the_servers_are_not_running(own_product: Product) -> None:
    refused = own_product.manage("tenants", "list", check=False)

    assert refused.returncode == 1
    assert refused.stderr.strip() == "The embedded servers are not running; start them with `make run`."


@pytest.mark.thorough
@pytest.mark.requirement("SEC-001")
def test_production_refuses_each_insecure_default_with_a_sentence() -> None:
    environment = {**os.environ, "RESIMATE_ENV": "production"}
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "EMAIL_URL", "SECRET_KEY", "COLLECTED_STATIC"):
        environment.pop(name, None)

    refused = subprocess.run(
        [sys.executable, "-c", "import resimate.wsgi"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert refused.returncode == 1
    named = {line.split()[1].rstrip(":") for line in refused.stderr.splitlines() if line.startswith("Set ")}
    assert named == {"DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SECRET_KEY", "ENCRYPTION_KEY", "RESIMATE_BASE_DOMAIN"}


@pytest.mark.thorough
@pytest.mark.requirement("SEC-001")
def test_a_production_configuration_passes_the_deployment_checks(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "RESIMATE_ENV": "production",
        "COLLECTED_STATIC": "yes",
        "STATIC_ROOT": str(tmp_path),
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ENCRYPTION_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "RESIMATE_BASE_DOMAIN": "resimate.example",
        "DATABASE_MAX_AGE": "600",
    }

    checked = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--database", "default", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stderr


@pytest.mark.requirement("DB-002")
@pytest.mark.parametrize(("pool", "kept"), [("0", "[600, 0]"), ("4", "[0, 0]")])
def test_threads_keep_no_session_of_the_owner(pool: str, kept: str) -> None:
    told = "from resimate import settings; print([one['CONN_MAX_AGE'] for one in settings.DATABASES.values()])"
    environment = {**os.environ, "DATABASE_MAX_AGE": "600", "DATABASE_POOL_SIZE": pool}

    started = subprocess.run(
        [sys.executable, "-c", told], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )

    assert started.stdout.strip() == kept


def test_the_doctor_finds_nothing_wrong_with_a_fresh_installation(product: Product) -> None:
    found = product.manage("doctor", check=False)

    assert found.returncode == 0, found.stdout
    assert "BAD" not in found.stdout


def _children(pid: int) -> list[int]:
    listed = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()
    return [int(child) for child in listed]


def _tree(pid: int) -> list[int]:
    return [pid, *(one for child in _children(pid) for one in _tree(child))]


@pytest.mark.requirement("AR-003")
def test_killing_everything_at_once_loses_nothing(own_product: Product) -> None:
    own_product.start()
    key = own_product.api_key("demo", "admin@demo.example")
    made = own_product.request("POST", "demo", "/api/v1/subjects/", key=key, body={"code": "kept", "name": "Kept"})
    assert made.status == 201
    assert own_product.process is not None

    for pid in _tree(own_product.process.pid):
        with suppress(ProcessLookupError):  # PostgreSQL's helpers come and go
            os.kill(pid, signal.SIGKILL)
    own_product.process.wait(10)
    own_product.start()

    kept = own_product.request("GET", "demo", made.headers["location"], key=key)
    assert (kept.status, kept.json()["name"]) == (200, "Kept")
    assert own_product.stop(signal.SIGTERM) == 0


def test_two_copies_run_side_by_side(product: Product, own_product: Product) -> None:
    own_product.start()

    assert own_product.request("GET", "", "/health/ready").status == 200
    assert product.request("GET", "", "/health/ready").status == 200
