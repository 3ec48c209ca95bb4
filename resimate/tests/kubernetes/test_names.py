"""ExternalDNS: it knows its flags, reads our Ingress alone, writes in our zone alone, and takes nothing away."""

import json
from pathlib import Path

import pytest

from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.manifests import CLOUDS, OVERLAYS, Document

pytestmark = pytest.mark.requirement("NET-001", "EXT-001", "AR-001")
#: All flags of the version that is rendered, read out of its sources.
FLAGS = Path(__file__).with_name("external_dns_flags.txt").read_text().split()
VERSION = "registry.k8s.io/external-dns/external-dns:v0.23.0"
MANAGEMENT = "resimate-management"
PREFIX = "EXTERNAL_DNS_"
PROVIDERS = {"aws": "aws", "azure": "azure", "gcp": "google", "onprem": "rfc2136"}


def _told(overlay: str) -> dict[str, str]:
    told: dict[str, str] = manifests.named(overlay, "ConfigMap", "external-dns", MANAGEMENT)["data"]
    return told


def _pod(overlay: str) -> Document:
    spec: Document = manifests.named(overlay, "Deployment", "external-dns", MANAGEMENT)["spec"]["template"]["spec"]
    return spec


def test_it_is_where_somebody_is_known_who_keeps_the_zone() -> None:
    there = {one for one in OVERLAYS if any(pods.name == "external-dns" for pods in manifests.pods(one))}

    assert there == set(CLOUDS)
    assert {one: _told(one)[f"{PREFIX}PROVIDER"] for one in CLOUDS} == PROVIDERS


@pytest.mark.parametrize("overlay", CLOUDS)
def test_every_flag_is_one_that_this_version_knows(overlay: str) -> None:
    told = _told(overlay)
    names = {key.removeprefix(PREFIX).lower().replace("_", "-") for key in told if key.startswith(PREFIX)}

    assert _pod(overlay)["containers"][0]["image"] == VERSION
    assert names - set(FLAGS) == set()
    assert {key for key in told if not key.startswith(PREFIX)} == ({"AWS_REGION"} if overlay == "aws" else set())
    assert not any("SECRET" in key and key != f"{PREFIX}RFC2136_TSIG_SECRET_ALG" for key in told)


@pytest.mark.parametrize("overlay", CLOUDS)
def test_it_names_the_hosts_of_our_ingress_in_our_zone_and_takes_nothing_away(overlay: str) -> None:
    told = {key.removeprefix(PREFIX): value for key, value in _told(overlay).items()}
    ingress = manifests.named(overlay, "Ingress", "resimate")
    key, _, value = told["LABEL_FILTER"].partition("=")

    assert (told["SOURCE"], told["NAMESPACE"]) == ("ingress", ingress["metadata"]["namespace"])
    assert ingress["metadata"]["labels"][key] == value
    assert told["INGRESS_CLASS"] == ingress["spec"]["ingressClassName"]
    hosts = [rule["host"] for rule in ingress["spec"]["rules"]]
    assert hosts == [told["DOMAIN_FILTER"], f"*.{told['DOMAIN_FILTER']}"]
    assert (told["POLICY"], told["REGISTRY"]) == ("upsert-only", "txt")
    assert told["TXT_OWNER_ID"] == f"resimate-{overlay}"
    others = [one for one in manifests.of_kind(overlay, "Service", group="") if "external-dns" in str(one["metadata"])]
    assert others == []


@pytest.mark.parametrize("overlay", CLOUDS)
def test_it_may_read_ingresses_where_ours_is_and_nothing_else(overlay: str) -> None:
    granted = [
        (one["kind"], one["metadata"]["namespace"])
        for one in manifests.of_kind(overlay, "RoleBinding", "ClusterRoleBinding")
        for subject in one["subjects"]
        if (subject["name"], subject["namespace"]) == ("external-dns", MANAGEMENT)
    ]
    role = manifests.named(overlay, "Role", "external-dns")

    assert granted == [("RoleBinding", "resimate")]
    assert role["rules"] == [
        {"apiGroups": ["networking.k8s.io"], "resources": ["ingresses"], "verbs": ["get", "list", "watch"]}
    ]
    assert _pod(overlay)["serviceAccountName"] == "external-dns"


@pytest.mark.parametrize("overlay", CLOUDS)
def test_it_reaches_who_keeps_the_zone_and_nobody_inside(overlay: str) -> None:
    (policy,) = [
        one["spec"] for one in manifests.of_kind(overlay, "NetworkPolicy") if one["metadata"]["name"] == "external-dns"
    ]
    reached = [
        (block["ipBlock"]["cidr"], port["port"])
        for rule in policy["egress"]
        for block in rule["to"]
        for port in rule["ports"]
    ]
    public = ("0.0.0.0/0", 443)
    metadata = {
        "aws": [("169.254.170.23/32", 80)],
        "gcp": [("169.254.169.254/32", 80), ("169.254.169.252/32", 988)],
    }

    assert policy["policyTypes"] == ["Egress"]
    if overlay == "onprem":
        assert reached == [(f"{_told(overlay)[f'{PREFIX}RFC2136_HOST']}/32", 53)] * 2
    else:
        assert reached == [public, *metadata.get(overlay, [])]
        assert "10.0.0.0/8" in policy["egress"][0]["to"][0]["ipBlock"]["except"]


def test_no_secret_is_in_what_it_is_told() -> None:
    """On one's own servers the key that signs is in a mounted file, whose flag the program reads from there."""
    (container,) = _pod("onprem")["containers"]
    mounts = {one["mountPath"]: one["name"] for one in container["volumeMounts"]}
    volumes = {one["name"]: one for one in _pod("onprem")["volumes"]}

    assert container["args"] == ["@/run/secrets/names/flags"]
    assert volumes[mounts["/run/secrets/names"]]["secret"]["secretName"] == "external-dns-key"
    azure = manifests.named("azure", "ConfigMap", "external-dns-platform", MANAGEMENT)["data"]["azure.json"]
    assert set(json.loads(azure)) == {"tenantId", "subscriptionId", "resourceGroup", "useWorkloadIdentityExtension"}
    account = manifests.named("azure", "ServiceAccount", "external-dns", MANAGEMENT)
    assert "azure.workload.identity/client-id" in account["metadata"]["annotations"]
