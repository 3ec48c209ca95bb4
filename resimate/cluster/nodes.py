"""Machines of a cluster: how many, how large, where, and what runs containers on them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from resimate.cluster.finding import Found, judged

#: K8S-001, in the units that it has them.
CONTROL: Final = (3, 4, 8)
WORKERS: Final = (3, 8, 16)
MOST_WORKERS: Final = 100
KUBERNETES: Final = (1, 28)
CONTAINERD: Final = (1, 6)
ZONES: Final = 3

GIGABYTE: Final = 10**9
UNITS: Final = {"": 1.0, "m": 1e-3, "k": 1e3, "Ki": 2**10, "M": 1e6, "Mi": 2**20, "G": 1e9, "Gi": 2**30, "Ti": 2**40}
#: Whose control plane is no node of ours.
CLOUDS: Final = ("aws://", "azure://", "gce://")
CONTROL_LABELS: Final = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
FEW_NAMES: Final = 3


@dataclass(frozen=True, slots=True)
class Node:
    name: str
    cpus: float
    bytes: float
    zone: str
    is_control: bool
    is_ready: bool
    provider: str
    runtime: str
    kubelet: str

    @classmethod
    def of(cls, one: dict[str, Any]) -> "Node":
        metadata, spec, status = one["metadata"], one.get("spec") or {}, one.get("status") or {}
        labels, room, about = metadata.get("labels") or {}, status.get("capacity") or {}, status.get("nodeInfo") or {}
        ready = [each["status"] for each in status.get("conditions") or () if each["type"] == "Ready"]
        return cls(
            name=metadata["name"],
            cpus=quantity(room.get("cpu", "0")),
            bytes=quantity(room.get("memory", "0")),
            zone=labels.get("topology.kubernetes.io/zone", ""),
            is_control=_is_of_the_system(labels, spec),
            is_ready=ready == ["True"],
            provider=str(spec.get("providerID") or ""),
            runtime=str(about.get("containerRuntimeVersion") or ""),
            kubelet=str(about.get("kubeletVersion") or ""),
        )

    def has(self, cpus: int, gigabytes: int) -> bool:
        return self.cpus >= cpus and self.bytes >= gigabytes * GIGABYTE

    @property
    def size(self) -> str:
        return f"{self.cpus:g} vCPU, {self.bytes / GIGABYTE:.0f} GB"


def quantity(text: str) -> float:
    """As Kubernetes writes quantities: 8, 7910m, 16Gi, 15950552Ki."""
    found = re.fullmatch(r"([0-9.]+(?:e[0-9]+)?)([a-zA-Z]*)", str(text))
    return float(found[1]) * UNITS.get(found[2], 0.0) if found else 0.0


def version(text: str) -> tuple[int, ...]:
    """The numbers of a version, with whatever its vendor has put behind them left out."""
    found = re.search(r"(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def examined(nodes: Iterable[Node]) -> Iterator[Found]:
    every = list(nodes)
    ready = [one for one in every if one.is_ready]
    away = [one.name for one in every if not one.is_ready]
    if away:
        yield Found("nodes", "short", f"{_few(away)} not ready", "every node ready", "see `kubectl describe node`")
    control, workers = [one for one in ready if one.is_control], [one for one in ready if not one.is_control]
    yield _control_plane(control, workers)
    yield _number(workers)
    yield _size("size of workers", workers, WORKERS)
    yield _runtime(ready)
    yield _kubelets(ready)
    yield _zones(workers)


def _is_of_the_system(labels: dict[str, str], spec: dict[str, Any]) -> bool:
    taints = {taint["key"] for taint in spec.get("taints") or ()}
    is_pool = "CriticalAddonsOnly" in taints or labels.get("kubernetes.azure.com/mode") == "system"
    return is_pool or any(label in labels for label in CONTROL_LABELS)


def _control_plane(control: list[Node], workers: list[Node]) -> Found:
    number, cpus, gigabytes = CONTROL
    asked = f"{number} of {cpus} vCPU and {gigabytes} GB, or a cloud's own"
    if not control and workers and all(one.provider.startswith(CLOUDS) for one in workers):
        return Found("control plane", "well", "the cloud's own, which is no node here", asked)
    fit = [one for one in control if one.has(cpus, gigabytes)]
    found = f"{len(control)} nodes" + (f", {len(control) - len(fit)} of them too small" if control != fit else "")
    return judged("control plane", len(fit) >= number, found, asked, "add machines for it, in a zone each")


def _number(workers: list[Node]) -> Found:
    is_well = WORKERS[0] <= len(workers) <= MOST_WORKERS
    more = "add nodes" if len(workers) < WORKERS[0] else "divide them among clusters: tests go up to that number"
    return judged("workers", is_well, f"{len(workers)} ready", f"{WORKERS[0]} to {MOST_WORKERS}", more)


def _size(what: str, nodes: list[Node], asked: tuple[int, int, int]) -> Found:
    _, cpus, gigabytes = asked
    small = [f"{one.name} ({one.size})" for one in nodes if not one.has(cpus, gigabytes)]
    found = f"too small: {_few(small)}" if small else f"{len(nodes)} are large enough"
    asked_for = f"{cpus} vCPU and {gigabytes} GB each"
    return judged(what, bool(nodes) and not small, found, asked_for, "take a larger kind of machine for this pool")


def _runtime(nodes: list[Node]) -> Found:
    asked = f"containerd {'.'.join(map(str, CONTAINERD))} or later"
    old = [f"{one.name} ({one.runtime or 'unknown'})" for one in nodes if not _is_containerd(one.runtime)]
    found = _few(old) if old else ", ".join(sorted({one.runtime for one in nodes}))
    return judged("container runtime", bool(nodes) and not old, found or "no node", asked, "renew these nodes' image")


def _is_containerd(runtime: str) -> bool:
    return runtime.startswith("containerd://") and version(runtime) >= CONTAINERD


def _kubelets(nodes: list[Node]) -> Found:
    asked = f"{'.'.join(map(str, KUBERNETES))} or later"
    old = [f"{one.name} ({one.kubelet})" for one in nodes if version(one.kubelet) < KUBERNETES]
    found = _few(old) if old else ", ".join(sorted({one.kubelet for one in nodes}))
    return judged("kubelets", bool(nodes) and not old, found or "no node", asked, "bring these nodes up to date")


def _zones(workers: list[Node]) -> Found:
    zones = sorted({one.zone for one in workers if one.zone})
    found = f"{len(zones)}: {', '.join(zones)}" if zones else "no node says in which zone it is"
    mend = "spread the pool of workers over three zones, or label them topology.kubernetes.io/zone"
    return judged("zones", len(zones) >= ZONES, found, f"{ZONES}, over which each role is spread", mend)


def _few(names: list[str]) -> str:
    more = f" and {len(names) - FEW_NAMES} more" if len(names) > FEW_NAMES else ""
    return ", ".join(names[:FEW_NAMES]) + more
