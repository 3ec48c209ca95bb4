"""What is applied is what the sources say, the same on every cloud, of named images alone."""

import hashlib
import os
import re
import subprocess
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.manifests import CLOUDS, OVERLAYS, RENDERED, ROOT

KUSTOMIZE = ROOT / "build/peers/kustomize"
SOURCES = ("base", "components", "examples", "overlays", "templates")
#: Of Kubernetes itself; and of projects that run on every cloud.
OWN = {"", "apps", "batch", "networking.k8s.io", "policy", "autoscaling", "rbac.authorization.k8s.io"}
OPEN = {
    *("argoproj.io", "cert-manager.io", "external-secrets.io", "keda.sh", "monitoring.coreos.com"),
    *("networking.istio.io", "security.istio.io", "postgresql.cnpg.io", "serving.knative.dev"),
    *("templates.gatekeeper.sh", "constraints.gatekeeper.sh", "admissionregistration.k8s.io"),
}
WITHOUT_NAMESPACE = {
    *("ClusterRole", "ClusterRoleBinding", "Namespace", "ConstraintTemplate", "ResimateWorkloads", "ResimateDoors"),
    *("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"),
}


def _digest_of_sources() -> str:
    files = [path for folder in SOURCES for path in (ROOT / "k8s" / folder).rglob("*") if path.is_file()]
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(ROOT)}\n" for path in files]
    listed = sorted(lines, key=lambda line: line.split("  ")[1].encode())
    return hashlib.sha256("".join(listed).encode()).hexdigest()


def test_nobody_forgot_to_render() -> None:
    assert (RENDERED / ".sources").read_text().split()[0] == _digest_of_sources(), "run `make manifests`"


@pytest.mark.thorough
def test_rendering_again_changes_nothing(tmp_path: Path) -> None:
    if not KUSTOMIZE.exists():
        pytest.skip("there is no build/peers/kustomize; `scripts/go-peers/build kustomize` makes it")

    assert sorted(os.listdir(ROOT / "k8s/overlays")) == OVERLAYS
    for overlay in OVERLAYS:
        said = subprocess.run(
            [KUSTOMIZE, "build", ROOT / "k8s/overlays" / overlay], capture_output=True, text=True, check=True
        )
        assert said.stdout == manifests.text_of(overlay), overlay


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_each_document_is_there_once_and_in_its_place(overlay: str) -> None:
    places = [
        (one["kind"], manifests.group_of(one), one["metadata"].get("namespace"), one["metadata"]["name"])
        for one in manifests.documents(overlay)
    ]

    assert [place for place, times in Counter(places).items() if times > 1] == []
    namespaces = {one["metadata"]["name"] for one in manifests.of_kind(overlay, "Namespace")}
    watching = {"resimate-detection"} if overlay == "production" else set()
    assert namespaces == {"resimate", "resimate-dmz", "resimate-management"} | watching
    # Knative brings its own; policies of ours lie in them.
    beside = {"kourier-system", "knative-serving"} if overlay == "knative" else set()
    lost = [place for place in places if place[0] not in WITHOUT_NAMESPACE and place[2] not in namespaces | beside]
    assert lost == []
    assert "local-config" not in manifests.text_of(overlay)


@pytest.mark.requirement("AR-001")
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nothing_is_of_one_provider(overlay: str) -> None:
    groups = {manifests.group_of(one) for one in manifests.documents(overlay)}

    assert groups <= OWN | (set() if overlay == "dev" else OPEN)


@pytest.mark.requirement("AR-001", "ENV-001")
def test_pods_are_the_same_on_every_cloud() -> None:
    """Byte for byte, but for the digest of their settings, which they roll for."""
    one, *others = [{(pods.kind, pods.name): pods.template for pods in manifests.pods(cloud)} for cloud in CLOUDS]
    shared = {place for place in one if all(place in other for other in others)}

    assert len(shared) == 13
    assert set(one) == shared
    for cloud, other in zip(CLOUDS[1:], others, strict=True):
        # One's own servers of names want a key, where clouds know who asks.
        same = shared - ({("Deployment", "external-dns")} if cloud == "onprem" else set())
        assert {place: other[place] for place in same} == {place: one[place] for place in same}
        assert {name for _, name in set(other) - shared} <= {"resimate-cache"}


@pytest.mark.requirement("AR-001", "ENV-001")
def test_clouds_differ_by_what_they_are_told_alone() -> None:
    kinds = {"ConfigMap", "ExternalSecret", "Issuer", "Certificate", "Ingress", "NetworkPolicy", "Service"}
    kinds |= {"VirtualService"}  # the hosts of the place
    kinds |= {"ServiceAccount"}  # that of ExternalDNS, by which a cloud knows who asks
    of_aws = {(one["kind"], one["metadata"]["name"]): one for one in manifests.documents("aws")}
    for cloud in ("azure", "gcp"):
        other = {(one["kind"], one["metadata"]["name"]): one for one in manifests.documents(cloud)}
        assert set(other) == set(of_aws)
        assert {kind for kind, name in other if other[kind, name] != of_aws[kind, name]} <= kinds


@pytest.mark.requirement("ENV-001")
def test_there_is_an_overlay_for_every_place() -> None:
    wanted = {"dev", "testing", "staging", "production", "production-second", *CLOUDS, "knative"}

    assert set(OVERLAYS) == wanted
    hosts = {one: manifests.named(one, "ConfigMap", "resimate-config")["data"] for one in OVERLAYS}
    domains = [data["RESIMATE_BASE_DOMAIN"] for name, data in hosts.items() if name != "production-second"]
    assert len(set(domains)) == len(domains)
    assert {name for name, data in hosts.items() if data["RESIMATE_ENV"] != "production"} == {"dev"}


def _is_pinned(image: str) -> bool:
    name, _, tag = image.rpartition("/")[2].partition(":")
    return bool(name and tag and tag != "latest" and re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", tag))


@pytest.mark.requirement("AR-003")
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_image_is_named_with_its_version(overlay: str) -> None:
    """A digest is of one build: whoever applies puts it in, and none is committed."""
    images = {one["image"] for pods in manifests.pods(overlay) for one in pods.containers}
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert [image for image in images if not _is_pinned(image)] == []
    own = {image.rpartition("/")[2] for image in images if image.rpartition("/")[2].startswith("resimate")}
    assert own == {"resimate:dev" if overlay == "dev" else f"resimate:{version}"}


def test_pods_roll_when_their_settings_change() -> None:
    for overlay in OVERLAYS:
        names = set(re.findall(r"\bresimate-config\S*", manifests.text_of(overlay)))
        assert len(names) == 1
        assert manifests.DIGEST.fullmatch(names.pop())
