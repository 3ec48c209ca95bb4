"""The runbook's command for a pod that somebody got into: who selects it then, and whom it reaches."""

import dataclasses
import re
import shlex

import pytest

from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.manifests import OVERLAYS, ROOT, Document, chosen
from resimate.tests.kubernetes.test_network import PLACES, Cluster, Place

pytestmark = pytest.mark.requirement("SEC-NET-001", "SEC-NET-002")
RUNBOOK = ROOT / "docs/runbooks/SomebodyGotIn.md"


def command() -> str:
    (found,) = re.findall(r"`(kubectl label pod [^`]*quarantine[^`]*)`", RUNBOOK.read_text().replace("\n  ", " "))
    return str(found)


def _changes() -> dict[str, str | None]:
    """What the runbook's command sets, and what it takes away."""
    words = [word for word in shlex.split(command())[3:] if not word.startswith("-")]
    pairs = [word.partition("=") for word in words if "=" in word]
    return {key: value for key, _, value in pairs} | {word[:-1]: None for word in words if word.endswith("-")}


def _quarantined(labels: dict[str, str]) -> dict[str, str]:
    changed = {**labels, **_changes()}
    return {key: value for key, value in changed.items() if value is not None}


def _alive(overlay: str) -> list[tuple[str, dict[str, str]]]:
    """Pods of the application as they run: with what their controllers add to their labels."""
    added = {"pod-template-hash": "5d4f", "rollouts-pod-template-hash": "6c7d", "serving.knative.dev/revisionUID": "8e"}
    ours = [one for one in manifests.pods(overlay) if one.labels.get("tier") == "application" and one.kind != "Job"]
    return [(one.name, one.labels | added) for one in ours]


def _selectors(overlay: str) -> list[tuple[str, Document]]:
    """Of all that keeps, counts or calls pods; Knative makes its own, by the revision."""
    kinds = ("Service", "Deployment", "Rollout", "StatefulSet", "PodDisruptionBudget")
    found = [(f"{one['kind']} {one['metadata']['name']}", one["spec"]) for one in manifests.of_kind(overlay, *kinds)]
    plain = [(name, _whole(spec["selector"])) for name, spec in found if "selector" in spec]
    return [*plain, ("Deployment of a revision", {"matchLabels": {"serving.knative.dev/revisionUID": "8e"}})]


def _whole(selector: Document) -> Document:
    """A Service has its labels without more."""
    return selector if {"matchLabels", "matchExpressions"} & set(selector) else {"matchLabels": selector}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nothing_keeps_or_calls_it_any_longer(overlay: str) -> None:
    for name, labels in _alive(overlay):
        before = [who for who, selector in _selectors(overlay) if chosen(selector, labels)]
        after = [who for who, selector in _selectors(overlay) if chosen(selector, _quarantined(labels))]
        assert before, name
        assert after == [], name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_it_reaches_nobody_and_nobody_reaches_it(overlay: str) -> None:
    cluster = Cluster.of(overlay)
    cluster.namespaces["istio-system"] = {"kubernetes.io/metadata.name": "istio-system"}
    istiod = Place("10.244.0.9", "istio-system", {"app": "istiod"}, (15012,))
    places = PLACES | {"istiod": istiod}
    for name in ("requests", "queues", "door", "database", "cache"):
        pod = dataclasses.replace(PLACES[name], labels=_quarantined(PLACES[name].labels))
        for other, place in places.items():
            for protocol in ("TCP", "UDP"):
                assert not any(cluster.lets(pod, place, port, protocol) for port in place.ports), (name, other)
                assert not any(cluster.lets(place, pod, port, protocol) for port in pod.ports), (name, other)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_policy_but_those_that_deny_selects_it(overlay: str) -> None:
    """Whatever comes to be allowed later leaves it out as well."""
    selects = [
        one["metadata"]["name"]
        for one in manifests.of_kind(overlay, "NetworkPolicy")
        if one["metadata"]["namespace"] != "resimate-detection"
        and chosen(one["spec"]["podSelector"], _quarantined({"cnpg.io/cluster": "resimate-database"}))
    ]
    assert sorted(selects) == ["default-deny"] * 3 + ["quarantine"] * 3
