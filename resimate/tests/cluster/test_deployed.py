"""`scripts/deploy`: twice, with two images; the roles do not roll before the migration is done."""

from collections.abc import Iterator

import pytest

from resimate.tests.cluster import deploying, installed, report
from resimate.tests.cluster.deploying import IMAGE, ROLES
from resimate.tests.cluster.installed import Applied
from resimate.tests.cluster.plane import Plane
from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.manifests import Document

pytestmark = [pytest.mark.cluster, pytest.mark.requirement("AR-003", "DEV-002", "K8S-001")]
FIRST, SECOND, THIRD = (IMAGE + letter * 64 for letter in "abc")


@pytest.fixture(scope="module")
def empty(plane: Plane, applied: Applied) -> Iterator[Plane]:
    applied.remove()
    yield plane
    applied.overlay = "dev"  # whoever comes next removes its namespaces


@pytest.fixture(scope="module")
def first(empty: Plane) -> Plane:
    with report.shown("scripts/deploy brings dev to an empty cluster"):
        assert deploying.ran(empty, "deploy", "dev", image=FIRST) == (0, "")
    return empty


def test_the_first_time_all_is_there(first: Plane) -> None:
    assert deploying.images(first, "deployment") == dict.fromkeys(ROLES, FIRST)
    assert deploying.images(first, "job") == {"resimate-migrate": FIRST}


@pytest.fixture
def stopped(first: Plane) -> Iterator[Plane]:
    """No pod more is let in: a migration begins and does not end."""
    first.kubectl("create", "quota", "none", "--hard=pods=0", "-n", "resimate")
    yield first
    first.kubectl("delete", "quota", "none", "-n", "resimate", "--ignore-not-found")


def test_roles_wait_for_the_migration_and_stay_where_it_fails(stopped: Plane) -> None:
    def migration() -> Document:
        found: Document = stopped.got("job", "resimate-migrate", "-n", "resimate")
        return found

    running = deploying.begin(stopped, "deploy", "dev", image=SECOND)
    stopped.until(lambda: deploying.images(stopped, "job") == {"resimate-migrate": SECOND}, "the Job is made anew")
    assert running.poll() is None
    assert deploying.images(stopped, "deployment") == dict.fromkeys(ROLES, FIRST)
    stopped.kubectl(
        "patch", "job", "resimate-migrate", "-n", "resimate", "-p", '{"spec": {"activeDeadlineSeconds": 1}}'
    )
    _, said = running.communicate(timeout=120)

    assert running.returncode == 1
    assert said.startswith("The migration failed (DeadlineExceeded: ")
    assert "The roles run as before." in said
    assert "Traceback" not in said
    assert deploying.images(stopped, "deployment") == dict.fromkeys(ROLES, FIRST)
    assert migration()["status"].get("succeeded", 0) == 0
    report.add("a migration that fails leaves the roles as they are", 0, said.split(".")[0])

    stopped.kubectl("delete", "quota", "none", "-n", "resimate")
    with report.shown("scripts/deploy brings a second image"):
        assert deploying.ran(stopped, "deploy", "dev", image=SECOND) == (0, "")
    assert deploying.images(stopped, "deployment") == dict.fromkeys(ROLES, SECOND)
    assert migration()["status"]["succeeded"] == 1


