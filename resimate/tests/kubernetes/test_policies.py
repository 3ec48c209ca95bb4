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
from resimate.tests.kubernetes.made_by_others import of_cloudnative_pg, of_knative
from resimate.tests.kubernetes.manifests import OVERLAYS, ROOT, Document

pytestmark = [pytest.mark.thorough, pytest.mark.requirement("DEV-001", "DEV-002")]
COMPONENTS = ROOT / "k8s/components"
JUDGES = Path(__file__).with_name("judges.py")

IMAGE = "An image is named with a tag other than latest, or a digest."
SHARE = "Every container asks for CPU and memory, and has a limit of both."
DISK = "The file system of every container is read-only."
SECRET = "Secrets are mounted as files; in variables, whoever sees the process sees them."
TOKEN = "No pod has the token of its service account; set automountServiceAccountToken to false."
REGISTRY = "An image is of a registry that the policy lists."
AUDIENCE = "A token in a volume is for the vault or for the mesh."
MOUNTS = "A pod mounts the secrets of its role; the owner of the database is in the migration alone."
ACCOUNT = "A pod has the account of its role."
DOOR = "Only the DMZ has doors to the outside; elsewhere a Service is of type ClusterIP, without external addresses."


def _policy(kind: str, name: str) -> Any:
    file, document = {
        "cel": ("policies-vap/policies.yaml", "ValidatingAdmissionPolicy"),
        "rego": ("policies-gatekeeper/templates.yaml", "ConstraintTemplate"),
    }[kind]
    found = [one for one in yaml.safe_load_all((COMPONENTS / file).read_text()) if one["kind"] == document]
    of = "workloads" if (kind, name) == ("rego", "images") else name
    (spec,) = [one["spec"] for one in found if one["metadata"]["name"].replace("-", "") == f"resimate{of}"]
    if kind == "cel":
        return spec
    (constraint,) = [one for one in _constraints() if one["metadata"]["name"] == f"resimate-{name}"]
    module = spec["targets"][0]["code"][0]["source"]["rego"]
    return {"module": module, "parameters": constraint["spec"].get("parameters", {})}


def _constraints() -> list[Document]:
    return list(yaml.safe_load_all((COMPONENTS / "policies-gatekeeper/constraints.yaml").read_text()))


