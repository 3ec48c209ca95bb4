"""The whole OpenAPI document against the running product: no 5xx, nothing undocumented."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from resimate.tests.product import ROOT, Product

EXAMPLES = 60
CHECKS = (
    ",".join(f"{name}_conformance" for name in ("status_code", "content_type", "response_headers", "response_schema"))
    + ",not_a_server_error"
)


@pytest.fixture(scope="module")
def key(product: Product) -> str:
    """The key of the administrator of a tenant that may be wrecked, without rate limits to speak of."""
    product.manage("tenants", "create", "fuzz", "--name", "Fuzz", "--admin-email", "admin@fuzz.example")
    for group in ("models", "assessments", "calculations", "default"):
        product.manage("config", "set", f"api.rate.{group}", "100000000", "--tenant", "fuzz")
    return product.api_key("fuzz", "admin@fuzz.example")


@pytest.mark.requirement("CMS-001", "DOC-001", "TEST-003")
def test_no_operation_fails_or_answers_what_is_not_documented(product: Product, key: str, tmp_path: Path) -> None:
    command = [
        *(str(Path(sys.executable).parent / "schemathesis"), "run", f"http://127.0.0.1:{product.port}/api/schema/"),
        *("--header", f"Host: fuzz.localhost:{product.port}", "--header", f"Authorization: Bearer {key}"),
        *("--checks", CHECKS, "--max-examples", str(EXAMPLES), "--seed", "7", "--workers", "1", "--no-color"),
        *("--continue-on-failure", "--warnings", "off", "--request-timeout", "30", "--generation-database", "none"),
        *("--phases", "examples,coverage,fuzzing,stateful"),
        *("--max-time", "300"),
        *("--suppress-health-check", "all"),
    ]

    knowing = os.environ | {"SCHEMATHESIS_HOOKS": "resimate.tests.fuzzing", "PYTHONPATH": str(ROOT)}
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=knowing)

    assert run.returncode == 0, (run.stdout + run.stderr)[-6000:]
    assert str(ROOT) not in run.stdout
