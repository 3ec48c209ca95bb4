"""What each overlay asks of a cluster: the kinds of others, in the versions that it is written in.

The image has no manifests, so they are said here once more; a test holds both against each other.
"""

from dataclasses import dataclass
from typing import Final

#: Kinds of others: who brings them, by the group and version that our objects have.
BRINGS: Final = {
    "cert-manager.io/v1": "cert-manager",
    "external-secrets.io/v1": "External Secrets",
    "keda.sh/v1alpha1": "KEDA",
    "monitoring.coreos.com/v1": "the operator of Prometheus",
    "networking.istio.io/v1": "Istio",
    "security.istio.io/v1": "Istio",
    "templates.gatekeeper.sh/v1": "Gatekeeper",
    "argoproj.io/v1alpha1": "Argo Rollouts",
    "postgresql.cnpg.io/v1": "CloudNativePG",
    "serving.knative.dev/v1": "Knative Serving",
}
ROLLOUTS, DATABASE, SERVERLESS = "argoproj.io/v1alpha1", "postgresql.cnpg.io/v1", "serving.knative.dev/v1"
MESH: Final = frozenset({"networking.istio.io/v1", "security.istio.io/v1"})
USUAL: Final = frozenset({*BRINGS} - {ROLLOUTS, DATABASE, SERVERLESS})


@dataclass(frozen=True, slots=True)
class Place:
    """``kinds`` are those of others. ``is_measured``: whether the figures of K8S-001 are asked, as everywhere but on
    a developer's own machine."""

    kinds: frozenset[str]
    is_measured: bool = True

    @property
    def served_by(self) -> str:
        """The kind of object that web roles are run by, by its path; besides Deployments."""
        return {
            ROLLOUTS: "/apis/argoproj.io/v1alpha1/namespaces/{}/rollouts",
            SERVERLESS: "/apis/serving.knative.dev/v1/namespaces/{}/services",
        }.get(next(iter(self.kinds & {ROLLOUTS, SERVERLESS}), ""), "")


PLACES: Final = {
    "dev": Place(frozenset(), is_measured=False),
    "testing": Place(USUAL | {DATABASE}),
    "staging": Place(USUAL | {ROLLOUTS}),
    "production": Place(USUAL | {ROLLOUTS}),
    "production-second": Place(USUAL),
    "aws": Place(USUAL),
    "azure": Place(USUAL),
    "gcp": Place(USUAL),
    "onprem": Place(USUAL | {DATABASE}),
    "knative": Place((USUAL - MESH) | {SERVERLESS}),
}
