"""What a cluster refuses: policies of Kubernetes itself (CEL) and Gatekeeper's (Rego) refuse the same, none of ours."""

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.manifests import OVERLAYS, ROOT, Document

pytestmark = [pytest.mark.thorough, pytest.mark.requirement("DEV-001", "DEV-002")]
COMPONENTS = ROOT / "k8s/components"
JUDGES = Path(__file__).with_name("judges.py")

IMAGE = "An image is named with a tag other than latest, or a digest."
SHARE = "Every container asks for CPU and memory, and has a limit of both."
DISK = "The file system of every container is read-only."
SECRET = "Secrets are mounted as files; in variables, whoever sees the process sees them."
TOKEN = "No pod has the token of its service account; set automountServiceAccountToken to false."
DOOR = "Only the DMZ has doors to the outside; elsewhere a Service is of type ClusterIP, without external addresses."


def _policy(kind: str, name: str) -> Any:
    file, document = {
        "cel": ("policies-vap/policies.yaml", "ValidatingAdmissionPolicy"),
        "rego": ("policies-gatekeeper/templates.yaml", "ConstraintTemplate"),
    }[kind]
    found = [one for one in yaml.safe_load_all((COMPONENTS / file).read_text()) if one["kind"] == document]
    (spec,) = [one["spec"] for one in found if one["metadata"]["name"].replace("-", "") == f"resimate{name}"]
    return spec if kind == "cel" else spec["targets"][0]["code"][0]["source"]["rego"]


def _judged(kind: str, name: str, objects: list[Document]) -> list[list[str]]:
    asked = json.dumps({"policy": _policy(kind, name), "objects": objects})
    said = subprocess.run([sys.executable, JUDGES, kind], input=asked, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    found: list[list[str]] = json.loads(said.stdout)
    return found


def _workloads() -> list[Document]:
    """Each once: most are the same in all overlays."""
    every = [one for overlay in OVERLAYS for one in manifests.of_kind(overlay, "Deployment", "StatefulSet", "Job")]
    return list({id(one): one for one in every if one["metadata"]["namespace"] == "resimate"}.values())


def _spec(of: Document) -> Any:
    return of["spec"]["template"]["spec"]


def _container(of: Document) -> Any:
    return _spec(of)["containers"][0]


#: What somebody does to a deployment, and what is said to it.
DEEDS: list[tuple[str, Callable[[Document], Any]]] = [
    (IMAGE, lambda one: _container(one).update(image="registry.example.org/resimate:latest")),
    (IMAGE, lambda one: _container(one).update(image="registry.example.org:5000/resimate")),
    (IMAGE, lambda one: _container(one).update(image="resimate@sha256:0123")),
    (SHARE, lambda one: _container(one)["resources"].pop("limits")),
    (SHARE, lambda one: _container(one).pop("resources")),
    (SHARE, lambda one: _container(one)["resources"]["requests"].pop("memory")),
    (DISK, lambda one: _container(one)["securityContext"].update(readOnlyRootFilesystem=False)),
    (DISK, lambda one: _container(one)["securityContext"].pop("readOnlyRootFilesystem")),
    (SECRET, lambda one: _container(one)["env"].append({"name": "X", "valueFrom": {"secretKeyRef": {"name": "x"}}})),
    (SECRET, lambda one: _container(one)["envFrom"].append({"secretRef": {"name": "x"}})),
    (TOKEN, lambda one: _spec(one).update(automountServiceAccountToken=True)),
    (TOKEN, lambda one: _spec(one).pop("automountServiceAccountToken")),
    (DISK, lambda one: _spec(one).update(initContainers=[_container(one) | {"securityContext": {}}])),
]


@pytest.mark.parametrize("kind", ["cel", "rego"])
def test_nothing_of_ours_is_refused_and_each_deed_is(kind: str) -> None:
    pytest.importorskip({"cel": "celpy", "rego": "regopy"}[kind], reason="`make peers` brings it")
    ours = _workloads()
    pinned = copy.deepcopy(ours[0])
    _container(pinned)["image"] = f"registry.example.org/resimate@sha256:{'0' * 64}"
    changed = [copy.deepcopy(ours[0]) for _ in DEEDS]
    for (_, do), one in zip(DEEDS, changed, strict=True):
        do(one)

    said = _judged(kind, "workloads", [*ours, pinned, *changed])

    assert len(ours) > 25
    assert [one for one in said[: len(ours) + 1] if one] == []
    assert said[len(ours) + 1 :] == [[message] for message, _ in DEEDS]


@pytest.mark.parametrize("kind", ["cel", "rego"])
def test_only_the_dmz_has_doors(kind: str) -> None:
    pytest.importorskip({"cel": "celpy", "rego": "regopy"}[kind], reason="`make peers` brings it")
    ours = [one for overlay in OVERLAYS for one in manifests.of_kind(overlay, "Service", group="")]
    inside = list({id(one): one for one in ours if one["metadata"]["namespace"] == "resimate"}.values())
    plain: Document = {"apiVersion": "v1", "kind": "Service", "spec": {"ports": []}}
    refused = [
        plain | {"spec": {"type": "LoadBalancer"}},
        plain | {"spec": {"type": "NodePort"}},
        plain | {"spec": {"externalIPs": ["192.0.2.1"]}},
    ]

    said = _judged(kind, "doors", [*inside, plain, *refused])

    assert said == [*([] for _ in (*inside, plain)), *([DOOR] for _ in refused)]


def test_both_say_the_same() -> None:
    """And each is bound to our namespaces, to refuse."""
    cel = {rule["message"] for name in ("workloads", "doors") for rule in _policy("cel", name)["validations"]}

    assert cel == {IMAGE, SHARE, DISK, SECRET, TOKEN, DOOR}
    rego = _policy("rego", "workloads") + _policy("rego", "doors")
    assert [message for message in cel if f'"{message}"' not in rego] == []
    for overlay in set(OVERLAYS) - {"dev"}:
        for kind in ("ResimateWorkloads", "ResimateDoors"):
            (constraint,) = manifests.of_kind(overlay, kind)
            assert constraint["spec"]["enforcementAction"] == "deny"
