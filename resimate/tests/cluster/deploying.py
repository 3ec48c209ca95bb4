"""`scripts/deploy` as an operator calls it, on the plane."""

import os
import subprocess
from pathlib import Path

from resimate.tests.cluster.plane import Plane
from resimate.tests.cluster.programs import PEERS, program
from resimate.tests.kubernetes.manifests import ROOT, WEB, WORKERS

IMAGE = "registry.example.org/resimate@sha256:"
ROLES = {f"resimate-{role}" for role in (*WEB, *WORKERS)}


def begin(plane: Plane, script: str, *words: str, image: str = "") -> subprocess.Popen[str]:
    program("kustomize")
    env = {**os.environ, "PATH": f"{PEERS}{os.pathsep}{os.environ['PATH']}", "KUBECONFIG": str(plane.config)}
    command: list[str | Path] = [ROOT / "scripts" / script, *words]
    given = env | ({"RESIMATE_IMAGE": image} if image else {})
    return subprocess.Popen(command, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ran(plane: Plane, script: str, *words: str, image: str = "") -> tuple[int, str]:
    """What it ended with, and what it said where that was not well."""
    running = begin(plane, script, *words, image=image)
    _, said = running.communicate(timeout=300)
    return running.returncode, said


def images(plane: Plane, kind: str) -> dict[str, str]:
    """Names of the workloads of a kind, each with the image that it is told to run."""
    return {
        one["metadata"]["name"]: one["spec"]["template"]["spec"]["containers"][0]["image"]
        for one in plane.listed(kind, "-n", "resimate")
    }
