"""The figures of SCALE-001 and K8S-002, to the letter, and what they come to on the nodes and in the database."""

import math
from typing import Any

import pytest

from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.manifests import SCALED, WEB, Document

#: Fewest and most replicas, and of the CPU and memory that a pod asks for, the part in use from which there are more.
FIGURES = {
    "core-api": (3, 50, {"cpu": 70, "memory": 80}),
    "campaigns-api": (2, 20, {}),
    "users-api": (2, 10, {"cpu": 60, "memory": 70}),
    "portal": (3, 20, {"cpu": 50, "memory": 60}),
    "auth": (2, 10, {"cpu": 60, "memory": 70}),
}
CONNECTIONS = 1000  # DB-001
NODES, CORES, GIGABYTES = 3, 8, 16  # K8S-001: the fewest workers, and what each has
RESERVED = 0.2  # of a node, for itself


def _scaled(overlay: str) -> dict[str, Document]:
    """By role: an autoscaler of Kubernetes, or what KEDA makes one of."""
    found = manifests.of_kind(overlay, "HorizontalPodAutoscaler", "ScaledObject")
    return {one["metadata"]["name"].removeprefix("resimate-"): one["spec"] for one in found}


def _bounds(spec: Document) -> tuple[int, int]:
    keys = ("minReplicas", "maxReplicas") if "minReplicas" in spec else ("minReplicaCount", "maxReplicaCount")
    return spec[keys[0]], spec[keys[1]]


def _used(spec: Document) -> dict[str, int]:
    if "triggers" in spec:
        of_resources = [one for one in spec["triggers"] if one["type"] in ("cpu", "memory")]
        assert {one["metricType"] for one in of_resources} <= {"Utilization"}
        return {one["type"]: int(one["metadata"]["value"]) for one in of_resources}
    return {one["resource"]["name"]: one["resource"]["target"]["averageUtilization"] for one in spec["metrics"]}


def _asked(spec: Document) -> dict[str, Any]:
    return next(one["metadata"] for one in spec["triggers"] if one["type"] == "prometheus")


def _behavior(spec: Document) -> Document:
    above = spec["advanced"]["horizontalPodAutoscalerConfig"] if "advanced" in spec else spec
    return dict(above["behavior"])


@pytest.mark.requirement("SCALE-001")
@pytest.mark.parametrize("overlay", SCALED)
def test_roles_scale_by_the_figures_of_the_specification(overlay: str) -> None:
    scaled = _scaled(overlay)

    assert {role: (*_bounds(scaled[role]), _used(scaled[role])) for role in WEB} == FIGURES


@pytest.mark.requirement("SCALE-001", "CMS-001")
@pytest.mark.parametrize("overlay", SCALED)
def test_the_core_api_scales_by_waiting_requests_and_campaigns_by_a_thousand_a_minute(overlay: str) -> None:
    scaled = _scaled(overlay)
    threads = manifests.named(overlay, "ConfigMap", "resimate-config")["data"]["WEB_THREADS"]

    core, campaigns = _asked(scaled["core-api"]), _asked(scaled["campaigns-api"])
    assert core["query"] == 'sum(resimate_web_queue_requests{namespace="resimate",role="core-api"})'
    assert core["threshold"] == threads
    of_campaigns = 'resimate_http_requests_total{namespace="resimate",role="campaigns-api"}'
    assert campaigns["query"] == f"60 * sum(rate({of_campaigns}[1m]))"
    assert campaigns["threshold"] == "1000"


@pytest.mark.requirement("SCALE-001")
@pytest.mark.parametrize("overlay", [*SCALED, "knative"])
def test_workers_end_where_nothing_waits_and_one_looks_by_itself_where_nobody_measures(overlay: str) -> None:
    """In production one is there for what people wait for: codes to sign in, and calculations."""
    scaled = _scaled(overlay)
    is_idle = overlay in ("testing", "staging", "knative")
    always = {"default"} if is_idle else {"default", "notification", "calculation"}

    for queue in ("notification", "calculation", "audit", "default"):
        spec = scaled[f"worker-{queue}"]
        assert _bounds(spec)[0] == (queue in always)
        assert (spec["cooldownPeriod"], spec["fallback"]["replicas"]) == (300, 1)
        asked = _asked(spec)
        assert asked["query"] == f'max(resimate_queue_deliveries{{namespace="resimate",queue="{queue}"}})'
        assert asked["activationThreshold"] == "0"


@pytest.mark.requirement("SCALE-001")
def test_scaling_is_out_at_once_and_in_after_five_minutes() -> None:
    for overlay in SCALED:
        for spec in _scaled(overlay).values():
            behavior = _behavior(spec)
            assert behavior["scaleUp"]["stabilizationWindowSeconds"] == 0
            assert behavior["scaleDown"]["stabilizationWindowSeconds"] == 300


