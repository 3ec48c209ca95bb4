"""Gatekeeper's policies, by its own program: what is rendered is judged by the templates and constraints in it."""

import copy
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from resimate.tests.cluster import report
from resimate.tests.cluster.programs import program
from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.manifests import OVERLAYS, RENDERED, Document
from resimate.tests.kubernetes.test_policies import DEEDS, DOOR

pytestmark = [pytest.mark.cluster, pytest.mark.requirement("DEV-001", "DEV-002", "K8S-001")]
WITH_POLICIES = sorted({*OVERLAYS} - {"dev"})
#: What constraints choose by: which segment a namespace is.
JUDGING = ("ConstraintTemplate", "ResimateWorkloads", "ResimateDoors", "Namespace")
DOORS: list[Document] = [{"type": "LoadBalancer"}, {"type": "NodePort"}, {"externalIPs": ["192.0.2.1"]}]


def _judged(file: Path) -> tuple[int, list[Any], str]:
    """What it ends with, what it says of whom, and what it complains of."""
    command: list[str | Path] = [program("gator"), "test", "--output=json", "--filename", file]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    said = json.loads(done.stdout or "null") or []
    return done.returncode, [(_name(one["violatingObject"]), one["msg"]) for one in said], done.stderr


def _name(one: Document) -> str:
    return str(one["metadata"]["name"])


def _with(tmp_path: Path, *others: Document) -> Path:
    file = tmp_path / "asked.yaml"
    file.write_text(yaml.safe_dump_all([*manifests.of_kind("onprem", *JUDGING), *others]))
    return file


def _service(name: str, namespace: str, spec: Document) -> Document:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"ports": [{"port": 80}], **spec},
    }


@pytest.mark.parametrize("overlay", WITH_POLICIES)
def test_nothing_of_ours_is_refused(overlay: str) -> None:
    with report.shown(f"Gatekeeper refuses nothing of {overlay}") as figures:
        assert _judged(RENDERED / f"{overlay}.yaml") == (0, [], "")
        figures.append(f"{len(manifests.documents(overlay))} objects")


def test_each_deed_is_refused_for_its_reason(tmp_path: Path) -> None:
    deeds = []
    for number, (_, do) in enumerate(DEEDS):
        deeds.append(copy.deepcopy(manifests.named("onprem", "Deployment", "resimate-portal")))
        do(deeds[-1])
        deeds[-1]["metadata"]["name"] = f"deed-{number}"
    doors = [_service(f"door-{number}", "resimate", spec) for number, spec in enumerate(DOORS)]

    with report.shown("Gatekeeper refuses each deed") as figures:
        ended, said, _ = _judged(_with(tmp_path, *deeds, *doors))
        figures.append(f"{len(said)} deeds")

    assert ended == 1
    expected = [(f"deed-{number}", message) for number, (message, _) in enumerate(DEEDS)]
    assert sorted(said) == sorted([*expected, *((_name(door), DOOR) for door in doors)])


def test_doors_of_the_dmz_and_services_without_any_are_let(tmp_path: Path) -> None:
    let = [_service("door", "resimate-dmz", DOORS[0]), _service("inside", "resimate", {})]

    assert _judged(_with(tmp_path, *let)) == (0, [], "")


def test_a_template_that_does_not_compile_is_refused(tmp_path: Path) -> None:
    file = _with(tmp_path)
    file.write_text(file.read_text().replace("violation contains", "violation container"))

    ended, _, complaint = _judged(file)

    assert ended == 1
    assert "resimatedoors" in complaint or "resimateworkloads" in complaint


def test_a_constraint_with_a_slip_is_refused(tmp_path: Path) -> None:
    file = _with(tmp_path)
    file.write_text(file.read_text().replace("enforcementAction: deny", "enforcementAction: [deny]"))

    ended, _, complaint = _judged(file)

    assert ended == 1
    assert "enforcementAction" in complaint
