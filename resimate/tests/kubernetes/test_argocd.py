"""What Argo CD applies, in which order, by whom, and with no more rights than that takes."""

import re

import pytest
import yaml

from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.manifests import OVERLAYS, ROOT, Document

pytestmark = pytest.mark.requirement("DEV-002", "ENV-001")
FOLDER = ROOT / "k8s/argocd"
#: Applied by hand.
PROJECTS = ("project", "project-of-places")
WAVE = "argocd.argoproj.io/sync-wave"
#: Those that Argo CD brings; the others show what a cloud is told.
PLACES = ["testing", "staging", "production-second", "production"]


def _read(name: str) -> Document:
    document: Document = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    return document


def _kinds(told: list[dict[str, str]]) -> set[tuple[str, str]]:
    return {(one["group"], one["kind"]) for one in told}


def _wave(one: Document) -> int:
    return int(one["metadata"].get("annotations", {}).get(WAVE, "0"))


def test_the_project_may_apply_what_its_places_have_and_nothing_else() -> None:
    spec = _read("project")["spec"]
    every = [one for place in PLACES for one in manifests.documents(place)]
    with_place = {(manifests.group_of(one), one["kind"]) for one in every if one["metadata"].get("namespace")}
    bare = [one for one in every if not one["metadata"].get("namespace")]
    without = {(manifests.group_of(one), one["kind"], one["metadata"]["name"]) for one in bare}

    assert _kinds(spec["namespaceResourceWhitelist"]) == with_place
    # By name: a namespace is what its labels say, and another one is not ours.
    named = spec["clusterResourceWhitelist"]
    assert {(one["group"], one["kind"], one.get("name", "*")) for one in named} == without
    assert "*" not in {word for pair in (*with_place, *without) for word in pair}
    namespaces = {one["metadata"]["namespace"] for one in every if one["metadata"].get("namespace")}
    assert {one["namespace"] for one in spec["destinations"]} == namespaces
    assert ("", "Secret") not in with_place


def test_nobody_may_more_than_see_and_bring() -> None:
    for project in map(_read, PROJECTS):
        name = project["metadata"]["name"]
        for role in project["spec"]["roles"]:
            for line in role["policies"]:
                _, who, what, verb, which, effect = (word.strip() for word in line.split(","))
                told = (f"proj:{name}:{role['name']}", "applications", f"{name}/*", "allow")
                assert (who, what, which, effect) == told
                assert verb in ("get", "sync") if role["name"] == "operators" else verb == "get"


def test_a_merge_moves_no_wall_and_brings_no_production() -> None:
    """Projects are applied by hand, and the list of places, which says what comes by itself, is brought by hand."""
    above = _read("app-of-apps")["spec"]
    of_places = _read("project-of-places")

    assert above["project"] == of_places["metadata"]["name"]
    assert "automated" not in above["syncPolicy"]
    assert above["source"]["directory"]["include"] == "places.yaml"
    assert of_places["spec"]["clusterResourceWhitelist"] == []
    assert _kinds(of_places["spec"]["namespaceResourceWhitelist"]) == {("argoproj.io", "ApplicationSet")}
    for kind in ("AppProject", "Application", "ApplicationSet"):
        assert ("argoproj.io", kind) not in _kinds(_read("project")["spec"]["namespaceResourceWhitelist"])
    assert "argocd" not in {one["namespace"] for one in _read("project")["spec"]["destinations"]}
    assert "default" not in {above["project"], _read("places")["spec"]["template"]["spec"]["project"]}


def test_what_is_brought_is_signed_by_a_key_that_the_operator_puts_in() -> None:
    """Until then by one that nobody has: nothing comes."""
    for name in PROJECTS:
        assert _read(name)["spec"]["signatureKeys"] == [{"keyID": "0" * 16}]


def test_production_comes_by_hand_and_the_rest_as_it_is_committed() -> None:
    spec = _read("places")["spec"]
    elements = {one["name"]: one["production"] for one in spec["generators"][0]["list"]["elements"]}

    assert list(elements) == PLACES
    assert {name for name, is_production in elements.items() if is_production == "yes"} == {
        one for one in OVERLAYS if one.startswith("production")
    }
    condition, patch, end = re.fullmatch(
        r"(\{\{-.*?\}\})\n(.*\n)(\{\{-.*?\}\})\n?", spec["templatePatch"], re.S
    ).groups()  # type: ignore[union-attr]  # it fails where it does not match
    assert (condition, end) == ('{{- if ne .production "yes" }}', "{{- end }}")
    assert yaml.safe_load(patch) == {"spec": {"syncPolicy": {"automated": {"prune": True, "selfHeal": True}}}}
    assert "automated" not in spec["template"]["spec"]["syncPolicy"]
    steps = [step["matchExpressions"][0]["values"] for step in spec["strategy"]["rollingSync"]["steps"]]
    assert [name for step in steps for name in step] == PLACES
    assert spec["syncPolicy"] == {"preserveResourcesOnDeletion": True, "applicationsSync": "create-update"}


def test_each_place_is_what_is_rendered_for_it() -> None:
    source = _read("places")["spec"]["template"]["spec"]["source"]

    for place in PLACES:
        assert (ROOT / source["path"] / source["directory"]["include"].replace("{{.name}}", place)).exists()
    above = _read("app-of-apps")["spec"]["source"]
    assert {path.stem for path in (ROOT / above["path"]).glob("*.yaml")} == {*PROJECTS, "places", "app-of-apps"}
    for name in PROJECTS:
        assert {source["repoURL"], above["repoURL"]} == set(_read(name)["spec"]["sourceRepos"])


def test_replicas_are_left_to_those_who_scale() -> None:
    ignored = _read("places")["spec"]["template"]["spec"]["ignoreDifferences"]

    assert {(one["group"], one["kind"]) for one in ignored} == {("apps", "Deployment"), ("argoproj.io", "Rollout")}
    assert {pointer for one in ignored for pointer in one["jsonPointers"]} == {"/spec/replicas"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_migration_is_before_the_roles_and_after_what_it_reads(overlay: str) -> None:
    waves: dict[str, set[int]] = {}
    for one in manifests.documents(overlay):
        kind = "Knative" if manifests.group_of(one) == "serving.knative.dev" else one["kind"]
        waves.setdefault(kind, set()).add(_wave(one))

    assert {kind: waves.pop(kind, {2}) for kind in ("Deployment", "Rollout", "Knative")} == {
        "Deployment": {2},
        "Rollout": {2},
        "Knative": {2},
    }
    assert waves.pop("HorizontalPodAutoscaler", {3}) == waves.pop("ScaledObject", {3}) == {3}
    assert waves.pop("Job", {1}) == {1}
    assert set().union(*waves.values()) == {0}
    for job in manifests.of_kind(overlay, "Job"):
        assert job["metadata"]["annotations"]["argocd.argoproj.io/hook"] == "Sync"
