"""Policies of Kubernetes itself, in the server that executes them: they refuse each deed, and nothing of ours."""

import copy
from collections.abc import Iterator

import pytest
import yaml

from resimate.tests.cluster import installed, report
from resimate.tests.cluster.installed import Applied
from resimate.tests.cluster.plane import Plane, Refused
from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.manifests import ROOT, Document
from resimate.tests.kubernetes.test_policies import DEEDS, DOOR

pytestmark = [pytest.mark.cluster, pytest.mark.requirement("DEV-001", "DEV-002", "K8S-001")]
POLICIES = list(yaml.safe_load_all((ROOT / "k8s/components/policies-vap/policies.yaml").read_text()))
DOORS: list[Document] = [{"type": "LoadBalancer"}, {"type": "NodePort"}, {"externalIPs": ["192.0.2.1"]}]


@pytest.fixture(scope="module")
def guarded(plane: Plane, applied: Applied) -> Iterator[Plane]:
    """Policies come into force some seconds after they were taken."""
    applied.has("onprem")
    plane.apply(POLICIES)
    for wrong in (_deployments()[0], _service(DOORS[0])):
        plane.until(lambda wrong=wrong: _said(plane, wrong) != "", "the policies are in force", 60)
    yield plane
    plane.kubectl("delete", "-f", str(ROOT / "k8s/components/policies-vap/policies.yaml"))


def _deployments() -> list[Document]:
    found = []
    for _, do in DEEDS:
        found.append(copy.deepcopy(manifests.named("onprem", "Deployment", "resimate-portal")))
        do(found[-1])
        _complete(found[-1]["spec"]["template"]["spec"])
    return found


def _complete(spec: Document) -> None:
    """What the server asks for before it asks the policies: how the first containers differ, which key of a secret."""
    for one in spec.get("initContainers", ()):
        one["name"] = "first"
        for key in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe"):
            one.pop(key)
    for variable in spec["containers"][0]["env"]:
        for reference in variable.get("valueFrom", {}).values():
            reference.setdefault("key", "x")


def _service(spec: Document) -> Document:
    named = {"name": "other", "namespace": "resimate"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": named, "spec": spec | {"ports": [{"port": 80}]}}


def _said(plane: Plane, one: Document) -> str:
    try:
        plane.apply([one], "--dry-run=server")
    except Refused as refused:
        return str(refused)
    return ""


def test_each_deed_is_refused_for_its_reason(guarded: Plane) -> None:
    with report.shown("policies of Kubernetes refuse each deed") as figures:
        for (message, _), wrong in zip(DEEDS, _deployments(), strict=True):
            assert message in _said(guarded, wrong)
        for spec in DOORS:
            assert DOOR in _said(guarded, _service(spec))
        figures.append(f"{len(DEEDS) + len(DOORS)} deeds")


def test_nothing_of_ours_is_refused(guarded: Plane) -> None:
    kinds = ("Deployment", "StatefulSet", "Job", "Service")
    inside = [one for one in installed.of("onprem") if one["metadata"].get("namespace") == "resimate"]
    ours = [one for one in inside if one["kind"] in kinds]
    assert {one["kind"] for one in ours} == {*kinds}
    with report.shown("and nothing of ours") as figures:
        assert [said for one in [*ours, _service({})] if (said := _said(guarded, one))] == []
        figures.append(f"{len(ours)} objects")
