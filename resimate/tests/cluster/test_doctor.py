"""The doctor of clusters asks the real API server, as an operator does, and by the rights that it has inside."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from resimate.tests.cluster import report
from resimate.tests.cluster.installed import Applied
from resimate.tests.cluster.plane import Plane, Refused
from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.manifests import ROOT

pytestmark = [pytest.mark.cluster, pytest.mark.requirement("K8S-001")]
CONTAINERD = {"nodeInfo": {"containerRuntimeVersion": "containerd://1.7.27", "kubeletVersion": "v1.36.3"}}
#: What a bare plane has none of, beside kinds whose definitions are not to be had here.
CLASSES: list[dict[str, Any]] = [
    {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "fast"},
        "provisioner": "csi.example.org",
        "parameters": {"type": "pd-ssd"},
    },
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": "nginx"},
        "spec": {"controller": "k8s.io/ingress-nginx"},
    },
]


def _asked(config: Path, *words: str) -> tuple[int, dict[str, dict[str, str]], str]:
    """The exit code, what was found by name, and what was said to nobody in particular."""
    environment = {key: value for key, value in os.environ.items() if key not in ("KUBECONFIG", "DATABASE_URL")}
    command = [sys.executable, "manage.py", "doctor", "--cluster", "--json", "--kubeconfig", str(config), *words]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)
    found = json.loads(done.stdout) if done.stdout else []
    return done.returncode, {one["what"]: one for one in found}, done.stderr


def _short(found: dict[str, dict[str, str]]) -> set[str]:
    return {name for name, one in found.items() if one["state"] == "short"}


def _as(plane: Plane, folder: Path, account: str) -> Path:
    """A kubeconfig of an account, with a token as the server makes it."""
    token = plane.kubectl("create", "token", account, "-n", "resimate-management").strip()
    written = yaml.safe_load(plane.config.read_text())
    written["users"][0]["user"] = {"token": token}
    config = folder / account
    config.write_text(yaml.safe_dump(written))
    return config


@pytest.fixture(scope="module")
def furnished(plane: Plane, applied: Applied) -> Iterator[Plane]:
    """A cluster as K8S-001 has it, as far as kwok pretends."""
    applied.has("onprem")
    control = [f"control-{number}" for number in range(3)]
    label = {"node-role.kubernetes.io/control-plane": "", "topology.kubernetes.io/zone": "zone-0"}
    room = {"cpu": "4", "memory": "8Gi", "pods": "110"}
    taint = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
    nodes = [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": label},
            "spec": {"taints": [taint]},
            "status": {"allocatable": room, "capacity": room},
        }
        for name in control
    ]
    plane.kubectl("create", "-f", "-", given=json.dumps({"apiVersion": "v1", "kind": "List", "items": nodes}))
    plane.kubectl("wait", "--for=condition=Ready", "node", "--all", "--timeout=60s")
    for one in plane.listed("nodes"):
        plane.kubectl(
            *(
                "patch",
                "node",
                one["metadata"]["name"],
                "--subresource=status",
                "-p",
                json.dumps({"status": CONTAINERD}),
            )
        )
    plane.apply(CLASSES)
    plane.kubectl("wait", "--for=condition=Available", "deployment", "--all", "-n", "resimate", "--timeout=100s")
    yield plane
    plane.kubectl("delete", "node", *control)
    plane.kubectl("delete", "storageclass/fast", "ingressclass/nginx")


def test_only_what_is_not_there_is_short(furnished: Plane, tmp_path: Path) -> None:
    has_metrics = bool(furnished.kubectl("get", "apiservice", "v1beta1.metrics.k8s.io", "--ignore-not-found"))
    missing = {"CloudNativePG"} | (set() if has_metrics else {"metrics API"})

    with report.shown("the doctor finds what is short") as figures:
        code, found, said = _asked(furnished.config, "--overlay", "onprem")
        figures.append(f"{len(found)} lines, {len(_short(found))} short")

    assert (code, said) == (1, "")
    assert _short(found) == missing
    assert found["control plane"]["found"] == "3 nodes"
    assert found["workers"]["found"] == "6 ready"
    assert found["zones"]["found"] == "3: zone-0, zone-1, zone-2"
    assert found["roles"]["found"] == "10 of 10 available"
    assert found["disruption budgets"]["found"] == "10 of 10"
    assert found["volumes"]["found"] == "SSD: fast"
    assert all(one["mend"] for one in found.values() if one["state"] != "well")


def test_nodes_that_are_too_small_or_too_old_are_named(furnished: Plane) -> None:
    room = {"cpu": "2", "memory": "4Gi", "pods": "110"}
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "small"}, "status": {"capacity": room}}
    furnished.kubectl("create", "-f", "-", given=json.dumps(node))
    try:
        furnished.kubectl("wait", "--for=condition=Ready", "node/small", "--timeout=60s")
        code, found, _ = _asked(furnished.config, "--overlay", "onprem")
    finally:
        furnished.kubectl("delete", "node", "small")

    assert code == 1
    assert found["size of workers"]["found"] == "too small: small (2 vCPU, 4 GB)"
    assert found["container runtime"]["found"].startswith("small (kwok-")
    assert _short(found) >= {"size of workers", "container runtime"}


def test_a_role_that_is_away_and_a_quota_that_is_full_are_named(furnished: Plane) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "pods", "namespace": "resimate"},
        "spec": {"hard": {"pods": "1"}},
    }
    furnished.apply([quota])
    furnished.kubectl("delete", "deployment", "resimate-worker-audit", "-n", "resimate")
    try:
        furnished.until(
            lambda: "pods" in (furnished.got("quota", "pods", "-n", "resimate")["status"].get("used") or {}),
            "it counts",
        )
        code, found, _ = _asked(furnished.config, "--overlay", "onprem")
    finally:
        furnished.kubectl("delete", "quota", "pods", "-n", "resimate")
        furnished.apply([manifests.named("onprem", "Deployment", "resimate-worker-audit")])

    assert code == 1
    assert "worker-audit is not there" in found["roles"]["found"]
    assert "of 1 pods" in found["quotas"]["found"]


def test_the_rights_of_its_own_account_are_enough_and_no_more(furnished: Plane, tmp_path: Path) -> None:
    with report.shown("the doctor's own rights are enough") as figures:
        by_right = _asked(_as(furnished, tmp_path, "resimate-doctor"), "--overlay", "onprem")[1]
        figures.append(f"{len(by_right)} lines")
    by_all = _asked(furnished.config, "--overlay", "onprem")[1]

    assert by_right == by_all
    account = "--as=system:serviceaccount:resimate-management:resimate-doctor"
    for verb, what in (("get", "secrets"), ("list", "pods"), ("create", "pods"), ("delete", "nodes"), ("get", "nodes")):
        with pytest.raises(Refused, match=r"^no$"):
            furnished.kubectl("auth", "can-i", verb, what, account, "--all-namespaces")


def test_who_has_no_rights_is_told_what_to_apply(furnished: Plane, tmp_path: Path) -> None:
    furnished.kubectl("create", "serviceaccount", "nobody", "-n", "resimate-management")
    try:
        code, found, said = _asked(_as(furnished, tmp_path, "nobody"), "--overlay", "onprem")
    finally:
        furnished.kubectl("delete", "serviceaccount", "nobody", "-n", "resimate-management")

    assert (code, said) == (1, "")
    for name in ("nodes", "volumes", "ingress", "roles", "disruption budgets", "quotas"):
        assert found[name]["found"].startswith("403: ")
        assert "k8s/components/doctor" in found[name]["mend"]
    assert found["API server"]["state"] == "well"


def test_a_token_that_nobody_knows_and_a_context_that_is_not_there(plane: Plane, tmp_path: Path) -> None:
    written = yaml.safe_load(plane.config.read_text())
    written["users"][0]["user"] = {"token": "nobody-knows-it"}
    (tmp_path / "config").write_text(yaml.safe_dump(written))

    code, found, _ = _asked(tmp_path / "config")
    assert (code, set(found)) == (1, {"API server"})
    assert found["API server"]["found"] == "401: Unauthorized"
    assert "sign in anew" in found["API server"]["mend"]

    code, found, said = _asked(plane.config, "--context", "elsewhere")
    assert (code, found) == (1, {})
    assert "there is no context 'elsewhere' in the kubeconfig; it has here." in said


def test_another_authority_is_not_believed(plane: Plane, tmp_path: Path) -> None:
    written = yaml.safe_load(plane.config.read_text())
    written["clusters"][0]["cluster"]["certificate-authority"] = str(plane.folder / "kubelet-ca.crt")
    (tmp_path / "config").write_text(yaml.safe_dump(written))

    code, found, _ = _asked(tmp_path / "config")

    assert (code, set(found)) == (1, {"API server"})
    assert "The certificate of the host does not hold" in found["API server"]["found"]
