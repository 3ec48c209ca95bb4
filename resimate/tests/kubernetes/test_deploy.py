"""`scripts/deploy`: in which order, and what it says where it ends; a stand-in for kubectl keeps what it is asked."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.manifests import OVERLAYS, ROOT

pytestmark = pytest.mark.requirement("DEV-002", "AR-003")
#: Fails where its words begin with those of ``REFUSED``; a Job is what ``JOB`` says.
KUBECTL = """#!/usr/bin/env -S python3 -IS
import json, os, sys
words = sys.argv[1:]
kinds = [line[6:] for line in sys.stdin.read().splitlines() if line.startswith("kind: ")] if "-f" in words else []
asked = [*words[:1], *([",".join(sorted(set(kinds)))] if kinds else words[1:3])]
open(os.environ["ASKED"], "a").write(json.dumps(" ".join(asked)) + chr(10))
if os.environ.get("REFUSED") and " ".join(asked).startswith(os.environ["REFUSED"]):
    sys.exit("it is not to be")
if words[:2] == ["get", "job"]:
    made = any("apply Job" in line for line in open(os.environ["ASKED"]))
    print(os.environ["JOB"] if made else os.environ.get("OLD", ""))
"""
COMPLETE = {"status": {"conditions": [{"type": "Complete", "status": "True"}]}}
LATE = {"type": "Failed", "status": "True", "reason": "DeadlineExceeded", "message": "too late"}

Deploy = Callable[..., tuple[int, str, list[str]]]


@pytest.fixture
def deploy(tmp_path: Path) -> Deploy:
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(KUBECTL)
    kubectl.chmod(0o700)

    def run(
        overlay: str, *options: str, job: Any = COMPLETE, image: str = "", **given: str
    ) -> tuple[int, str, list[str]]:
        asked = tmp_path / "asked"
        asked.write_text("")
        env = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "ASKED": str(asked)}
        words: list[str | Path] = [ROOT / "scripts/deploy", overlay, *options]
        told = env | {"JOB": json.dumps(job), "RESIMATE_IMAGE": image} | given
        done = subprocess.run(words, env=told, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr, [json.loads(line) for line in asked.read_text().splitlines()]

    return run


@pytest.mark.parametrize("overlay", ["dev", "production", "knative"])
def test_the_migration_is_over_before_a_role_is_applied(deploy: Deploy, overlay: str) -> None:
    code, said, asked = deploy(overlay, "--examples")

    assert (code, said) == (0, "")
    applied = [one for one in asked if one.startswith("apply ")]
    rolling = ("Deployment", "Rollout", "ScaledObject", "HorizontalPodAutoscaler")
    roles = [number for number, one in enumerate(asked) if one in applied and any(kind in one for kind in rolling)]
    job = asked.index("apply Job")
    assert asked[1] == "apply Namespace"
    assert asked[job - 1] == "delete job resimate-migrate"
    assert asked[job + 1] == "get job resimate-migrate"
    assert job + 1 < min(roles)
    if secrets := manifests.of_kind(overlay, "ExternalSecret"):
        waits = [one for one in asked[:job] if one == "wait --for=condition=Ready externalsecret/resimate-runtime"]
        assert waits
        assert len([one for one in asked if "externalsecret/" in one]) == len(secrets)
    said_kinds = {kind for one in applied for kind in one.split()[1].split(",")}
    assert said_kinds == {one["kind"] for one in manifests.documents(overlay)}


def test_the_region_that_stands_by_migrates_nothing(deploy: Deploy) -> None:
    code, _, asked = deploy("production-second", "--examples")

    assert code == 0
    assert not [one for one in asked if one == "apply Job" or "resimate-migrate" in one]
    assert [one for one in asked if "Deployment" in one]


@pytest.mark.parametrize(
    ("given", "last", "said"),
    [
        ({"REFUSED": "apply Namespace"}, "apply Namespace", "It ended at: Namespaces."),
        ({"REFUSED": "wait --for=condition=Ready"}, "wait ", "says what lacks in Vault."),
        ({"REFUSED": "apply Job"}, "apply Job", "It ended at: The migration."),
        ({"job": {"status": {"conditions": [LATE]}}}, "get job", "The migration failed (DeadlineExceeded: too late)."),
        ({"OLD": '{"status": {"active": 1, "startTime": "noon"}}'}, "get job", "A migration is under way, since noon"),
        ({"REFUSED": "rollout status"}, "rollout status", "The migration is done; older processes bear with"),
    ],
)
def test_it_ends_with_a_sentence_and_does_no_more(deploy: Deploy, given: Any, last: str, said: str) -> None:
    code, told, asked = deploy("aws", "--examples", **given)

    assert code == 1
    assert said in told
    assert "Traceback" not in told
    assert asked[-1].startswith(last)
    if last != "rollout status":
        assert not [one for one in asked if "Deployment" in one]


def test_an_overlay_that_is_not_there_is_said(deploy: Deploy) -> None:
    code, said, asked = deploy("nowhere")

    assert (code, asked) == (1, [])
    assert "There is no k8s/rendered/nowhere.yaml; there are: aws azure dev" in said


@pytest.mark.parametrize("overlay", [one for one in OVERLAYS if one != "dev"])
def test_nobody_applies_the_domain_of_an_example(deploy: Deploy, overlay: str) -> None:
    code, said, asked = deploy(overlay)

    assert (code, asked) == (1, [])
    assert manifests.named(overlay, "ConfigMap", "resimate-config")["data"]["RESIMATE_BASE_DOMAIN"] in said


@pytest.mark.parametrize(
    "image", ["registry/x:1", "justname", "x@sha256:abc", f"x@sha256:{'A' * 64}", f"x y@sha256:{'a' * 64}"]
)
def test_an_image_without_its_digest_is_not_rendered(deploy: Deploy, image: str) -> None:
    kustomize = ROOT / "build/peers/kustomize"
    if not kustomize.exists():
        pytest.skip("there is no build/peers/kustomize; `scripts/go-peers/build kustomize` makes it")

    code, said, asked = deploy("dev", image=image)

    assert (code, asked) == (1, [])
    assert f"RESIMATE_IMAGE is '{image}'; it has to be NAME@sha256:" in said
