"""What is applied: the documents of ``k8s/rendered/``, by overlay, as plain dictionaries."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[3]
RENDERED: Final = ROOT / "k8s/rendered"
OVERLAYS: Final = sorted(path.stem for path in RENDERED.glob("*.yaml"))
CLOUDS: Final = ("aws", "azure", "gcp", "onprem")
#: Those with everything that scales; a developer's machine has one of each role, and Knative scales by itself.
SCALED: Final = sorted({*OVERLAYS} - {"dev", "knative"})
WEB: Final = ("auth", "core-api", "campaigns-api", "users-api", "portal")
WORKERS: Final = ("worker-notification", "worker-calculation", "worker-audit", "worker-default", "scheduler")
#: What kustomize puts behind the names of what it makes, so that pods roll when it changes.
DIGEST: Final = re.compile(r"\b(resimate-(?:config|runtime|owner|database|objects))-[a-z0-9]{10}\b")

Document = dict[str, Any]


@dataclass(frozen=True)
class Pods:
    """What pods of one workload are made of."""

    kind: str
    name: str
    namespace: str
    template: Document

    @property
    def labels(self) -> dict[str, str]:
        return dict(self.template["metadata"]["labels"])

    @property
    def spec(self) -> Document:
        return dict(self.template["spec"])

    @property
    def containers(self) -> list[Document]:
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]

    @property
    def ports(self) -> dict[str, int]:
        return {port["name"]: port["containerPort"] for one in self.containers for port in one.get("ports", [])}


@cache
def text_of(overlay: str) -> str:
    return (RENDERED / f"{overlay}.yaml").read_text()


@cache
def _parsed(text: str) -> Document:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: Document = yaml.load(text, Loader=loader)  # noqa: S506  one of the safe ones
    return document


@cache
def documents(overlay: str) -> tuple[Document, ...]:
    """Without the digests in names: most documents are the same in all overlays, and each is parsed once."""
    return tuple(_parsed(text) for text in DIGEST.sub(r"\1", text_of(overlay)).split("\n---\n"))


def of_kind(overlay: str, *kinds: str, group: str | None = None) -> list[Document]:
    """``group``: of that API group alone; Knative and others have a Service of their own."""
    found = [one for one in documents(overlay) if one["kind"] in kinds]
    return [one for one in found if group is None or group_of(one) == group]


def group_of(document: Document) -> str:
    group, slash, _ = str(document["apiVersion"]).partition("/")
    return group if slash else ""


def named(overlay: str, kind: str, name: str, namespace: str = "resimate") -> Document:
    (found,) = [
        one
        for one in of_kind(overlay, kind)
        if one["metadata"]["name"] == name and one["metadata"].get("namespace") == namespace
    ]
    return found


def pods(overlay: str) -> list[Pods]:
    return list(_pods(overlay))


def _pods(overlay: str) -> Iterator[Pods]:
    for one in documents(overlay):
        if one["kind"] in ("Deployment", "StatefulSet", "Job") or group_of(one) == "serving.knative.dev":
            metadata = one["metadata"]
            yield Pods(one["kind"], metadata["name"], metadata["namespace"], one["spec"]["template"])
        if one["kind"] == "CronJob":
            metadata, template = one["metadata"], one["spec"]["jobTemplate"]["spec"]["template"]
            yield Pods(one["kind"], metadata["name"], metadata["namespace"], template)


def chosen(selector: Document, labels: dict[str, str]) -> bool:
    """Whether a selector of labels chooses something with these; an empty one chooses all."""
    wanted = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_fits(rule, labels) for rule in selector.get("matchExpressions") or ())


def _fits(rule: Document, labels: dict[str, str]) -> bool:
    key, operator = rule["key"], rule["operator"]
    if operator in ("Exists", "DoesNotExist"):
        return (key in labels) == (operator == "Exists")
    return (labels.get(key) in rule["values"]) == (operator == "In")