def _judged(kind: str, name: str, objects: list[Document], operation: str = "CREATE") -> list[list[str]]:
    pytest.importorskip({"cel": "celpy", "rego": "regopy"}[kind], reason="`make peers` brings it")
    asked = json.dumps({"policy": _policy(kind, name), "objects": objects, "asked": {"operation": operation}})
    said = subprocess.run([sys.executable, JUDGES, kind], input=asked, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    found: list[list[str]] = json.loads(said.stdout)
    return found


def _workloads() -> list[Document]:
    """Each once: most are the same in all overlays. A developer's own cluster has no policies."""
    kinds = ("Deployment", "StatefulSet", "Job", "CronJob")
    every = [one for overlay in set(OVERLAYS) - {"dev"} for one in manifests.of_kind(overlay, *kinds)]
    return list({id(one): one for one in every if one["metadata"]["namespace"] == "resimate"}.values())


def _spec(of: Document) -> Any:
    return of["spec"]["template"]["spec"]


def _container(of: Document) -> Any:
    return _spec(of)["containers"][0]


def _token(of: Document) -> Document:
    return {"name": "x", "projected": {"sources": [{"serviceAccountToken": {"path": "token", **of}}]}}


NOTHING = {"cpu": "0", "memory": "0"}
MAKE_PODS = {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod", "ReplicationController"}


#: What somebody does to a deployment, and what is said to it.
DEEDS: list[tuple[str, Callable[[Document], Any]]] = [
    (IMAGE, lambda one: _container(one).update(image="registry.example.org/resimate:latest")),
    (IMAGE, lambda one: _container(one).update(image="registry.example.org/resimate")),
    (IMAGE, lambda one: _container(one).update(image="registry.example.org/resimate@sha256:0123")),
    (REGISTRY, lambda one: _container(one).update(image="evil.example/x:main")),
    (REGISTRY, lambda one: _container(one).update(image="registry.example.org.evil.example/x:1")),
    (SHARE, lambda one: _container(one)["resources"].update(requests=NOTHING, limits=NOTHING)),
    (SHARE, lambda one: _container(one)["resources"].pop("limits")),
    (SHARE, lambda one: _container(one).pop("resources")),
    (SHARE, lambda one: _container(one)["resources"]["requests"].pop("memory")),
    (DISK, lambda one: _container(one)["securityContext"].update(readOnlyRootFilesystem=False)),
    (DISK, lambda one: _container(one)["securityContext"].pop("readOnlyRootFilesystem")),
    (SECRET, lambda one: _container(one)["env"].append({"name": "X", "valueFrom": {"secretKeyRef": {"name": "x"}}})),
    (SECRET, lambda one: _container(one)["envFrom"].append({"secretRef": {"name": "x"}})),
    (TOKEN, lambda one: _spec(one).update(automountServiceAccountToken=True)),
    (TOKEN, lambda one: _spec(one).pop("automountServiceAccountToken")),
    (AUDIENCE, lambda one: _spec(one)["volumes"].append(_token({}))),
    (AUDIENCE, lambda one: _spec(one)["volumes"].append(_token({"audience": "https://kubernetes.default.svc"}))),
    (MOUNTS, lambda one: _spec(one)["volumes"].append({"name": "x", "secret": {"secretName": "resimate-owner"}})),
    (
        MOUNTS,
        lambda one: _spec(one)["volumes"].append(
            {"name": "x", "projected": {"sources": [{"secret": {"name": "resimate-owner"}}]}}
        ),
    ),
    (MOUNTS, lambda one: _spec(one)["volumes"].append({"name": "x", "csi": {"driver": "secrets-store.csi.k8s.io"}})),
    (ACCOUNT, lambda one: _spec(one).update(serviceAccountName="resimate-secrets")),
    (DISK, lambda one: _spec(one).update(initContainers=[_container(one) | {"securityContext": {}}])),
]


def _portal() -> Document:
    return copy.deepcopy(manifests.named("onprem", "Deployment", "resimate-portal"))


@pytest.mark.parametrize("kind", ["cel", "rego"])
def test_nothing_of_ours_is_refused_and_each_deed_is(kind: str) -> None:
    ours = _workloads()
    pinned = _portal()
    _container(pinned)["image"] = f"registry.example.org/resimate@sha256:{'0' * 64}"
    changed = [copy.deepcopy(_portal()) for _ in DEEDS]
    for (_, do), one in zip(DEEDS, changed, strict=True):
        do(one)

    said = _judged(kind, "workloads", [*ours, pinned, *changed])

    assert len(ours) > 15
    assert [one for one in said[: len(ours) + 1] if one] == []
    assert said[len(ours) + 1 :] == [[message] for message, _ in DEEDS]


@pytest.mark.parametrize("kind", ["cel", "rego"])
def test_only_the_dmz_has_doors(kind: str) -> None:
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


def _pod(template: Document, **metadata: Any) -> Document:
    named = {"name": "x", "namespace": "resimate", "labels": template["metadata"]["labels"], **metadata}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": named, "spec": copy.deepcopy(template["spec"])}


@pytest.mark.parametrize("kind", ["cel", "rego"])
def test_pods_and_what_else_makes_them_are_asked_the_same(kind: str) -> None:
    """A Pod by itself, a CronJob, and what `kubectl debug` puts into a pod."""
    portal = _portal()
    template = portal["spec"]["template"]
    pod, debugged, foreign = _pod(template), _pod(template), _pod(template)
    debugged["spec"]["ephemeralContainers"] = [{"name": "debug", "image": "evil.example/tools:1"}]
    foreign["spec"]["containers"][0]["image"] = "evil.example/x:main"
    job = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "x", "namespace": "resimate"}}
    timed = job | {"spec": {"jobTemplate": {"spec": {"template": _pod(template)}}}}
    evil = job | {"spec": {"jobTemplate": {"spec": {"template": foreign}}}}

    said = _judged(kind, "workloads", [pod, timed, debugged, foreign, evil])

    assert said == [[], [], sorted([REGISTRY, DISK]), [REGISTRY], [REGISTRY]]


@pytest.mark.parametrize("kind", ["cel", "rego"])
def test_a_pod_comes_into_quarantine(kind: str) -> None:
    """It keeps its account, whatever its labels are; one that is made so is refused."""
    quarantined = _pod(_portal()["spec"]["template"], labels={"tier": "quarantine"})

    assert _judged(kind, "workloads", [quarantined], "UPDATE") == [[]]
    assert _judged(kind, "workloads", [quarantined]) == [[ACCOUNT]]


