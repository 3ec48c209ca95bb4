"""The doctor of clusters says what is found, what is asked and what to do, from what an API server says."""

import copy
import json
import ssl
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.management import call_command

from resimate.cluster import asking, examining, kubeconfig, nodes
from resimate.cluster.asking import Cluster, Unasked
from resimate.cluster.finding import Found
from resimate.cluster.kubeconfig import Access
from resimate.cluster.places import BRINGS, PLACES
from resimate.tests.kubernetes import manifests

pytestmark = pytest.mark.requirement("K8S-001")
#: Gatekeeper makes these kinds itself, from the templates that are asked for.
MADE = {"constraints.gatekeeper.sh"}
ROLES = [*manifests.WEB, *manifests.WORKERS]


@dataclass(frozen=True)
class Pretended(Cluster):
    """Answers by path; what is not listed is not there."""

    answers: dict[str, Any] = field(default_factory=dict)

    def get(self, path: str) -> dict[str, Any]:
        answer = self.answers.get(path, 404)
        if isinstance(answer, int):
            raise Unasked(f"{answer}: no", asking.MENDS.get(answer, asking.AWAY), answer)
        found: dict[str, Any] = answer
        return found


def _pretended(answers: dict[str, Any]) -> Cluster:
    return Pretended(Access("https://cluster.example", "context here", ssl.create_default_context()), answers)


def _node(name: str, cpus: str, memory: str, **more: Any) -> dict[str, Any]:
    labels = {"topology.kubernetes.io/zone": f"zone-{name[-1]}"} | more.get("labels", {})
    about = {"containerRuntimeVersion": more.get("runtime", "containerd://1.7.2"), "kubeletVersion": "v1.29.4-eks-a1"}
    ready = [{"type": "Ready", "status": more.get("ready", "True")}]
    status = {"capacity": {"cpu": cpus, "memory": memory}, "nodeInfo": about, "conditions": ready}
    return {"metadata": {"name": name, "labels": labels}, "spec": more.get("spec", {}), "status": status}


def _control(number: int) -> dict[str, Any]:
    return _node(f"control-{number}", "4", "7839276Ki", labels={"node-role.kubernetes.io/control-plane": ""})


def _named(kind: str, status: dict[str, Any], spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"metadata": {"name": f"resimate-{role}"}, "spec": spec, "status": status, "kind": kind} for role in ROLES]


WORKERS = [_node(f"worker-{number}", "8", "15950552Ki") for number in range(3)]
APPS = "/apis/apps/v1/namespaces/resimate/deployments"
BUDGETS = "/apis/policy/v1/namespaces/resimate/poddisruptionbudgets"
QUOTAS = "/api/v1/namespaces/resimate/resourcequotas"
WELL: dict[str, Any] = {
    "/version": {"gitVersion": "v1.29.4-gke.1"},
    "/api/v1/nodes": {"items": [*(_control(number) for number in range(3)), *WORKERS]},
    "/apis/storage.k8s.io/v1/storageclasses": {
        "items": [{"metadata": {"name": "ssd"}, "parameters": {"skuName": "Premium_LRS"}}]
    },
    "/apis/networking.k8s.io/v1/ingressclasses": {"items": [{"metadata": {"name": "nginx"}}]},
    "/apis/metrics.k8s.io/v1beta1": {"resources": []},
    "/apis": {"groups": [{"versions": [{"groupVersion": kind}]} for kind in BRINGS]},
    APPS: {"items": _named("Deployment", {"availableReplicas": 2}, {"replicas": 2})},
    BUDGETS: {"items": _named("PodDisruptionBudget", {"expectedPods": 2, "disruptionsAllowed": 1}, {})},
    QUOTAS: {"items": []},
}


def _examined(overlay: str = "onprem", **answers: Any) -> dict[str, Found]:
    told = copy.deepcopy(WELL) | {path.replace("__", "/"): answer for path, answer in answers.items()}
    return {one.what: one for one in examining.examine(_pretended(told), PLACES[overlay])}


def _with(path: str, answer: Any, overlay: str = "onprem") -> dict[str, Found]:
    told = copy.deepcopy(WELL) | {path: answer}
    return {one.what: one for one in examining.examine(_pretended(told), PLACES[overlay])}


def _short(found: dict[str, Found]) -> set[str]:
    return {name for name, one in found.items() if one.state == "short"}


