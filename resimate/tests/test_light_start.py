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

#: What an image reads before its role's own program begins; drivers, servers and clients come with that program.
BEGIN = """
import json, sys
import resimate.__main__, resimate.wishes
resimate.wishes.declare()
print(json.dumps(sorted(sys.modules)))
"""
TOO_SOON = {"django", "numpy", "psycopg", "http.client", "prometheus_client", "resimate_servers.servers"}


def test_what_is_seldom_needed_is_not_loaded_at_the_start() -> None:
    started = subprocess.run([sys.executable, "-c", START], cwd=ROOT, check=True, capture_output=True, text=True)
    loaded = set(json.loads(started.stdout))

    assert {"django", "numpy", "psycopg"} <= loaded
    assert not loaded & SELDOM


@pytest.mark.requirement("K8S-002")
def test_a_role_of_an_image_begins_at_once() -> None:
    begun = subprocess.run([sys.executable, "-c", BEGIN], cwd=ROOT, check=True, capture_output=True, text=True)
    loaded = set(json.loads(begun.stdout))

    assert "resimate_servers.ports" in loaded
    assert not loaded & TOO_SOON
