"""What is rendered for the mesh lets the door, Prometheus and the API server do what they do; no mesh ran."""

from collections.abc import Iterator

import pytest
import yaml

from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.manifests import OVERLAYS, ROOT, Document

MESHED = [one for one in OVERLAYS if one not in ("dev", "knative")]
pytestmark = [pytest.mark.requirement("NET-001", "SEC-DATA-001"), pytest.mark.parametrize("overlay", MESHED)]
PROBES = ("", "/", "/x", "-x")


def _by_ingress(rules: list[Document], path: str) -> str:
    """The longest prefix by whole segments, as Ingress has it."""
    paths = [one for one in rules if f"{path}/".startswith(one["path"].rstrip("/") + "/")]
    return str(max(paths, key=lambda one: len(one["path"]))["backend"]["service"]["name"])


def _by_mesh(routes: list[Document], path: str) -> str:
    """The first that fits, as Istio has it: a prefix is one of letters."""
    for route in routes:
        for match in (one["uri"] for one in route["match"]):
            if match.get("exact") == path or ("prefix" in match and path.startswith(match["prefix"])):
                return str(route["route"][0]["destination"]["host"])
    raise AssertionError(f"no route for {path}")


def _paths(rules: list[Document]) -> Iterator[str]:
    yield from ("/", "/x")
    yield from (one["path"] + probe for one in rules for probe in PROBES if one["path"] != "/")


def test_the_mesh_brings_each_path_of_the_door_to_the_same_role(overlay: str) -> None:
    ingress = manifests.named(overlay, "Ingress", "resimate")
    mesh = manifests.named(overlay, "VirtualService", "resimate")["spec"]

    assert ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/service-upstream"] == "true"
    assert "nginx.ingress.kubernetes.io/upstream-vhost" not in ingress["metadata"]["annotations"], "tenants are hosts"
    assert mesh["hosts"] == [one["host"] for one in ingress["spec"]["rules"]]
    assert (mesh["gateways"], mesh["exportTo"]) == (["mesh"], ["resimate-dmz"])
    assert not any("rewrite" in one or "headers" in one for one in mesh["http"])
    for rule in ingress["spec"]["rules"]:
        paths = rule["http"]["paths"]
        for path in _paths(paths):
            assert _by_mesh(mesh["http"], path) == f"{_by_ingress(paths, path)}.resimate.svc.cluster.local", path


def test_routes_lead_to_ports_that_services_have(overlay: str) -> None:
    mesh = manifests.named(overlay, "VirtualService", "resimate")["spec"]

    for one in mesh["http"]:
        target = one["route"][0]["destination"]
        service = manifests.named(overlay, "Service", target["host"].partition(".")[0])
        assert target["port"]["number"] in [port["port"] for port in service["spec"]["ports"]]


def test_who_has_no_proxy_is_let_in_where_a_policy_says_so_and_nowhere_else(overlay: str) -> None:
    labels = {one["metadata"]["name"]: one["metadata"]["labels"] for one in manifests.of_kind(overlay, "Namespace")}
    named = {one["metadata"]["name"]: one["spec"] for one in manifests.of_kind(overlay, "PeerAuthentication")}
    calls = manifests.named(overlay, "AuthorizationPolicy", "who-may-call")["spec"]["rules"]

    injected = {one: labels[one]["istio-injection"] for one in ("resimate", "resimate-dmz", "resimate-management")}
    assert injected == {"resimate": "enabled", "resimate-dmz": "enabled", "resimate-management": "disabled"}
    assert named["metrics"]["portLevelMtls"] == {"9000": {"mode": "PERMISSIVE"}}
    assert named["metrics"]["mtls"] == {"mode": "STRICT"}
    (door, metrics) = calls
    assert door == {
        "from": [{"source": {"namespaces": ["resimate-dmz"]}}],
        "to": [{"operation": {"ports": ["8000"]}}],
    }
    assert metrics == {"to": [{"operation": {"ports": ["9000"], "paths": ["/metrics"]}}]}


def test_people_outside_speak_tls_to_the_door_itself(overlay: str) -> None:
    values = yaml.safe_load((ROOT / "k8s/components/ingress-nginx/values.yaml").read_text())

    assert values["controller"]["podAnnotations"] == {"traffic.sidecar.istio.io/includeInboundPorts": ""}