def test_a_cluster_as_it_is_asked_for_lacks_nothing() -> None:
    found = _examined()

    assert _short(found) == set()
    assert [name for name, one in found.items() if one.state == "unknown"] == ["network"]
    assert all(one.asked and one.found and bool(one.mend) == (one.state != "well") for one in found.values())


@pytest.mark.parametrize("overlay", manifests.OVERLAYS)
def test_what_is_asked_of_kinds_is_what_is_rendered(overlay: str) -> None:
    ours = {one["apiVersion"] for one in manifests.documents(overlay) if "." in manifests.group_of(one)}
    others = {kind for kind in ours if "k8s.io" not in kind and kind.partition("/")[0] not in MADE}

    assert PLACES[overlay].kinds == others
    told = [one for one in manifests.of_kind(overlay, "ConfigMap") if one["metadata"]["name"] == "resimate-doctor"]
    assert [one["data"]["place"] for one in told] == ([] if overlay == "dev" else [overlay])


def test_the_figures_are_those_that_are_built() -> None:
    from resimate_infra import sizes

    assert nodes.CONTROL == (sizes.CONTROL_NODES, sizes.CONTROL_CPUS, sizes.CONTROL_GB)
    assert (*nodes.WORKERS, nodes.MOST_WORKERS) == (
        sizes.LEAST_WORKERS,
        sizes.WORKER_CPUS,
        sizes.WORKER_GB,
        sizes.MOST_WORKERS,
    )


def test_an_old_server_is_short() -> None:
    found = _with("/version", {"gitVersion": "v1.27.16"})["API server"]

    assert (found.state, found.asked) == ("short", "1.28 or later")
    assert found.found.startswith("v1.27.16 at https://cluster.example")


@pytest.mark.parametrize(
    ("others", "short"),
    [
        ([], {"control plane", "workers", "size of workers", "container runtime", "kubelets", "zones"}),
        ([_control(1), _control(2), *WORKERS], {"control plane"}),
        (
            [_node("control-1", "4", "7Gi", labels={"node-role.kubernetes.io/control-plane": ""}), *WORKERS],
            {"control plane"},
        ),
        ([*WORKERS], {"control plane"}),
        ([_node(f"worker-{number}", "8", "16Gi", spec={"providerID": "aws:///a/b"}) for number in range(3)], set()),
        ([*map(_control, range(3)), *WORKERS[:2]], {"workers", "zones"}),
        ([*map(_control, range(3)), *WORKERS, _node("worker-3", "8", "16Gi", ready="False")], {"nodes"}),
        ([*map(_control, range(3)), *WORKERS, _node("worker-3", "7910m", "16Gi")], {"size of workers"}),
        ([*map(_control, range(3)), *WORKERS, _node("worker-3", "8", "15G")], {"size of workers"}),
        (
            [*map(_control, range(3)), *WORKERS, _node("worker-3", "8", "16Gi", runtime="docker://24.0")],
            {"container runtime"},
        ),
        (
            [*map(_control, range(3)), *WORKERS, _node("worker-3", "8", "16Gi", runtime="containerd://1.5.9")],
            {"container runtime"},
        ),
        ([*map(_control, range(3)), *(_node(f"worker-{number}", "8", "16Gi") for number in range(101))], {"workers"}),
        ([*map(_control, range(3)), *(_node("worker-1", "8", "16Gi") for _ in range(3))], {"zones"}),
    ],
)
def test_nodes_that_do_not_do_are_short(others: list[dict[str, Any]], short: set[str]) -> None:
    found = _with("/api/v1/nodes", {"items": others})

    assert _short(found) == short
    assert all(found[name].mend for name in short)


@pytest.mark.parametrize(
    ("parameters", "state"),
    [
        ({"type": "gp3"}, "well"),
        ({"skuname": "StandardSSD_LRS"}, "well"),
        ({"type": "pd-balanced"}, "well"),
        ({"type": "st1"}, "short"),
        ({"skuName": "Standard_LRS"}, "short"),
        ({}, "unknown"),
    ],
)
def test_whether_volumes_are_solid_is_told_where_a_class_says_so(parameters: dict[str, str], state: str) -> None:
    classes = {"items": [{"metadata": {"name": "some"}, "parameters": parameters}]}

    assert _with("/apis/storage.k8s.io/v1/storageclasses", classes)["volumes"].state == state


