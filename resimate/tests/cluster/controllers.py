"""Controllers of other projects, beside the plane: each is the real one, told where the plane is."""

from resimate.tests.cluster.plane import Plane
from resimate.tests.kubernetes.manifests import Document


def metrics_server(plane: Plane) -> None:
    """It asks the nodes, and kwok answers with what the pods' annotations say that they use."""
    port = plane.port("metrics-server")
    plane.run(
        "metrics-server",
        *_known(plane),
        f"--secure-port={port}",
        "--bind-address=127.0.0.1",
        f"--cert-dir={plane.folder / 'metrics'}",
        "--kubelet-insecure-tls",
        "--kubelet-preferred-address-types=InternalIP",
        "--kubelet-use-node-status-port",
        "--metric-resolution=15s",
        "--kubelet-request-timeout=5s",
    )
    plane.apply(_outside("metrics-server", "v1beta1.metrics.k8s.io", port))
    _wait_for(plane, "v1beta1.metrics.k8s.io")


def _known(plane: Plane) -> list[str]:
    return [f"--{what}kubeconfig={plane.config}" for what in ("", "authentication-", "authorization-")]


def _outside(name: str, group: str, port: int) -> list[Document]:
    """A part of the API that a program outside of the cluster serves, on this machine."""
    version, _, rest = group.partition(".")
    service = {"name": name, "namespace": "kube-system"}
    spec = {
        "group": rest,
        "version": version,
        "groupPriorityMinimum": 100,
        "versionPriority": 100,
        "insecureSkipTLSVerify": True,
        "service": {**service, "port": port},
    }
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": service,
            "spec": {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": port}]},
        },
        {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": group}, "spec": spec},
    ]


def _wait_for(plane: Plane, group: str) -> None:
    plane.kubectl("wait", "--for=condition=Available", "apiservice", group, "--timeout=90s")
