"""Servers of one's own go on when their certificates are renewed, by an authority that clients know beforehand."""

import os
import subprocess
from pathlib import Path

import pytest

from resimate.tests.kubernetes import manifests

pytestmark = [pytest.mark.requirement("DB-001", "SEC-DATA-001")]
OWN = pytest.mark.parametrize("overlay", ["onprem", "testing"])


@OWN
def test_the_database_has_its_certificate_from_the_authority_that_its_clients_know(overlay: str) -> None:
    told = manifests.named(overlay, "Cluster", "resimate-database")["spec"]["certificates"]
    made = manifests.named(overlay, "Certificate", "resimate-database")["spec"]
    cache = manifests.named(overlay, "Certificate", "resimate-cache")["spec"]

    assert told == {"serverCASecret": made["secretName"], "serverTLSSecret": made["secretName"]}
    assert made["issuerRef"] == cache["issuerRef"]
    assert "resimate-database-rw.resimate.svc" in made["dnsNames"]
    assert made["secretTemplate"]["labels"] == {"cnpg.io/reload": ""}


def _files(folder: Path, command: list[str]) -> list[str]:
    """The command of a pod, with its folders below this one and its programs replaced by such as say that they ran."""
    return [one.replace("/run/", f"{folder}/run/").replace("/data/", f"{folder}/data/") for one in command]


@pytest.fixture
def pod(tmp_path: Path) -> dict[str, str]:
    """Folders as the kubelet makes them for a secret, and the two programs."""
    for one in ("bin", "data", "run/secrets/tls/..1"):
        (tmp_path / one).mkdir(parents=True)
    (tmp_path / "run/secrets/tls/..data").symlink_to("..1")
    for name, ends in (("valkey-server", 'echo "$@"'), ("valkey-cli", "exit ${ANSWERS:-0}")):
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{ends}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    os.utime(tmp_path / "run/secrets/tls/..1", (1, 1))
    return {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}


@OWN
def test_the_cache_starts_again_once_its_certificate_is_newer_than_it(
    overlay: str, pod: dict[str, str], tmp_path: Path
) -> None:
    container = manifests.named(overlay, "StatefulSet", "resimate-cache")["spec"]["template"]["spec"]["containers"][0]
    probe = _files(tmp_path, container["livenessProbe"]["exec"]["command"])

    started = subprocess.run(
        _files(tmp_path, container["command"]), env=pod, capture_output=True, text=True, check=True
    )
    assert started.stdout.startswith("--port 0 --tls-port 6379 --tls-cert-file ")
    assert subprocess.run(probe, env=pod, check=False).returncode == 0
    assert subprocess.run(probe, env=pod | {"ANSWERS": "1"}, check=False).returncode == 1

    renewed = tmp_path / "run/secrets/tls/..2"
    renewed.mkdir()
    os.utime(renewed, (2**32, 2**32))
    (tmp_path / "run/secrets/tls/..data").unlink()
    (tmp_path / "run/secrets/tls/..data").symlink_to("..2")
    assert subprocess.run(probe, env=pod, check=False).returncode == 1
    assert not container["livenessProbe"].get("initialDelaySeconds")
