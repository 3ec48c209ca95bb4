"""The values for charts of others fit what is rendered: names by which policies know their pods, and what they may."""

from typing import Any

import pytest
import yaml

from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.manifests import ROOT

VALUES = {path.stem: yaml.safe_load(path.read_text()) for path in (ROOT / "k8s/values").glob("*.yaml")}
pytestmark = pytest.mark.requirement("NET-001", "K8S-001")


@pytest.mark.parametrize("chart", ["vault", "openbao"])
def test_the_vault_is_called_as_we_call_it_and_fits_into_a_restricted_namespace(chart: str) -> None:
    values = VALUES[chart]
    contexts = values["server"]["statefulSet"]["securityContext"]

    assert values["fullnameOverride"] == "vault"
    assert values.get("nameOverride", chart) == "vault", "base/network knows its pods by that"
    assert values["server"]["serviceAccount"]["name"] == "vault"
    assert values["global"]["tlsDisable"] is False
    assert values["injector"]["enabled"] is False
    assert contexts["pod"]["runAsNonRoot"] is True
    assert contexts["pod"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert contexts["container"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    mounted = {one["mountPath"] for one in values["server"]["volumeMounts"]}
    config = values["server"]["ha"]["raft"]["config"]
    assert all(f'"{place}/{file}"' in config for place in mounted for file in ("tls.crt", "tls.key"))


def test_issuers_of_our_namespace_may_use_what_cert_manager_may_use() -> None:
    (issuer,) = manifests.of_kind("aws", "Issuer")

    assert "secretAccessKeySecretRef" not in issuer["spec"]["acme"]["solvers"][0]["dns01"]["route53"]
    assert "--issuer-ambient-credentials" in VALUES["cert-manager"]["extraArgs"]
    assert VALUES["cert-manager"]["serviceAccount"]["name"] == "cert-manager"


def test_prometheus_has_the_name_by_which_it_is_asked_and_takes_our_rules() -> None:
    (service,) = VALUES["kube-prometheus-stack"]["extraManifests"]
    asked = {
        trigger["metadata"]["serverAddress"]
        for one in manifests.of_kind("onprem", "ScaledObject")
        for trigger in one["spec"]["triggers"]
        if trigger["type"] == "prometheus"
    }
    about: dict[str, Any] = service["metadata"]

    assert asked == {f"http://{about['name']}.{about['namespace']}.svc:{service['spec']['ports'][0]['port']}"}
    chosen = VALUES["kube-prometheus-stack"]["prometheus"]["prometheusSpec"]
    assert chosen["podMonitorSelectorNilUsesHelmValues"] is chosen["ruleSelectorNilUsesHelmValues"] is False
    assert VALUES["kube-prometheus-stack"]["nodeExporter"]["enabled"] is False, "it is not restricted"
