"""What shows at the doors: TLS outside, inside and at the database, whose paths an Ingress takes, and who asked."""

import pytest
import yaml

from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.manifests import CLOUDS, OVERLAYS, ROOT, WEB
from resimate.tests.kubernetes.test_network import DMZ, OURS


@pytest.mark.requirement("NET-001", "SEC-DATA-001")
@pytest.mark.parametrize("overlay", [one for one in OVERLAYS if one != "dev"])
def test_outside_there_is_tls_1_3_alone(overlay: str) -> None:
    told = manifests.named(overlay, "ConfigMap", "ingress-nginx-controller", DMZ)["data"]

    assert told["ssl-protocols"] == "TLSv1.3"
    assert told["force-ssl-redirect"] == told["hsts"] == "true"
    assert told["use-forwarded-headers"] == "false"
    doors = [one for one in manifests.of_kind(overlay, "Service", group="") if one["spec"]["type"] != "ClusterIP"]
    assert [(one["metadata"]["namespace"], one["spec"]["type"]) for one in doors] == [(DMZ, "LoadBalancer")]
    assert doors[0]["spec"]["externalTrafficPolicy"] == "Local"


@pytest.mark.requirement("NET-001", "SEC-NET-001")
def test_an_ingress_of_another_namespace_takes_no_path_of_ours() -> None:
    """The controller's chart makes ``--watch-namespace`` of it."""
    values = yaml.safe_load((ROOT / "k8s/components/ingress-nginx/values.yaml").read_text())

    assert values["controller"]["scope"] == {"enabled": True, "namespace": OURS, "namespaceSelector": ""}
    assert values["controller"]["allowSnippetAnnotations"] is False
    for overlay in OVERLAYS:
        assert {one["metadata"]["namespace"] for one in manifests.of_kind(overlay, "Ingress")} == {OURS}


@pytest.mark.requirement("DB-001", "SEC-DATA-001")
@pytest.mark.parametrize("overlay", ["onprem", "testing"])
def test_the_database_takes_nobody_without_tls(overlay: str) -> None:
    """By the first line that fits, as PostgreSQL reads them; the operator's own come before ours and after."""
    ours = manifests.named(overlay, "Cluster", "resimate-database")["spec"]["postgresql"]["pg_hba"]
    lines = [line.split() for line in (*ours, "host all all all scram-sha-256")]

    def first(how: str, database: str) -> str:
        fits = [one for one in lines if one[0] in ("host", how) and one[1] in ("all", database)]
        return fits[0][-1]

    for database in ("resimate", "postgres"):
        assert first("hostnossl", database) == "reject"
        assert first("hostssl", database) == "scram-sha-256"


#: What a cloud's balancer has to be told; those of Azure, Google and MetalLB pass on what they are sent as it came,
#: unless they are told to be another kind.
KEEPS = {"aws": {"target-group-attributes": "preserve_client_ip.enabled=true", "nlb-target-type": "ip"}}
HIDES = ("internal", "proxy-protocol", "neg", "load-balancer-type")


@pytest.mark.requirement("NET-001", "SEC-NET-002")
@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_balancer_keeps_the_address_of_who_asks(cloud: str) -> None:
    door = manifests.named(cloud, "Service", "ingress-nginx-controller", DMZ)
    told = {name.rpartition("load-balancer-")[2]: value for name, value in door["metadata"]["annotations"].items()}

    assert door["spec"]["externalTrafficPolicy"] == "Local"
    assert told | KEEPS.get(cloud, {}) == told
    assert cloud in KEEPS or not [name for name in told for word in HIDES if word in name]


@pytest.mark.requirement("NET-001", "SEC-DATA-001", "AR-002")
@pytest.mark.parametrize("overlay", [one for one in OVERLAYS if one not in ("dev", "knative")])
def test_inside_both_sides_show_who_they_are(overlay: str) -> None:
    strict = {
        one["metadata"]["namespace"]
        for one in manifests.of_kind(overlay, "PeerAuthentication")
        if one["spec"] == {"mtls": {"mode": "STRICT"}}
    }
    assert strict == {OURS, DMZ}  # what operates speaks TLS itself: the API server, which calls it, has no certificate
    rules = {one["metadata"]["name"]: one["spec"] for one in manifests.of_kind(overlay, "DestinationRule")}
    assert set(rules) == {f"resimate-{role}" for role in WEB}
    for rule in rules.values():
        assert rule["trafficPolicy"]["tls"]["mode"] == "ISTIO_MUTUAL"
        assert rule["trafficPolicy"]["outlierDetection"]["consecutive5xxErrors"] == 5
    for pods in manifests.pods(overlay):
        if pods.kind == "Deployment" and pods.namespace == "resimate":
            assert "SECRET_TTL: 12h0m0s" in pods.template["metadata"]["annotations"]["proxy.istio.io/config"]