def test_a_command_of_the_owner_runs_with_what_runs_now(stopped: Plane) -> None:
    words = ["tenants", "create", "acme", "--name", "Acme", "--admin-email", "ada@acme.example"]
    running = deploying.begin(stopped, "owner-command", "dev", *words)
    stopped.until(lambda: len(deploying.images(stopped, "job")) == 2, "the Job is there")
    (job,) = (one for one in stopped.listed("job", "-n", "resimate") if one["metadata"]["name"] != "resimate-migrate")
    name, pod = job["metadata"]["name"], job["spec"]["template"]["spec"]
    stopped.kubectl("patch", "job", name, "-n", "resimate", "-p", '{"spec": {"activeDeadlineSeconds": 1}}')
    _, said = running.communicate(timeout=120)

    assert pod["containers"][0]["command"] == ["python", "-m", "resimate", *words]
    assert pod["containers"][0]["image"] == deploying.images(stopped, "deployment")["resimate-worker-default"]
    assert "owner" in {one["name"] for one in pod["volumes"]}
    assert running.returncode == 1
    assert "The command failed (DeadlineExceeded: " in said
    stopped.kubectl("delete", "job", name, "-n", "resimate")
    stopped.kubectl("delete", "quota", "none", "-n", "resimate")
    assert deploying.ran(stopped, "owner-command", "dev", "tenants", "list")[0] == 0


def test_a_migration_under_way_is_left_alone(first: Plane) -> None:
    job = manifests.named("dev", "Job", "resimate-migrate")
    first.kubectl("delete", "job", "resimate-migrate", "-n", "resimate")
    # There is no such node: its pod is there, and never ends.
    working = installed.changed(job, lambda one: one["spec"]["template"]["spec"].update(nodeSelector={"x": "y"}))
    first.apply([working])
    first.until(lambda: _active(first), "the migration has its pod")

    code, said = deploying.ran(first, "deploy", "dev", image=THIRD)

    assert code == 1
    assert "A migration is under way, since " in said
    assert _active(first)
    assert THIRD not in {*deploying.images(first, "deployment").values()}
    first.kubectl("delete", "job", "resimate-migrate", "-n", "resimate")


def _active(plane: Plane) -> bool:
    return bool(plane.got("job", "resimate-migrate", "-n", "resimate").get("status", {}).get("active"))


def test_what_the_server_refuses_ends_it_in_a_sentence(first: Plane) -> None:
    code, said = deploying.ran(first, "deploy", "knative", "--examples", "--wait=1", image=THIRD)

    assert code == 1
    assert "Traceback" not in said
    assert said.splitlines()[-1].startswith("It ended at: ")
    assert THIRD not in {*deploying.images(first, "deployment").values()}


def _constraint(kind: str) -> Document:
    """The kind that Gatekeeper makes from its template."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1beta1", "served": True, "storage": True, "schema": {"openAPIV3Schema": anything}}
    names = {"kind": kind, "plural": kind.lower(), "singular": kind.lower()}
    group = "constraints.gatekeeper.sh"
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.lower()}.{group}"},
        "spec": {"group": group, "scope": "Cluster", "names": names, "versions": [version]},
    }


@pytest.fixture
def gatekeeper(empty: Plane, applied: Applied) -> Iterator[Plane]:
    applied.overlay = "dev"
    applied.remove()
    kinds = [_constraint("ResimateDoors"), _constraint("ResimateWorkloads")]
    empty.apply(kinds)
    yield empty
    empty.kubectl("delete", "crd", *(one["metadata"]["name"] for one in kinds))


def test_nothing_begins_before_the_secrets_are_there(gatekeeper: Plane) -> None:
    plane = gatekeeper

    code, said = deploying.ran(plane, "deploy", "aws", "--examples", "--wait=1", image=FIRST)

    assert code == 1
    assert "It ended at: The secret resimate-" in said
    assert deploying.images(plane, "job") == deploying.images(plane, "deployment") == {}
    ready = '{"status": {"conditions": [{"type": "Ready", "status": "True"}]}}'
    for one in plane.listed("externalsecret", "-n", "resimate"):
        name = one["metadata"]["name"]
        plane.kubectl(
            "patch", "externalsecret", name, "-n", "resimate", "--subresource=status", "--type=merge", "-p", ready
        )
    with report.shown("scripts/deploy brings aws, once its secrets are there"):
        assert deploying.ran(plane, "deploy", "aws", "--examples", image=FIRST) == (0, "")
    assert deploying.images(plane, "deployment") == dict.fromkeys(ROLES, FIRST)