def _steps(spec: Document, loads: list[float]) -> list[int]:
    """Replicas as the controller has them, by a look every 15 s, where a load of 1.0 is what one pod takes."""
    (least, most), behavior = _bounds(spec), _behavior(spec)
    looks = behavior["scaleDown"]["stabilizationWindowSeconds"] // 15
    replicas, wanted, taken = least, [least], []
    for load in loads:
        wanted.append(min(most, max(least, math.ceil(load))))
        if wanted[-1] > replicas:
            replicas = min(wanted[-1], replicas + max(_more(one, replicas) for one in behavior["scaleUp"]["policies"]))
        else:
            replicas = min(replicas, max(wanted[-looks - 1 :]))
        taken.append(replicas)
    return taken


def _more(policy: Document, replicas: int) -> int:
    assert policy["periodSeconds"] == 15
    more: int = policy["value"] if policy["type"] == "Pods" else math.ceil(replicas * policy["value"] / 100)
    return more


@pytest.mark.requirement("SCALE-001")
@pytest.mark.parametrize("role", WEB)
def test_a_step_of_load_has_its_pods_within_two_minutes_and_none_too_many(role: str) -> None:
    """Ten times the load of the fewest pods, for a quarter of an hour, as the behaviour in the manifest has it."""
    spec = _scaled("production")[role]
    least, most = _bounds(spec)
    calculated = min(most, least * 10)

    taken = _steps(spec, [least * 10.0] * 60 + [float(least)] * 60)

    assert taken.index(calculated) * 15 + 45 < 120  # a pod is ready 45 s after it was asked for
    assert max(taken) <= calculated * 1.1
    assert set(taken[60:80]) == {calculated}  # for five minutes more
    assert set(taken[81:]) == {least}


def _cores(text: str) -> float:
    return float(text[:-1]) / 1000 if text.endswith("m") else float(text)


def _gigabytes(text: str) -> float:
    return float(text[:-2]) / {"Mi": 1024, "Gi": 1}[text[-2:]]


def _asks(overlay: str) -> dict[str, tuple[float, float]]:
    """What one pod of each role asks for: cores and gigabytes."""
    found = {}
    for pods in manifests.pods(overlay):
        requests = pods.containers[0]["resources"]["requests"]
        found[pods.name.removeprefix("resimate-")] = (_cores(requests["cpu"]), _gigabytes(requests["memory"]))
    return found


@pytest.mark.requirement("K8S-001", "SCALE-001")
def test_the_fewest_pods_fit_on_the_fewest_nodes_and_the_most_on_a_hundred() -> None:
    scaled, asks = _scaled("aws"), _asks("aws")
    for which, nodes in ((0, NODES), (1, 100)):
        pods = {role: _bounds(spec)[which] for role, spec in scaled.items()} | {"scheduler": 1, "migrate": 1}
        assert sum(asks[role][0] * times for role, times in pods.items()) <= nodes * CORES * (1 - RESERVED)
        assert sum(asks[role][1] * times for role, times in pods.items()) <= nodes * GIGABYTES * (1 - RESERVED)


@pytest.mark.requirement("DB-001", "SCALE-001")
def test_all_pods_together_have_fewer_connections_than_the_database_takes() -> None:
    """A quarter more of them while they roll; one for each thread and one that looks how it is, or those of a pool."""
    threads = int(manifests.named("aws", "ConfigMap", "resimate-config")["data"]["WEB_THREADS"])
    told = manifests.named("aws", "Deployment", "resimate-worker-default")["spec"]["template"]["spec"]["containers"][0][
        "env"
    ]
    pool = next(int(one["value"]) for one in told if one["name"] == "DATABASE_POOL_SIZE")
    most = {role: _bounds(spec)[1] for role, spec in _scaled("aws").items()}

    taken = sum(math.ceil(most[role] * 1.25) * (threads + 1) for role in WEB)
    taken += sum(math.ceil(number * 1.25) * pool for role, number in most.items() if role not in WEB)
    assert 500 < taken < CONNECTIONS
    onprem = manifests.named("onprem", "Cluster", "resimate-database")["spec"]
    assert onprem["postgresql"]["parameters"]["max_connections"] == str(CONNECTIONS)
    assert int(onprem["backup"]["retentionPolicy"].removesuffix("d")) >= 7


@pytest.mark.requirement("K8S-002")
def test_knative_has_nobody_after_thirty_seconds_and_a_thousand_at_most() -> None:
    services = manifests.of_kind("knative", "Service", group="serving.knative.dev")

    assert {one["metadata"]["name"] for one in services} == {f"resimate-{role}" for role in WEB}
    for one in services:
        told = {key.split("/")[1]: value for key, value in one["spec"]["template"]["metadata"]["annotations"].items()}
        assert told["min-scale"] == told["initial-scale"] == "0"
        assert told["max-scale"] == "1000"
        assert (told["window"], told["scale-to-zero-pod-retention-period"]) == ("30s", "0s")
        assert sum(part["percent"] for part in one["spec"]["traffic"]) == 100
