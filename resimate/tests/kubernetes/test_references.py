"""What names something else in the manifests names what is there."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from resimate import env, wishes
from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.manifests import OVERLAYS, WEB, WORKERS, Document, Pods

#: Read by others than the settings: the allocator, the numeric library, PostgreSQL's image.
OTHERS = {"MALLOC_ARENA_MAX", "OPENBLAS_NUM_THREADS"}
#: Made by hand before the rest, each as k8s/README.md has it.
BY_HAND = {"resimate-dns", "external-dns-key"}


def _names(overlay: str, *kinds: str, group: str | None = None) -> set[str]:
    return {one["metadata"]["name"] for one in manifests.of_kind(overlay, *kinds, group=group)}


def _selected(overlay: str, selector: dict[str, str], namespace: str) -> list[Pods]:
    every = manifests.pods(overlay)
    return [
        one for one in every if one.namespace == namespace and manifests.chosen({"matchLabels": selector}, one.labels)
    ]


@pytest.mark.requirement("AR-002")
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_role_is_deployed_by_itself(overlay: str) -> None:
    roles = {}
    for pods in manifests.pods(overlay):
        told = {one["name"]: one.get("value") for one in pods.containers[0].get("env", [])}
        if "RESIMATE_ROLE" in told:
            roles[pods.labels["app.kubernetes.io/component"]] = (pods.name, told["RESIMATE_ROLE"])

    assert roles == {role: (f"resimate-{role}", role) for role in (*WEB, *WORKERS)}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_services_budgets_and_deployments_choose_their_own_pods(overlay: str) -> None:
    for one in manifests.of_kind(overlay, "Deployment", "StatefulSet"):
        labels = one["spec"]["template"]["metadata"]["labels"]
        assert manifests.chosen(one["spec"]["selector"], labels)
        chosen = _selected(overlay, one["spec"]["selector"]["matchLabels"], one["metadata"]["namespace"])
        assert [pods.name for pods in chosen] == [one["metadata"]["name"]]
        for spread in one["spec"]["template"]["spec"].get("topologySpreadConstraints", []):
            assert spread["labelSelector"] == one["spec"]["selector"]
    for one in manifests.of_kind(overlay, "PodDisruptionBudget"):
        chosen = _selected(overlay, one["spec"]["selector"]["matchLabels"], "resimate")
        assert [pods.name for pods in chosen] == [one["metadata"]["name"]]
    for one in manifests.of_kind(overlay, "Service", group=""):
        if one["metadata"]["namespace"] == "resimate":
            (pods,) = _selected(overlay, one["spec"]["selector"], "resimate")
            assert {port["targetPort"] for port in one["spec"]["ports"]} <= set(pods.ports)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_pods_name_settings_secrets_and_accounts_that_are_there(overlay: str) -> None:
    secrets = _names(overlay, "Secret", "ExternalSecret") | BY_HAND
    secrets |= {one["spec"]["secretName"] for one in manifests.of_kind(overlay, "Certificate")}
    maps, accounts = _names(overlay, "ConfigMap"), _names(overlay, "ServiceAccount")
    for pods in manifests.pods(overlay):
        assert pods.spec.get("serviceAccountName", "default") in accounts | {"default"}
        volumes = {volume["name"]: volume for volume in pods.spec["volumes"]}
        for container in pods.containers:
            assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes)
            assert {source["configMapRef"]["name"] for source in container.get("envFrom", [])} <= maps
            probes = [container[name] for name in container if name.endswith("Probe")]
            ports = {(probe.get("httpGet") or probe["tcpSocket"])["port"] for probe in probes if "exec" not in probe}
            assert ports <= {*pods.ports, *pods.ports.values()}
        for volume in volumes.values():
            assert volume.get("secret", {}).get("secretName") in secrets | {None}
            assert volume.get("configMap", {}).get("name") in maps | {None}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_settings_are_those_that_the_product_reads(overlay: str) -> None:
    data = dict(manifests.named(overlay, "ConfigMap", "resimate-config")["data"])
    for pods in manifests.pods(overlay):
        if pods.labels.get("tier") == "application":
            data |= {one["name"]: one["value"] for one in pods.containers[0].get("env", [])}

    wishes.declare()
    assert {name.removesuffix("_FILE") for name in data} - OTHERS <= set(env.DECLARED)
    kept = manifests.of_kind(overlay, "Secret") or [
        {"data": {item["secretKey"]: "" for item in one["spec"]["data"]}, "metadata": one["metadata"]}
        for one in manifests.of_kind(overlay, "ExternalSecret")
    ]
    keys = {one["metadata"]["name"]: set(one["data"]) for one in kept}
    files = {value for name, value in data.items() if value.startswith("/run/secrets/") and "/vault/" not in value}
    folders = {"resimate": "resimate-runtime", "owner": "resimate-owner"}
    assert len(files) >= 7
    assert [name for name in files if name.split("/")[4] not in keys[folders[name.split("/")[3]]]] == []


def _targets(overlay: str) -> Iterator[tuple[str, str]]:
    for one in manifests.of_kind(overlay, "HorizontalPodAutoscaler", "ScaledObject"):
        yield one["spec"]["scaleTargetRef"]["kind"], one["spec"]["scaleTargetRef"]["name"]
    for one in manifests.of_kind(overlay, "Rollout"):
        yield one["spec"]["workloadRef"]["kind"], one["spec"]["workloadRef"]["name"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_scales_and_rolls_out_is_there(overlay: str) -> None:
    targets = list(_targets(overlay))

    assert [(kind, name) for kind, name in targets if name not in _names(overlay, kind)] == []
    assert len(set(targets)) == len(targets)
    assert bool(targets) == (overlay != "dev")
    # Where a rollout has the pods, nobody scales the deployment beside it.
    rolled = {name for kind, name in targets if kind == "Deployment"} & _names(overlay, "Rollout")
    scaled = {
        one["spec"]["scaleTargetRef"]["name"]
        for one in manifests.of_kind(overlay, "HorizontalPodAutoscaler", "ScaledObject")
        if one["spec"]["scaleTargetRef"]["kind"] == "Deployment"
    }
    assert rolled & scaled == set()


def _said(value: Any, key: str) -> Iterator[Any]:
    """All that stands under that key, however deep."""
    if isinstance(value, dict):
        yield from (value[key],) if key in value else ()
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _said(one, key)


@pytest.mark.parametrize("overlay", [one for one in OVERLAYS if one != "dev"])
def test_ways_in_and_certificates_lead_to_what_is_there(overlay: str) -> None:
    ingresses = manifests.of_kind(overlay, "Ingress")
    data = manifests.named(overlay, "ConfigMap", "resimate-config")["data"]
    hosts = [data["RESIMATE_BASE_DOMAIN"], f"*.{data['RESIMATE_BASE_DOMAIN']}"]
    certificate = manifests.named(overlay, "Certificate", "resimate")["spec"]

    for ingress in ingresses:
        assert [rule["host"] for rule in ingress["spec"]["rules"]] == ingress["spec"]["tls"][0]["hosts"] == hosts
        assert certificate["secretName"] == ingress["spec"]["tls"][0]["secretName"]
    assert certificate["dnsNames"] == hosts
    for rules in zip(*(one["spec"]["rules"] for one in ingresses), strict=True):
        assert "/" in {path["path"] for rule in rules for path in rule["http"]["paths"]}
    services = {service["name"] for service in _said(ingresses, "service")}
    assert services == {f"resimate-{role}" for role in WEB} <= _names(overlay, "Service")
    issuers = {one["spec"]["issuerRef"]["name"] for one in manifests.of_kind(overlay, "Certificate")}
    assert issuers <= _names(overlay, "Issuer")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_secrets_that_others_read_are_made(overlay: str) -> None:
    made = _names(overlay, "Secret", "ExternalSecret") | BY_HAND
    asked: set[str] = set()
    for one in manifests.of_kind(overlay, "Cluster", "Issuer"):
        for key in ("secret", "passwordSecret", "caBundleSecretRef", "accessKeyId", "secretAccessKey"):
            asked |= {reference["name"] for reference in _said(one, key)}
        for solver in _said(one, "tsigSecretSecretRef"):
            asked.add(solver["name"])

    assert asked <= made


@pytest.mark.requirement("DEV-002")
@pytest.mark.parametrize(("overlay", "kind"), [("production", "canary"), ("staging", "blueGreen")])
def test_a_new_version_is_measured_by_our_service_levels(overlay: str, kind: str) -> None:
    levels = {"auth": "0.1", "users-api": "0.1", "core-api": "0.2", "campaigns-api": "0.3", "portal": "0.3"}
    rollouts: dict[str, Document] = {
        one["metadata"]["name"].removeprefix("resimate-"): one["spec"]["strategy"][kind]
        for one in manifests.of_kind(overlay, "Rollout")
    }

    assert set(rollouts) == set(WEB)
    for role, strategy in rollouts.items():
        assert {one["templateName"] for one in _said(strategy, "templates") for one in one} <= _names(
            overlay, "AnalysisTemplate"
        )
        for arguments in _said(strategy, "args"):
            given = {one["name"]: one.get("value") for one in arguments}
            assert (given["role"], given["seconds"]) == (role, levels[role])
    (template,) = manifests.of_kind(overlay, "AnalysisTemplate")
    assert {one["name"] for one in template["spec"]["args"]} == {"role", "revision", "errors", "seconds"}


@pytest.mark.requirement("SCALE-001", "MON-001")
def test_what_prometheus_is_asked_the_product_counts() -> None:
    """Labels that pods have for Prometheus alone, it gets from its monitor; names with a colon are of its own rules."""
    page = (manifests.ROOT / "docs/registries.md").read_text()
    for overlay in OVERLAYS:
        queries = [*_said(manifests.of_kind(overlay, "ScaledObject", "AnalysisTemplate"), "query")]
        counted = {name for query in queries for name in re.findall(r"(?<!:)\bresimate_[a-z_]+(?=\{)", query)}
        assert [name for name in counted if f"`{name.removesuffix('_bucket')}`" not in page] == []
        labels = {name for query in queries for name in re.findall(r'(\w+)=~?"', query)}
        told = {
            one["targetLabel"]
            for monitor in manifests.of_kind(overlay, "PodMonitor")
            for one in monitor["spec"]["podMetricsEndpoints"][0].get("relabelings", ())
        }
        assert labels <= {"namespace", "queue", "status"} | told
        assert bool(counted) == (overlay != "dev")
