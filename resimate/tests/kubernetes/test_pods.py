"""What every pod may, has and is asked: the profile "restricted" of Kubernetes, and what we ask beyond it."""

from collections.abc import Iterator

import pytest

from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.manifests import OVERLAYS, Document, Pods

VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
#: Seconds after SIGTERM within which the web server ends what is under way (--workers-kill-timeout).
FINISHING = 25


def _unrestricted(pods: Pods) -> Iterator[str]:
    """What of the profile "restricted" of the Pod Security Standards is not so."""
    spec = pods.spec
    for forbidden in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(forbidden):
            yield forbidden
    for volume in spec.get("volumes", []):
        if not (set(volume) - {"name"}) <= VOLUMES:
            yield f"volume {volume['name']}"
    for container in pods.containers:
        yield from _unrestricted_container(container, spec.get("securityContext", {}))


def _unrestricted_container(container: Document, of_pod: Document) -> Iterator[str]:
    context = container.get("securityContext", {})
    wanted = {
        "escalation": context.get("allowPrivilegeEscalation") is False,
        "privileged": not context.get("privileged"),
        "root": context.get("runAsNonRoot", of_pod.get("runAsNonRoot")) is True,
        "user": context.get("runAsUser", of_pod.get("runAsUser", 1)) != 0,
        "capabilities": context.get("capabilities", {}).get("drop") == ["ALL"],
        "added": set(context.get("capabilities", {}).get("add", [])) <= {"NET_BIND_SERVICE"},
        "seccomp": (context.get("seccompProfile") or of_pod.get("seccompProfile", {})).get("type") == "RuntimeDefault",
        "ports of the node": not any("hostPort" in port for port in container.get("ports", [])),
        "probes of another host": not any("host" in probe for probe in _probes(container)),
    }
    yield from (f"{container['name']}: {what}" for what, well in wanted.items() if not well)


def _probes(container: Document) -> list[Document]:
    return [container[name].get("httpGet", {}) for name in container if name.endswith("Probe")]


@pytest.mark.requirement("AR-003")
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_is_restricted_and_every_namespace_refuses_others(overlay: str) -> None:
    assert {pods.name: found for pods in manifests.pods(overlay) if (found := list(_unrestricted(pods)))} == {}
    for namespace in manifests.of_kind(overlay, "Namespace"):
        watches = namespace["metadata"]["name"] == "resimate-detection"  # what is of the node it sees there alone
        enforced = namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        assert enforced == ("privileged" if watches else "restricted")


@pytest.mark.requirement("AR-003", "K8S-001")
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_container_has_its_share_a_disk_it_cannot_write_and_no_secret_in_its_variables(overlay: str) -> None:
    for pods in manifests.pods(overlay):
        assert pods.spec["automountServiceAccountToken"] is False
        assert pods.spec["enableServiceLinks"] is False
        for container in pods.containers:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            for share in ("requests", "limits"):
                assert set(container["resources"][share]) >= {"cpu", "memory"}
            assert not any("secretKeyRef" in one.get("valueFrom", {}) for one in container.get("env", []))
            assert not any("secretRef" in source for source in container.get("envFrom", []))
    for account in manifests.of_kind(overlay, "ServiceAccount"):
        assert account["automountServiceAccountToken"] is False


@pytest.mark.requirement("AR-003")
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_role_is_asked_whether_it_has_started_lives_and_is_ready(overlay: str) -> None:
    for pods in manifests.pods(overlay):
        if pods.kind != "Deployment" or pods.namespace != "resimate":  # others' programs have probes of their own
            continue
        (container,) = pods.containers
        paths = {name: container[name]["httpGet"]["path"] for name in container if name.endswith("Probe")}
        assert paths == {
            "startupProbe": "/health/startup",
            "livenessProbe": "/health/live",
            "readinessProbe": "/health/ready",
        }
        is_web = pods.labels["serves"] == "requests"
        assert {container[name]["httpGet"]["port"] for name in paths} == {"web" if is_web else "management"}
        waits = container["lifecycle"]["preStop"]["exec"]["command"][-1] if is_web else "sleep(0)"
        assert pods.spec["terminationGracePeriodSeconds"] > int(waits[waits.index("sleep(") + 6 : -1]) + FINISHING


@pytest.mark.requirement("AR-003", "SEC-DATA-001")
def test_who_only_serves_has_no_business_with_the_owner_of_the_database() -> None:
    for overlay in OVERLAYS:
        holders = {pods.name for pods in manifests.pods(overlay) if "resimate-owner" in str(pods.spec["volumes"])}
        assert holders == ({"resimate-migrate"} if overlay != "production-second" else set())


@pytest.mark.requirement("AR-003")
def test_a_deployment_never_has_fewer_pods_while_it_rolls() -> None:
    for overlay in OVERLAYS:
        for one in manifests.of_kind(overlay, "Deployment"):
            strategy = one["spec"]["strategy"]
            if one["metadata"]["name"] in ("resimate-scheduler", "external-dns"):
                assert strategy == {"type": "Recreate"}  # two would begin everything twice
            else:
                assert strategy["rollingUpdate"]["maxUnavailable"] == 0
