"""The API server of Kubernetes takes every object of every overlay, strictly, and refuses slips of the pen by name."""

import copy
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from resimate.tests.cluster import installed, report
from resimate.tests.cluster.plane import Plane, Refused
from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.manifests import OVERLAYS, Document

pytestmark = [pytest.mark.cluster, pytest.mark.requirement("K8S-001")]

#: One slip in an object of each kind of others', and of Kubernetes itself; what is said of it.
SLIPS: list[tuple[str, str, Callable[[Any], Any], str]] = [
    ("aws", "Deployment", lambda spec: spec.update(replicaz=3), ".spec.replicaz: field not declared in schema"),
    ("aws", "Deployment", lambda spec: spec.update(minReadySeconds="five"), "minReadySeconds"),
    (
        "aws",
        "NetworkPolicy",
        lambda spec: spec.update(policyTypez=[]),
        ".spec.policyTypez: field not declared in schema",
    ),
    (
        "aws",
        "ScaledObject",
        lambda spec: spec.update(pollingIntervall=15),
        ".spec.pollingIntervall: field not declared in schema",
    ),
    (
        "production",
        "Rollout",
        lambda spec: spec.update(minReadySecond=5),
        ".spec.minReadySecond: field not declared in schema",
    ),
    ("aws", "PeerAuthentication", lambda spec: spec.update(mtls={"mode": "STRICTT"}), "STRICTT"),
    (
        "aws",
        "DestinationRule",
        lambda spec: spec["trafficPolicy"].update(tlz={}),
        ".spec.trafficPolicy.tlz: field not declared in schema",
    ),
    (
        "aws",
        "Certificate",
        lambda spec: spec["privateKey"].update(rotation="Always"),
        ".spec.privateKey.rotation: field not declared in schema",
    ),
    (
        "aws",
        "ExternalSecret",
        lambda spec: spec.update(refreshIntervall="1h"),
        ".spec.refreshIntervall: field not declared in schema",
    ),
    (
        "aws",
        "PodMonitor",
        lambda spec: spec["podMetricsEndpoints"][0].update(portz="management"),
        ".portz: field not declared in schema",
    ),
    (
        "knative",
        "Service",
        lambda spec: spec["template"]["spec"].update(containerConcurrent=64),
        ".spec.template.spec.containerConcurrent: field not declared in schema",
    ),
    ("aws", "ConstraintTemplate", lambda spec: spec.update(target=[]), ".spec.target: field not declared in schema"),
]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_server_takes_every_object(plane: Plane, overlay: str) -> None:
    plane.apply(installed.namespaces(overlay))
    documents = installed.of(overlay)

    with report.shown(f"{overlay} is accepted strictly") as figures:
        said = plane.apply(documents, "--dry-run=server")
        figures.append(f"{len(said)} of {len(documents)} objects")
        without = Counter(manifests.group_of(one) for one in installed.left_out(overlay))
        figures += [f"{number} of {group} left out" for group, number in without.items()]

    assert len(said) == len(documents)


def test_what_is_left_out_is_known_by_name() -> None:
    assert {_name(one) for overlay in OVERLAYS for one in installed.left_out(overlay)} == {
        "Cluster resimate-database",
        "ScheduledBackup resimate-database",
        "ResimateDoors resimate-doors",
        "ResimateWorkloads resimate-images",
        "ResimateWorkloads resimate-workloads",
    }


def _name(one: Document) -> str:
    return f"{one['kind']} {one['metadata']['name']}"


@pytest.mark.parametrize(("overlay", "kind", "slip", "said"), SLIPS)
def test_a_slip_of_the_pen_is_refused_by_name(
    plane: Plane, overlay: str, kind: str, slip: Callable[[Any], Any], said: str
) -> None:
    plane.apply(installed.namespaces(overlay))
    right = next(one for one in manifests.of_kind(overlay, kind))
    wrong: Document = copy.deepcopy(right)
    slip(wrong["spec"])

    plane.apply([right], "--dry-run=server")
    with report.shown(f"a slip in a {kind} is refused") as figures:
        with pytest.raises(Refused) as refused:
            plane.apply([wrong], "--dry-run=server")
        assert said in str(refused.value)
        figures.append(said)
