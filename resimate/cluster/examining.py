"""All that is asked of a cluster, one after the other; what may not be read is told, and the rest goes on."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from resimate.cluster import nodes
from resimate.cluster.asking import Cluster, Unasked
from resimate.cluster.finding import Found, judged
from resimate.cluster.places import BRINGS, Place
from resimate.cluster.running import budgets, quotas, roles

NAMESPACE: Final = "resimate"
#: Kinds of volumes that are solid-state disks, as the clouds' drivers name them in the parameters of a class.
FAST: Final = ("gp2", "gp3", "io1", "io2", "premium", "standardssd", "ultrassd", "pd-ssd", "pd-balanced", "hyperdisk")
SLOW: Final = ("st1", "sc1", "standard_", "pd-standard")
ASKED_VERSION: Final = f"{'.'.join(map(str, nodes.KUBERNETES))} or later"


def examine(cluster: Cluster, place: Place) -> Iterator[Found]:
    try:
        yield _server(cluster)
    except Unasked as unasked:
        yield Found("API server", "short", unasked.detail, ASKED_VERSION, unasked.mend)
        return
    if place.is_measured:
        yield from _attempted("nodes", "their sizes", lambda: nodes.examined(_nodes(cluster)))
        yield from _attempted("volumes", "a class of SSD", lambda: [_volumes(cluster)])
        yield from _attempted("ingress", "the class nginx", lambda: [_ingress(cluster)])
        yield from _attempted("metrics API", "metrics.k8s.io", lambda: [_metrics(cluster)])
        yield _network()
    yield from _attempted("kinds", "of others", lambda: _kinds(cluster, place))
    yield from _attempted("roles", "all of them", lambda: [roles(cluster, place, NAMESPACE)])
    yield from _attempted("disruption budgets", "one for each role", lambda: [budgets(cluster, place, NAMESPACE)])
    yield from _attempted("quotas", "room in them", lambda: [quotas(cluster, NAMESPACE)])


def _attempted(what: str, asked: str, look: Callable[[], Iterable[Found]]) -> Iterator[Found]:
    try:
        yield from look()
    except Unasked as unasked:
        yield Found(what, "short", unasked.detail, asked, unasked.mend)


def _server(cluster: Cluster) -> Found:
    said = str(cluster.get("/version").get("gitVersion") or "of no version")
    found = f"{said} at {cluster.access.server} ({cluster.access.told})"
    is_well = nodes.version(said) >= nodes.KUBERNETES
    return judged(
        "API server", is_well, found, ASKED_VERSION, "bring the cluster up to date, a minor version at a time"
    )


def _nodes(cluster: Cluster) -> list[nodes.Node]:
    return [nodes.Node.of(one) for one in cluster.items("/api/v1/nodes")]


def _volumes(cluster: Cluster) -> Found:
    asked, mend = "a class of SSD, from a driver of CSI", "add a StorageClass of SSD, and make it the default"
    classes = cluster.items("/apis/storage.k8s.io/v1/storageclasses")
    kinds = {one["metadata"]["name"]: _speed(one) for one in classes}
    fast = [name for name, speed in kinds.items() if speed == "fast"]
    if fast:
        return Found("volumes", "well", f"SSD: {', '.join(fast)}", asked)
    if any(speed == "unknown" for speed in kinds.values()):
        names = ", ".join(name for name, speed in kinds.items() if speed == "unknown")
        return Found("volumes", "unknown", f"{names}: its parameters do not say", asked, "ask who provides the volumes")
    return Found("volumes", "short", f"none of {', '.join(kinds)}" if kinds else "no class", asked, mend)


def _speed(of: dict[str, Any]) -> str:
    written = of.get("parameters") or {}
    said = [str(written[key]).lower() for key in written if key.lower() in ("type", "skuname", "storageaccounttype")]
    if any(one.startswith(FAST) for one in said):
        return "fast"
    return "slow" if any(one.startswith(SLOW) for one in said) else "unknown"


def _ingress(cluster: Cluster) -> Found:
    names = sorted(one["metadata"]["name"] for one in cluster.items("/apis/networking.k8s.io/v1/ingressclasses"))
    found = ", ".join(names) or "no class"
    return judged("ingress", "nginx" in names, found, "the class nginx", "install ingress-nginx into resimate-dmz")


def _metrics(cluster: Cluster) -> Found:
    is_there = cluster.has("/apis/metrics.k8s.io/v1beta1")
    found = "it answers" if is_there else "nobody answers"
    mend = "install metrics-server: without it nothing is scaled"
    return judged("metrics API", is_there, found, "metrics.k8s.io/v1beta1", mend)


def _network() -> Found:
    mend = "measure it between two nodes; and see that the network plug-in keeps NetworkPolicies (Cilium, Calico)"
    return Found("network", "unknown", "no API server says", "10 Gbps, and one that keeps network policies", mend)


def _kinds(cluster: Cluster, place: Place) -> Iterator[Found]:
    known = {
        version["groupVersion"] for group in cluster.get("/apis").get("groups") or () for version in group["versions"]
    }
    for kind in sorted(place.kinds):
        others = sorted(one for one in known if one.partition("/")[0] == kind.partition("/")[0])
        found = kind if kind in known else ", ".join(others) or "not there"
        yield judged(BRINGS[kind], kind in known, found, kind, f"install {BRINGS[kind]}, in a version that has {kind}")
