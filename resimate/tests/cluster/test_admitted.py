"""Policies of Kubernetes itself, in the server that executes them: they refuse each deed, and nothing of ours."""

import copy
import json
from collections.abc import Iterator

import pytest
import yaml

from resimate.tests.cluster import installed, report
from resimate.tests.cluster.installed import Applied
from resimate.tests.cluster.plane import Plane, Refused
from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.made_by_others import of_cloudnative_pg, of_knative
from resimate.tests.kubernetes.manifests import ROOT, Document
from resimate.tests.kubernetes.test_policies import DEEDS, DISK, DOOR, REGISTRY, SECRET, SHARE
from resimate.tests.kubernetes.test_quarantine import command

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
    kinds = ("Deployment", "StatefulSet", "Job", "CronJob", "Service")
    inside = [one for one in installed.of("onprem") if str(one["metadata"].get("namespace")).startswith("resimate")]
    ours = [one for one in inside if one["kind"] in kinds]
    assert {one["kind"] for one in ours} == {*kinds}
    with report.shown("and nothing of ours") as figures:
        assert [said for one in [*ours, _service({})] if (said := _said(guarded, one))] == []
        figures.append(f"{len(ours)} objects")


def _portals_pod(plane: Plane) -> Document:
    chosen = ("-n", "resimate", "-l", "app.kubernetes.io/component=portal")
    plane.until(lambda: plane.listed("pods", *chosen), "a pod of the portal", 60)
    return dict(plane.listed("pods", *chosen)[0])


def test_what_is_put_into_a_pod_or_beside_it_is_refused_too(guarded: Plane) -> None:
    """A pod by itself, and what `kubectl debug` does."""
    template = manifests.named("onprem", "Deployment", "resimate-portal")["spec"]["template"]
    named = {"name": "other", "namespace": "resimate", "labels": template["metadata"]["labels"]}
    pod: Document = {"apiVersion": "v1", "kind": "Pod", "metadata": named, "spec": copy.deepcopy(template["spec"])}
    foreign = copy.deepcopy(pod)
    foreign["spec"]["containers"][0]["image"] = "evil.example/x:main"
    running = _portals_pod(guarded)
    address = f"/api/v1/namespaces/resimate/pods/{running['metadata']['name']}/ephemeralcontainers?dryRun=All"
    context = template["spec"]["containers"][0]["securityContext"] | {"readOnlyRootFilesystem": False}
    running["spec"]["ephemeralContainers"] = [
        {"name": "debug", "image": "evil.example/tools:1", "securityContext": context}
    ]

    with report.shown("a pod by itself and what is put into one are refused"):
        assert _said(guarded, pod) == ""
        assert REGISTRY in _said(guarded, foreign)
        with pytest.raises(Refused) as refused:
            guarded.kubectl("replace", "--raw", address, "-f", "-", given=json.dumps(running))
        assert REGISTRY in str(refused.value) or DISK in str(refused.value)


def test_what_others_make_for_us_is_let_and_nobody_passes_as_them(guarded: Plane) -> None:
    job, revision = of_cloudnative_pg(), of_knative()
    alone, proxy = copy.deepcopy(job), copy.deepcopy(revision)
    alone["metadata"].pop("ownerReferences")
    proxy["metadata"].pop("ownerReferences")

    with report.shown("jobs of CloudNativePG and deployments of Knative are let"):
        assert [said for one in (job, revision) if (said := _said(guarded, one))] == []
        assert SECRET in _said(guarded, alone)
        assert SHARE in _said(guarded, proxy)


def test_a_pod_comes_into_quarantine(guarded: Plane) -> None:
    name = _portals_pod(guarded)["metadata"]["name"]
    words = command().replace("NAMESPACE", "resimate").replace("POD", name).split()[1:]

    with report.shown("a pod comes into quarantine, and another one in its place"):
        guarded.kubectl(*words)
        labels = _metadata(guarded, name)["labels"]
        assert (labels["tier"], "app.kubernetes.io/component" in labels) == ("quarantine", False)
        guarded.until(lambda: "ownerReferences" not in _metadata(guarded, name), "its Deployment lets it go", 60)
        guarded.kubectl("delete", "pod", name, "-n", "resimate")


def _metadata(plane: Plane, name: str) -> Document:
    return dict(plane.got(f"pod/{name}", "-n", "resimate")["metadata"])