def test_what_is_not_installed_is_named_with_what_to_install() -> None:
    groups = {"groups": [{"versions": [{"groupVersion": kind}]} for kind in BRINGS if not kind.startswith("keda")]}
    groups["groups"].append({"versions": [{"groupVersion": "keda.sh/v1"}]})

    found = _with("/apis", groups)
    keda = found["KEDA"]
    assert (keda.state, keda.found, keda.asked) == ("short", "keda.sh/v1", "keda.sh/v1alpha1")
    assert keda.mend == "install KEDA, in a version that has keda.sh/v1alpha1"
    assert _short(found) == {"KEDA"}
    assert _short(_with("/apis/metrics.k8s.io/v1beta1", 503)) == {"metrics API"}
    assert _short(_with("/apis/networking.k8s.io/v1/ingressclasses", {"items": []})) == {"ingress"}


def test_roles_that_are_away_are_named() -> None:
    deployments = copy.deepcopy(WELL[APPS])
    deployments["items"][0]["status"] = {}
    deployments["items"][1]["spec"] = {"replicas": 0}
    deployments["items"][6]["spec"] = {"replicas": 0}  # worker-calculation: it waits for something to wait
    del deployments["items"][9]

    found = _with(APPS, deployments)["roles"]

    assert found.state == "short"
    assert found.found == "7 of 10 available; auth has 0 of 2, core-api is switched off, scheduler is not there"


def test_roles_are_looked_for_where_the_overlay_runs_them() -> None:
    switched_off = {"items": _named("Deployment", {}, {"replicas": 0})}
    rollouts = {"items": _named("Rollout", {"availableReplicas": 3}, {"replicas": 3})}
    services = {"items": _named("Service", {"conditions": [{"type": "Ready", "status": "True"}]}, {})}
    answers = copy.deepcopy(WELL) | {
        APPS: switched_off,
        "/apis/argoproj.io/v1alpha1/namespaces/resimate/rollouts": rollouts,
        "/apis/serving.knative.dev/v1/namespaces/resimate/services": services,
    }
    cluster = _pretended(answers)

    for overlay, state in (("production", "well"), ("knative", "well"), ("aws", "short")):
        found = {one.what: one for one in examining.examine(cluster, PLACES[overlay])}
        assert found["roles"].state == state, overlay


def test_budgets_that_hold_everybody_and_quotas_that_are_full_are_short() -> None:
    budgets = copy.deepcopy(WELL[BUDGETS])
    budgets["items"][4]["status"] = {"expectedPods": 1, "disruptionsAllowed": 0}
    del budgets["items"][0]
    quota = {
        "metadata": {"name": "all"},
        "status": {"hard": {"pods": "10", "memory": "1Gi"}, "used": {"memory": "990Mi"}},
    }

    found = _with(BUDGETS, budgets)["disruption budgets"]
    assert found.found == "8 of 10; auth has none, portal lets no pod go"
    assert _with(QUOTAS, {"items": [quota]})["quotas"].found == "all: 990Mi of 1Gi memory"


def test_what_may_not_be_read_is_told_and_the_rest_goes_on() -> None:
    found = _with("/api/v1/nodes", 403)

    assert _short(found) == {"nodes"}
    assert "k8s/components/doctor" in found["nodes"].mend
    assert set(_with("/version", 401)) == {"API server"}


def test_a_machine_of_a_developer_is_not_measured() -> None:
    assert set(_examined("dev")) == {"API server", "roles", "disruption budgets", "quotas"}


def test_the_command_says_each_line_and_ends_by_what_is_short(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(kubeconfig, "access", lambda *given: None)
    monkeypatch.setattr(asking, "Cluster", lambda access: _pretended(copy.deepcopy(WELL)))
    call_command("doctor", "--cluster", "--overlay", "onprem")
    said = capsys.readouterr().out.splitlines()
    assert "ok   workers                3 ready; asked: 3 to 100" in said
    assert next(line for line in said if line.startswith("?   ")).split()[1] == "network"

    monkeypatch.setattr(asking, "Cluster", lambda access: _pretended(WELL | {QUOTAS: 403}))
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", "--cluster", "--overlay", "onprem", "--json")
    told = json.loads(capsys.readouterr().out)
    assert ended.value.code == 1
    assert told[-1] == {
        "what": "quotas",
        "state": "short",
        "found": "403: no",
        "asked": "room in them",
        "mend": asking.MENDS[403],
    }
