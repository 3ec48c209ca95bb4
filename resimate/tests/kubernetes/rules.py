"""Rules of Prometheus as the sources have them, and what their expressions ask for."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from prometheus_client import REGISTRY

from resimate import contracts
from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.manifests import ROOT

PLAIN: Final = ROOT / "k8s/rendered/prometheus/rules.yml"
#: What others count: Prometheus, mtail beside Suricata, ingress-nginx, the blackbox exporter, kubelets and what tells
#: of the objects and the machines of a cluster.
OF_OTHERS: Final = {
    "up": {"role"},
    **{f"suricata_{severity}_alerts_total": {"prog"} for severity in ("critical", "high", "medium", "low")},
    "nginx_ingress_controller_ssl_expire_time_seconds": {"host"},
    "probe_ssl_earliest_cert_expiry": {"instance"},
    "container_cpu_usage_seconds_total": {"namespace", "pod", "container"},
    "container_memory_working_set_bytes": {"namespace", "pod", "container"},
    "kube_pod_container_resource_limits": {"namespace", "pod", "container", "resource"},
    "kubelet_volume_stats_used_bytes": {"persistentvolumeclaim"},
    "kubelet_volume_stats_capacity_bytes": {"persistentvolumeclaim"},
    "node_cpu_seconds_total": {"instance", "mode"},
    "node_memory_MemAvailable_bytes": {"instance"},
    "node_memory_MemTotal_bytes": {"instance"},
    "node_filesystem_avail_bytes": {"mountpoint", "fstype"},
    "node_filesystem_size_bytes": {"mountpoint", "fstype"},
}
#: Prometheus gives them to every series of ours (components/monitoring/podmonitor.yaml).
GIVEN: Final = {"namespace", "pod", "role", "node", "revision"}
FUNCTIONS: Final = {
    *("absent", "and", "avg", "by", "count", "histogram_quantile", "increase", "label_replace", "max", "min", "offset"),
    *("on", "or", "rate", "sum", "time", "unless"),
}
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[a-zA-Z_][a-zA-Z0-9_:]*')
#: A label, how it is compared, and with what.
_MATCHER: Final = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')


@dataclass(frozen=True)
class Rule:
    group: str
    name: str
    expr: str
    waits: str
    labels: dict[str, str]
    annotations: dict[str, str]
    is_alert: bool

    @property
    def series(self) -> set[str]:
        """The names of all that it asks for."""
        without = re.sub(r"\b(?:by|on)\s*\([^)]*\)|\{[^}]*\}|\[[^\]]*\]|\boffset \w+", " ", self.expr)
        words = {word for word in _TOKEN.findall(without) if not word.startswith('"')}
        return words - FUNCTIONS

    @property
    def matchers(self) -> list[tuple[str, str, str, str]]:
        """Of each series what is asked of its labels: the series, a label, how it is compared, the value."""
        found = []
        for name, inside in re.findall(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\{([^}]*)\}", self.expr):
            found += [(name, *one) for one in _MATCHER.findall(inside)]
        return found


@cache
def of(overlay: str) -> tuple[Rule, ...]:
    """Of all that an overlay applies."""
    specs = [one["spec"] for one in manifests.of_kind(overlay, "PrometheusRule")]
    return tuple(_rule(group["name"], rule) for spec in specs for group in spec["groups"] for rule in group["rules"])


def _rule(group: str, one: dict[str, Any]) -> Rule:
    name = one.get("alert") or one["record"]
    told = one.get("labels", {}), one.get("annotations", {})
    return Rule(group, name, one["expr"], one.get("for", ""), *told, is_alert="alert" in one)


def alerts() -> dict[str, Rule]:
    return {one.name: one for one in of("production") if one.is_alert}


@cache
def counted() -> dict[str, set[str]]:
    """What the product really exposes: the names that a scrape has, and the labels of each."""
    contracts.read_all_modules()
    found: dict[str, set[str]] = {}
    for name, metric in REGISTRY._names_to_collectors.items():
        labels = set(getattr(metric, "_labelnames", ()))
        found[name] = labels | ({"le"} if name.endswith("_bucket") else set())
    return {name: labels for name, labels in found.items() if name.startswith("resimate_")}
