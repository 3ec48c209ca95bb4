"""What is applied runs: as far as the controllers of Kubernetes and its scheduler see, on nodes that are pretended."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from resimate.tests.cluster import installed, report
from resimate.tests.cluster.installed import Applied
from resimate.tests.cluster.plane import NODES, Plane, Refused
from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.manifests import Document

pytestmark = [pytest.mark.cluster, pytest.mark.requirement("K8S-001")]
OVERLAYS = ("dev", "onprem")
#: What everybody who signed in may do: ask what they may do.
ASKS_ABOUT_ITSELF = {"selfsubjectreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews"}


@pytest.fixture(scope="module", params=OVERLAYS)
def overlay(request: pytest.FixtureRequest, applied: Applied) -> Any:
    return applied.has(request.param).overlay


def _rules(plane: Plane, namespace: str, account: str, within: str) -> list[Document]:
    """What ``auth can-i --list`` prints, as the server says it."""
    asked = '{"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": "%s"}}'
    name = f"system:serviceaccount:{namespace}:{account}"
    words = ["create", "--validate=false", "-f", "-", "-o", "json", f"--as={name}"]
    said = json.loads(plane.kubectl(*words, given=asked % within))
    return [rule for rule in said["status"]["resourceRules"] if not set(rule["resources"]) <= ASKS_ABOUT_ITSELF]


@pytest.mark.requirement("K8S-001", "AR-002")
def test_everything_becomes_available(plane: Plane, overlay: str) -> None:
    with report.shown(f"{overlay}: everything is available") as figures:
        for kind, is_there in (("deployment", "Available"), ("job", "Complete")):
            plane.kubectl("wait", f"--for=condition={is_there}", kind, "--all", "-n", "resimate", "--timeout=100s")
            figures.append(f"{kind}s {len(plane.listed(kind, '-n', 'resimate'))}")
        for one in plane.listed("statefulset", "-n", "resimate"):
            plane.kubectl("rollout", "status", f"statefulset/{one['metadata']['name']}", "-n", "resimate")


@pytest.mark.requirement("K8S-001", "AR-002")
def test_every_service_has_its_pods(plane: Plane, overlay: str) -> None:
    """But those whose pods somebody else brings: the database's operator, the controller of the ingress."""
    ours = {pods.name for pods in manifests.pods(overlay) if pods.kind != "Job"}
    services = [one["metadata"]["name"] for one in manifests.of_kind(overlay, "Service", group="")]
    served = sorted(set(services) & ours)
    assert len(served) >= 5

    def ready() -> set[str]:
        return {
            one["metadata"]["labels"]["kubernetes.io/service-name"]
            for one in plane.listed("endpointslices", "-n", "resimate")
            if any(end["conditions"]["ready"] for end in one.get("endpoints") or ())
        }

    with report.shown(f"{overlay}: services have endpoints") as figures:
        plane.until(lambda: set(served) <= ready(), f"endpoints of {served}", 60)
        figures.append(f"{len(served)} services")


@pytest.mark.requirement("K8S-001")
def test_the_pods_of_a_role_are_in_different_zones(plane: Plane, overlay: str) -> None:
    nodes = {one["metadata"]["name"]: one["metadata"]["labels"] for one in plane.listed("nodes")}
    for role in manifests.WEB:
        pods = plane.listed("pods", "-n", "resimate", "-l", f"app.kubernetes.io/component={role}")
        zones = [nodes[one["spec"]["nodeName"]]["topology.kubernetes.io/zone"] for one in pods]
        assert zones
        assert len(set(zones)) == min(len(zones), 3)


