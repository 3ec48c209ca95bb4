"""What `scripts/go-peers/build cluster` made: programs of the cluster, and the kinds that other projects define."""

import os
import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from resimate.tests.kubernetes.manifests import ROOT

PEERS: Final = ROOT / "build/peers"
DEFINITIONS: Final = PEERS / "definitions"
SOURCES: Final = ROOT / "scripts/go-peers"
#: Which line of which go.mod says what version a program is of.
MODULES: Final = {
    "etcd": ("etcd", "go.etcd.io/etcd/server/v3"),
    "Kubernetes": ("kubernetes", "k8s.io/kubernetes"),
    "kwok": ("kwok", "sigs.k8s.io/kwok"),
    "Gatekeeper": ("gatekeeper", "github.com/open-policy-agent/gatekeeper/v3"),
    "metrics-server": ("metrics-server", "sigs.k8s.io/metrics-server"),
}


def program(name: str) -> Path:
    """Where it is not there, what needs it is skipped, but not in CI."""
    path = PEERS / name
    if not path.exists():
        reason = f"there is no {path.relative_to(ROOT)}; `make cluster` builds it, and says so where it cannot"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    return path


@cache
def versions() -> dict[str, str]:
    found = {}
    for name, (folder, module) in MODULES.items():
        line = re.search(
            rf"^\s*(?:require )?{re.escape(module)} (v\S+)", (SOURCES / folder / "go.mod").read_text(), re.M
        )
        assert line, name
        found[name] = line[1]
    return found
