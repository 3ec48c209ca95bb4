"""What is on the plane: kinds that other projects define, and one overlay at a time."""

import copy
from typing import Any, Final

import yaml

from resimate.tests.cluster import report
from resimate.tests.cluster.plane import Plane
from resimate.tests.cluster.programs import DEFINITIONS
from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.manifests import Document

#: Kinds of which no definition is to be had here; the objects of these groups are left out, and the report says so.
LEFT_OUT: Final = {
    "postgresql.cnpg.io": "CloudNativePG's module is not to be had",
    "constraints.gatekeeper.sh": "Gatekeeper makes these kinds itself, from its templates",
}
#: kwok's stages are no objects of the cluster here: kwok reads them from its file.
NOT_INSTALLED: Final = {"kwok"}


def _read(text: str) -> list[Document]:
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [one for one in yaml.load_all(text, Loader=loader) if one]


def define(plane: Plane) -> None:
    """Every definition that there is, and wait until the server takes objects of it."""
    with report.shown("kinds of other projects are defined") as figures:
        for file in sorted(DEFINITIONS.glob("*.yaml")):
            if file.stem not in NOT_INSTALLED:
                definitions = [one for one in _read(file.read_text()) if one["kind"] == "CustomResourceDefinition"]
                plane.apply(definitions)
                figures.append(f"{file.stem} {len(definitions)}")
        plane.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")


def of(overlay: str) -> list[Document]:
    """What is rendered, but for what is left out; names with the digests that they have."""
    return [one for one in _read(manifests.text_of(overlay)) if manifests.group_of(one) not in LEFT_OUT]


def left_out(overlay: str) -> list[Document]:
    return [one for one in manifests.documents(overlay) if manifests.group_of(one) in LEFT_OUT]


def namespaces(overlay: str) -> list[Document]:
    """Those of ours, and those that others bring, in which something of ours lies."""
    ours = [one for one in of(overlay) if one["kind"] == "Namespace"]
    used = (
        {one["metadata"].get("namespace") for one in of(overlay)} - {one["metadata"]["name"] for one in ours} - {None}
    )
    return [*ours, *({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in sorted(used))]


class Applied:
    """One overlay at a time: they have the same namespaces."""

    def __init__(self, plane: Plane) -> None:
        self.plane, self.overlay = plane, ""

    def has(self, overlay: str) -> "Applied":
        if self.overlay == overlay:
            return self
        self.remove()
        with report.shown(f"{overlay} is applied") as figures:
            self.plane.apply(namespaces(overlay))
            figures.append(f"{len(self.plane.apply(of(overlay)))} objects")
        self.overlay = overlay
        return self

    def remove(self) -> None:
        if self.overlay:
            names = [one["metadata"]["name"] for one in namespaces(self.overlay)]
            self.plane.kubectl("delete", "namespace", *names, "--timeout=100s")
            self.overlay = ""


def changed(one: Document, do: Any) -> Document:
    copied = copy.deepcopy(one)
    do(copied)
    return copied