@pytest.mark.parametrize("kind", ["cel", "rego"])
def test_what_others_make_for_us_is_let_and_nobody_passes_as_them(kind: str) -> None:
    job, revision = of_cloudnative_pg(), of_knative()
    owned = {"ownerReferences": [{"apiVersion": "batch/v1", "kind": "Job", "name": "resimate-database-1-initdb"}]}
    pod = _pod(job["spec"]["template"], **owned)
    alone, labelled, image, other, secret = (copy.deepcopy(job) for _ in range(5))
    alone["metadata"].pop("ownerReferences")
    labelled["spec"]["template"]["metadata"]["labels"].pop("cnpg.io/cluster")
    _container(image)["image"] = "registry.example.org/resimate:0.1.0"
    other["metadata"]["ownerReferences"][0]["name"] = "another"
    _container(secret)["env"][0]["valueFrom"]["secretKeyRef"]["key"] = "password"
    proxy, named = copy.deepcopy(revision), copy.deepcopy(revision)
    proxy["metadata"].pop("ownerReferences")
    _spec(named)["containers"][1]["image"] = "registry.example.org/queue-proxy:1"

    said = _judged(kind, "workloads", [job, pod, revision, alone, labelled, image, other, secret, proxy, named])

    assert said[:3] == [[], [], []]
    assert said[3:7] == [sorted([SECRET, TOKEN, MOUNTS, ACCOUNT])] * 4
    assert said[7:] == [[SECRET], [SHARE], [SHARE]]


@pytest.mark.parametrize("kind", ["cel", "rego"])
def test_in_the_other_segments_images_are_of_registries_that_are_listed(kind: str) -> None:
    """With tokens, as operators have them."""
    operator: Document = {"kind": "Deployment", "metadata": {}, "spec": {"template": {"spec": {"containers": [{}]}}}}
    images = ["registry.k8s.io/ingress-nginx/controller:v1.14.0", "quay.io/jetstack/cert-manager-controller:v1.19.1"]
    made = [copy.deepcopy(operator) for _ in range(4)]
    for one, image in zip(made, [*images, "evil.example/x:main", "ghcr.io/kedacore/keda"], strict=True):
        _container(one)["image"] = image
    every = [one for overlay in set(OVERLAYS) - {"dev"} for one in manifests.of_kind(overlay, "Deployment", "CronJob")]
    beside = [one for one in every if one["metadata"]["namespace"] == "resimate-management"]

    assert beside
    assert _judged(kind, "images", [*made, *beside]) == [[], [], [REGISTRY], [IMAGE], *([] for _ in beside)]


def test_both_say_the_same() -> None:
    """And each is bound to our namespaces by their names, to refuse, and refuses what it cannot judge."""
    cel = {rule["message"] for name in ("workloads", "doors") for rule in _policy("cel", name)["validations"]}

    assert cel == {IMAGE, REGISTRY, SHARE, DISK, SECRET, TOKEN, AUDIENCE, MOUNTS, ACCOUNT, DOOR}
    rego = _policy("rego", "workloads")["module"] + _policy("rego", "doors")["module"]
    assert [message for message in cel if f'"{message}"' not in rego] == []
    places = {"workloads": ["resimate"], "images": ["resimate-dmz", "resimate-management"]}
    for overlay in set(OVERLAYS) - {"dev"}:
        constraints = manifests.of_kind(overlay, "ResimateWorkloads", "ResimateDoors")
        assert {one["spec"]["enforcementAction"] for one in constraints} == {"deny"}
        matched = {one["metadata"]["name"].removeprefix("resimate-"): one["spec"]["match"] for one in constraints}
        assert {name: one["namespaces"] for name, one in matched.items()} == places | {
            "doors": ["resimate", "resimate-management"]
        }
        for name in places:
            assert {kind for one in matched[name]["kinds"] for kind in one["kinds"]} == MAKE_PODS
    values = yaml.safe_load((COMPONENTS / "policies-gatekeeper/values.yaml").read_text())
    assert values["validatingWebhookFailurePolicy"] == "Fail"


@pytest.mark.parametrize("name", ["workloads", "images"])
def test_policies_of_kubernetes_ask_all_that_makes_pods_where_the_others_do(name: str) -> None:
    policy = _policy("cel", name)
    rules = policy["matchConstraints"]["resourceRules"]
    documents = list(yaml.safe_load_all((COMPONENTS / "policies-vap/policies.yaml").read_text()))
    (binding,) = [
        one
        for one in documents
        if one["kind"].endswith("Binding") and one["metadata"]["name"].removeprefix("resimate-") == name
    ]

    asked = {resource for rule in rules for resource in rule["resources"]}
    assert asked == {f"{kind.lower()}s" for kind in MAKE_PODS} | {"pods/ephemeralcontainers"}
    assert {operation for rule in rules for operation in rule["operations"]} == {"CREATE", "UPDATE"}
    assert policy["failurePolicy"] == "Fail"
    (selector,) = binding["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"]
    assert selector["key"] == "kubernetes.io/metadata.name"
    (registries,) = [one["expression"] for one in policy["variables"] if one["name"] == "registries"]
    listed = _policy("rego", name)["parameters"]["registries"]
    assert [one.strip().strip("'") for one in registries.strip().strip("[]").split(",")] == listed
