"""Kubernetes 1.28 and each later minor take what is rendered, strictly: a key that is not known is refused."""

import copy
from functools import cache
from typing import Any

import pytest
import yaml

from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.manifests import OVERLAYS, ROOT, Document
from resimate.tests.kubernetes.test_rendered import OWN

pytestmark = [pytest.mark.thorough, pytest.mark.requirement("K8S-001")]
VERSIONS = [f"1.{minor}" for minor in range(28, 38)]


def _unique() -> list[Document]:
    """Each document of Kubernetes' own kinds once: most are the same in all overlays."""
    found = {id(one): one for overlay in OVERLAYS for one in manifests.documents(overlay)}
    return [one for one in found.values() if manifests.group_of(one) in OWN]


@cache
def _judge() -> Any:
    judge = pytest.importorskip("kubernetes_validate", reason="`make peers` brings it")
    judge.utils.schema_contents = cache(judge.utils.schema_contents)  # else two megabytes are read for each document
    return judge


@pytest.mark.parametrize("version", VERSIONS)
def test_every_minor_takes_what_is_rendered(version: str) -> None:
    judge = _judge()
    ours = _unique()

    assert len(ours) > 150
    for one in ours:
        judge.validate(one, version, strict=True)


def test_a_slip_of_the_pen_is_refused() -> None:
    judge = _judge()
    right = manifests.named("aws", "Deployment", "resimate-core-api")
    slip, wrong = copy.deepcopy(right), copy.deepcopy(right)
    slip["spec"]["replicaz"] = 3
    wrong["spec"]["minReadySeconds"] = "five"

    judge.validate(right, "1.28", strict=True)
    for one in (slip, wrong):
        with pytest.raises(judge.ValidationError):
            judge.validate(one, "1.28", strict=True)


def test_policies_of_kubernetes_itself_are_taken_from_the_minor_that_they_name() -> None:
    judge = _judge()
    text = (ROOT / "k8s/components/policies-vap/policies.yaml").read_text()
    for one in yaml.safe_load_all(text):
        for version in VERSIONS[2:]:
            judge.validate(one, version, strict=True)
        with pytest.raises(judge.SchemaNotFoundError):
            judge.validate(one, VERSIONS[1], strict=True)
