"""The other door, by the Gateway API: the API server takes what is rendered for it, strictly, and refuses slips."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from resimate.tests.cluster import installed, report
from resimate.tests.cluster.plane import Plane, Refused
from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.manifests import RENDERED, Document

pytestmark = [pytest.mark.cluster, pytest.mark.requirement("K8S-001")]
RENDERED_DOOR: list[Document] = list(yaml.safe_load_all((RENDERED / "examples/gateway-api.yaml").read_text()))
#: Of Envoy's own kinds there are no definitions here.
LEFT_OUT = "gateway.envoyproxy.io"
SLIPS: list[tuple[str, Callable[[Any], Any], str]] = [
    ("Gateway", lambda spec: spec["listeners"][0].update(hostnames="x"), "hostnames: field not declared in schema"),
    ("HTTPRoute", lambda spec: spec.update(rulez=[]), ".spec.rulez: field not declared in schema"),
]


def _door() -> list[Document]:
    return [one for one in RENDERED_DOOR if manifests.group_of(one) != LEFT_OUT]


def test_the_server_takes_the_door(plane: Plane) -> None:
    plane.apply(installed.namespaces("aws"))
    assert {one["kind"] for one in _door()} >= {"Gateway", "HTTPRoute", "ReferenceGrant"}
    assert {one["kind"] for one in RENDERED_DOOR if one not in _door()} == {"ClientTrafficPolicy"}

    with report.shown("the Gateway API's door is accepted strictly") as figures:
        said = plane.apply(_door(), "--dry-run=server")
        figures.append(f"{len(said)} of {len(RENDERED_DOOR)} objects, Envoy's own left out")

    assert len(said) == len(_door())


@pytest.mark.parametrize(("kind", "slip", "said"), SLIPS)
def test_a_slip_is_refused_by_name(plane: Plane, kind: str, slip: Callable[[Any], Any], said: str) -> None:
    plane.apply(installed.namespaces("aws"))
    wrong: Document = copy.deepcopy(next(one for one in _door() if one["kind"] == kind))
    slip(wrong["spec"])

    with report.shown(f"a slip in a {kind} is refused"), pytest.raises(Refused) as refused:
        plane.apply([wrong], "--dry-run=server")

    assert said in str(refused.value)
