"""Production without its keys does nothing, rather than something with keys that everybody knows."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.requirement("SEC-DATA-001")
ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import django
django.setup()
from apps.keys import providers
providers.current()
"""


@pytest.mark.thorough
def test_without_an_encryption_key_nothing_is_encrypted(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "ENCRYPTION_KEY"}
    environment |= {"RESIMATE_ENV": "production", "RESIMATE_DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "the key-encryption key must have 32 bytes" in done.stderr
