"""What a public host runs before a change is taken: nothing but commands of ours, and all of it is required."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from resimate_servers.tests.toxiproxy import needed

pytestmark = pytest.mark.requirement("DEV-001")

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = ROOT / ".github/workflows/ci.yml"
RULES = ROOT / ".github/rulesets/main.json"
#: As the public host knows its own workflows.
GITHUB_ACTIONS = 15368
PINNED = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+(\.\d+)+")


def workflow() -> dict[str, Any]:
    # YAML 1.1 takes the key "on" for true.
    known: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text().replace("\non:", '\n"on":'))
    return known


def rules() -> dict[str, Any]:
    return {rule["type"]: rule.get("parameters", {}) for rule in json.loads(RULES.read_text())["rules"]}


def checks() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each check by the name that the host gives it, with its job."""
    for job in workflow()["jobs"].values():
        for target in job.get("strategy", {}).get("matrix", {}).get("target", [""]):
            yield job["name"].replace("${{ matrix.target }}", target), job


def test_every_check_is_required_and_each_that_is_required_is_made() -> None:
    required = rules()["required_status_checks"]

    assert {check["context"] for check in required["required_status_checks"]} == {name for name, _ in checks()}
    assert required["strict_required_status_checks_policy"]
    # Anybody who may write a status could post a name; these have to come of the workflows.
    assert {check.get("integration_id") for check in required["required_status_checks"]} == {GITHUB_ACTIONS}


def test_nobody_changes_the_branch_alone_or_rewrites_it() -> None:
    review = rules()["pull_request"]

    assert {"deletion", "non_fast_forward", "required_signatures"} <= rules().keys()
    assert review["required_approving_review_count"] >= 1
    assert review["dismiss_stale_reviews_on_push"]
    assert review["require_last_push_approval"]
    assert json.loads(RULES.read_text())["bypass_actors"] == []


def test_each_command_is_ours() -> None:
    makes = {name.removeprefix("make ") for name, _ in checks() if name.startswith("make ")}
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    last = {job["steps"][-1]["run"] for _, job in checks()}

    assert makes <= targets
    assert last == {".ci/run", 'make "$TARGET"'}
    assert "make browsers lint test thorough" in (ROOT / ".ci/run").read_text()


def test_a_change_is_measured_against_what_it_is_put_on() -> None:
    (job,) = [job for name, job in checks() if name == "make regression"]
    (checkout,) = [step["with"] for step in job["steps"] if "actions/checkout" in step.get("uses", "")]

    assert checkout["fetch-depth"] == 0
    assert job["steps"][-1]["env"]["BASE"] == "${{ github.event.pull_request.base.sha || github.event.before }}"
    assert '"$(BASE)"' in (ROOT / "Makefile").read_text()


def test_what_others_wrote_is_pinned_and_has_no_rights() -> None:
    text = WORKFLOW.read_text()
    uses = re.findall(r"uses: (.*)", text)

    assert uses
    assert all(PINNED.fullmatch(use) for use in uses)
    assert workflow()["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for _, job in checks())
    assert "secrets." not in text
    # What somebody else can name a branch would be run by a shell.
    assert not any("${{" in step.get("run", "") for _, job in checks() for step in job["steps"])
    assert "pull_request_target" not in workflow()["on"]


def test_each_base_is_one_that_whoever_builds_may_name_by_its_digest() -> None:
    told = [job["container"] for _, job in checks()]
    dockerfile = (ROOT / "Dockerfile").read_text()

    assert all(re.fullmatch(r"\$\{\{ vars\.[A-Z]+_IMAGE \|\| '[\w.:-]+:[\w.-]+' \}\}", one) for one in told)
    bases = re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)
    assert {f"${{{name}}}" for name in re.findall(r"^ARG (\w+_IMAGE)=", dockerfile, re.MULTILINE)} == set(bases)


@pytest.mark.thorough
def test_the_definition_is_one_that_the_host_reads(tmp_path: Path) -> None:
    program = needed(ROOT / "build/peers/actionlint", "actionlint")
    broken = tmp_path / "broken.yml"
    broken.write_text(WORKFLOW.read_text().replace("runs-on:", "run-on:"))

    assert subprocess.run([program, WORKFLOW], check=False, capture_output=True, text=True).stdout == ""
    assert "runs-on" in subprocess.run([program, broken], check=False, capture_output=True, text=True).stdout
