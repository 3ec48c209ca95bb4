"""Objects of kinds that others define are as those published them: values by their schemas, keys by their types."""

import copy
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.manifests import OVERLAYS, ROOT, Document

pytestmark = [pytest.mark.thorough, pytest.mark.requirement("K8S-001", "K8S-002", "DEV-002")]
FOLDER = ROOT / "build/peers/npm"
PACKAGES = {
    "argoproj.io": "argo-rollouts",
    "gateway.networking.k8s.io": "gateway-api",
    "cert-manager.io": "cert-manager",
    "external-secrets.io": "external-secrets",
    "keda.sh": "keda",
    "monitoring.coreos.com": "prometheus-operator",
    "networking.istio.io": "istio",
    "security.istio.io": "istio",
    "postgresql.cnpg.io": "cloudnative-pg",
    "serving.knative.dev": "knative",
}
EXAMPLES = manifests.RENDERED / "examples"
#: One group, two projects.
ARGO_CD = {"Application", "ApplicationSet", "AppProject"}
TSC = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--moduleResolution", "nodenext"]


def _ours() -> list[Document]:
    found = {id(one): one for overlay in OVERLAYS for one in manifests.documents(overlay)}
    rendered = [one for one in found.values() if manifests.group_of(one) in PACKAGES]
    examples = [one for path in sorted(EXAMPLES.glob("*.yaml")) for one in yaml.safe_load_all(path.read_text())]
    rendered += [one for one in examples if manifests.group_of(one) in PACKAGES]
    return rendered + [yaml.safe_load(path.read_text()) for path in sorted((ROOT / "k8s/argocd").glob("*.yaml"))]


def _package(one: Document) -> str:
    return "argo-cd" if one["kind"] in ARGO_CD else PACKAGES[manifests.group_of(one)]


def _first(kind: str) -> Document:
    return copy.deepcopy(next(one for one in _ours() if one["kind"] == kind and manifests.group_of(one)))


def _changed(kind: str, do: Callable[[Any], Any]) -> Document:
    one = _first(kind)
    do(one["spec"])
    return one


@pytest.fixture
def node() -> str:
    program = shutil.which("node")
    if program is None or not (FOLDER / "node_modules/@kubernetes-models").exists():
        pytest.skip("there is no Node, or no build/peers/npm; scripts/npm-peers/build makes it")
    return program


def test_values_are_as_the_schemas_have_them(node: str) -> None:
    wrong = [
        _changed("ScaledObject", lambda spec: spec.update(pollingInterval="15s")),
        _changed("Rollout", lambda spec: spec.pop("strategy") and spec.update(strategy=[])),
        _changed("Certificate", lambda spec: spec.pop("issuerRef")),
        _changed("PeerAuthentication", lambda spec: spec.update(mtls={"mode": "STRICTT"})),
        _changed("Cluster", lambda spec: spec.update(instances="three")),
        _changed("ExternalSecret", lambda spec: spec.update(data=[{"secretKey": 1}])),
        _changed("PodMonitor", lambda spec: spec.pop("selector")),
        _changed("PrometheusRule", lambda spec: spec["groups"][0].update(rules={})),
        _changed("Application", lambda spec: spec.pop("project")),
        _changed("ApplicationSet", lambda spec: spec.update(generators={})),
        _changed("Gateway", lambda spec: spec["listeners"][0].update(port="80")),
        _changed("HTTPRoute", lambda spec: spec["rules"][0]["matches"][0]["path"].update(type="Prefix")),
        _changed("AppProject", lambda spec: spec.update(sourceRepos="all")),
        _changed("Service", lambda spec: spec["template"]["spec"].update(timeoutSeconds="60")),
    ]
    ours = _ours()
    asked = json.dumps([{"package": _package(one), "object": one} for one in [*ours, *wrong]])

    program = [node, str(Path(__file__).with_name("models.mjs")), str(FOLDER)]
    done = subprocess.run(program, input=asked, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert len(ours) > 50
    assert [sentence for sentence in said[: len(ours)] if sentence] == []
    assert [bool(sentence) for sentence in said[len(ours) :]] == [True] * len(wrong)


def test_keys_are_those_that_the_types_know(node: str, tmp_path: Path) -> None:
    """A compiler refuses keys that a type does not have: what a slip of the pen makes of them."""
    slips = [
        _changed("ScaledObject", lambda spec: spec.update(pollingIntervall=15)),
        _changed("Rollout", lambda spec: spec.update(minReadySecond=5)),
        _changed("Certificate", lambda spec: spec["privateKey"].update(rotation="Always")),
        _changed("DestinationRule", lambda spec: spec["trafficPolicy"]["outlierDetection"].update(intervall="10s")),
        _changed("Cluster", lambda spec: spec["backup"].update(retention="7d")),
        _changed("PodMonitor", lambda spec: spec["podMetricsEndpoints"][0].update(portz="management")),
        _changed("Application", lambda spec: spec["syncPolicy"].update(synchOptions=[])),
        _changed("AppProject", lambda spec: spec.update(destination=[])),
        _changed("Gateway", lambda spec: spec["listeners"][1]["tls"].update(minVersion="1.3")),
        _changed("HTTPRoute", lambda spec: spec.update(hostname=["resimate.example"])),
        _changed("Service", lambda spec: spec["template"]["spec"].update(containerConcurency=64)),
    ]
    ours = _ours()
    lines = [_typed(number, one) for number, one in enumerate([*ours, *slips])]
    (tmp_path / "objects.ts").write_text("\n".join(lines))
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "node_modules").symlink_to(FOLDER / "node_modules")

    tsc = [node, str(FOLDER / "node_modules/typescript/bin/tsc"), *TSC, "objects.ts"]
    done = subprocess.run(tsc, cwd=tmp_path, capture_output=True, text=True, check=False)

    refused = {int(line) for line in re.findall(r"^objects\.ts\((\d+),\d+\): error TS2\d+", done.stdout, re.M)}
    assert refused == set(range(len(ours) + 1, len(ours) + len(slips) + 1)), done.stdout


def _typed(number: int, one: Document) -> str:
    group, version = one["apiVersion"].split("/")
    module = f"@kubernetes-models/{_package(one)}/{group}/{version}/{one['kind']}"
    return f'export const o{number}: import("{module}").I{one["kind"]} = {json.dumps(one)};'
