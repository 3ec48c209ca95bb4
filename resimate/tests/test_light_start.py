"""A process that starts loads nothing that only some work needs: it would be time and memory in every process."""

import json
import subprocess
import sys

import pytest

from resimate.tests.product import ROOT

pytestmark = [pytest.mark.requirement("PERF-001"), pytest.mark.thorough]
#: Workbooks, calls over HTTP, types of files, buckets, security modules, directories, shares of keys, passkeys.
SELDOM = {
    "openpyxl",
    "xlsxwriter",
    "httpcore2",
    "ldap3",
    "puremagic",
    "boto3",
    "botocore",
    "storages",
    "pkcs11",
    "shamir_mnemonic",
    "webauthn",
}
START = """
import json, sys
import django; django.setup()
import celery, resimate.celery, resimate.urls.tenant
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_what_is_seldom_needed_is_not_loaded_at_the_start() -> None:
    started = subprocess.run([sys.executable, "-c", START], cwd=ROOT, check=True, capture_output=True, text=True)
    loaded = set(json.loads(started.stdout))

    assert {"django", "numpy", "psycopg"} <= loaded
    assert not loaded & SELDOM