@pytest.mark.requirement("SEC-NET-001")
@pytest.mark.parametrize(
    ("deed", "said"),
    [
        ({"securityContext": {"privileged": True}}, "privileged"),
        ({"securityContext": {"runAsUser": 0}}, "runAsUser=0"),
        ({"securityContext": {"capabilities": {"add": ["NET_ADMIN"]}}}, "NET_ADMIN"),
        ({"ports": [{"containerPort": 80, "hostPort": 80}]}, "hostPort"),
    ],
)
def test_a_pod_that_may_not_be_is_refused(plane: Plane, overlay: str, deed: Document, said: str) -> None:
    (template,) = [one.template for one in manifests.pods(overlay) if one.name == "resimate-portal"]
    allowed = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "other", "namespace": "resimate"}}
    allowed["spec"] = template["spec"]

    def do(pod: Document) -> None:
        container = pod["spec"]["containers"][0]
        context = container["securityContext"] | deed.get("securityContext", {})
        container.update(deed | {"securityContext": context})
        if context.get("privileged"):
            context["allowPrivilegeEscalation"] = True

    plane.apply([allowed], "--dry-run=server")
    with report.shown(f"{overlay}: a pod with {said} is refused"), pytest.raises(Refused) as refused:
        plane.apply([installed.changed(allowed, do)], "--dry-run=server")
    assert 'violates PodSecurity "restricted' in str(refused.value)
    assert said in str(refused.value)


@pytest.mark.requirement("K8S-001", "SEC-NET-001")
def test_service_accounts_may_do_nothing_in_the_cluster(plane: Plane, overlay: str) -> None:
    """But those that read: the doctor's, whose rights test_doctor.py has, and ExternalDNS' (test_names.py)."""
    accounts = [one["metadata"] for one in manifests.of_kind(overlay, "ServiceAccount")]
    accounts = [one for one in accounts if one["name"] not in ("resimate-doctor", "external-dns")]
    assert len(accounts) > 10
    with report.shown(f"{overlay}: rights of service accounts are the least") as figures:
        for one in accounts:
            for within in ("resimate", "resimate-management", "kube-system"):
                assert _rules(plane, one["namespace"], one["name"], within) == [], one["name"]
        figures.append(f"{len(accounts)} accounts without any")


@pytest.mark.requirement("K8S-001", "SEC-NET-001")
def test_only_cert_manager_has_a_right_and_it_is_for_one_token(plane: Plane, applied: Applied) -> None:
    applied.has("onprem")
    rule = {"apiGroups": [""], "resources": ["serviceaccounts/token"], "resourceNames": ["resimate-certificates"]}

    assert _rules(plane, "resimate-management", "cert-manager", "resimate") == [rule | {"verbs": ["create"]}]
    assert _rules(plane, "resimate-management", "other", "resimate") == []


@pytest.fixture
def narrow(plane: Plane, applied: Applied) -> Iterator[None]:
    """Nowhere to go: what is evicted finds no other node until it is let."""
    applied.has("onprem")
    plane.until(lambda: len(_ready(plane, "portal")) == 3, "three pods of the portal, as its autoscaler has it")
    nodes = [f"node-{number}" for number in range(NODES)]
    plane.kubectl("cordon", *nodes)
    yield
    plane.kubectl("uncordon", *nodes)


@pytest.mark.requirement("K8S-001")
def test_a_drain_leaves_all_pods_but_one_of_each_role(plane: Plane, narrow: None) -> None:
    nodes = sorted(_ready(plane, "portal").values())
    drain = ["drain", *nodes, "--ignore-daemonsets", "--delete-emptydir-data"]

    with report.shown("a drain waits for the disruption budget") as figures:
        with pytest.raises(Refused) as refused:
            plane.kubectl(*drain, "--timeout=15s")
        assert "violate the pod's disruption budget" in str(refused.value)
        assert len(_ready(plane, "portal")) == 2
        figures.append("2 of 3 pods of the portal stay while there is no other place")
    with report.shown("and ends where there is room") as figures:
        plane.kubectl("uncordon", *(f"node-{number}" for number in range(NODES) if f"node-{number}" not in nodes))
        plane.kubectl(*drain, "--timeout=100s")
        plane.until(lambda: len(_ready(plane, "portal")) == 3, "three pods of the portal again")
        assert not set(_ready(plane, "portal").values()) & set(nodes)
        figures.append("3 of 3 on other nodes")


def _ready(plane: Plane, role: str) -> dict[str, str]:
    """Names of the pods of a role that are ready and stay, each with its node."""
    return {
        one["metadata"]["name"]: one["spec"]["nodeName"]
        for one in plane.listed("pods", "-n", "resimate", "-l", f"app.kubernetes.io/component={role}")
        if "deletionTimestamp" not in one["metadata"]
        and any(c["type"] == "Ready" and c["status"] == "True" for c in one["status"].get("conditions", ()))
    }
