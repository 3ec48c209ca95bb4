"""What operators make in our namespace, as far as policies look at it: after what CloudNativePG and Knative write."""

from typing import Any

from resimate.tests.kubernetes.manifests import Document

CONTEXT = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
SHARE = {"requests": {"cpu": "2", "memory": "8Gi"}, "limits": {"cpu": "4", "memory": "8Gi"}}


def of_cloudnative_pg() -> Document:
    """The job by which the first member of the database begins, with its account's token and a name in a variable."""
    labels = {
        "cnpg.io/cluster": "resimate-database",
        "cnpg.io/instanceName": "resimate-database-1",
        "cnpg.io/jobRole": "initdb",
    }
    owner = {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "Cluster",
        "name": "resimate-database",
        "uid": "1",
        "controller": True,
    }
    name = {"name": "resimate-database-owner", "key": "username", "optional": False}
    member: dict[str, Any] = {"resources": SHARE, "securityContext": CONTEXT}
    first = {"name": "bootstrap-controller", "image": "ghcr.io/cloudnative-pg/cloudnative-pg:1.27.0", **member}
    then = {
        "name": "initdb",
        "image": "ghcr.io/cloudnative-pg/postgresql:17.6",
        "env": [{"name": "APP_USERNAME", "valueFrom": {"secretKeyRef": name}}],
        **member,
    }
    spec = {
        "serviceAccountName": "resimate-database",
        "restartPolicy": "Never",
        "initContainers": [first],
        "containers": [then],
        "volumes": [{"name": "app-secret", "secret": {"secretName": "resimate-database-app"}}],
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": "resimate-database-1-initdb",
            "namespace": "resimate",
            "labels": labels,
            "ownerReferences": [owner],
        },
        "spec": {"template": {"metadata": {"labels": labels}, "spec": spec}},
    }


def of_knative() -> Document:
    """The deployment of a revision: our container, and its proxy, which has a share of the CPU alone."""
    labels = {
        "app.kubernetes.io/component": "auth",
        "serving.knative.dev/revision": "resimate-auth-00001",
        "tier": "application",
    }
    owner = {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Revision",
        "name": "resimate-auth-00001",
        "uid": "2",
        "controller": True,
    }
    ours = {
        "name": "resimate",
        "image": "registry.example.org/resimate:0.1.0",
        "env": [],
        "resources": SHARE,
        "securityContext": CONTEXT,
    }
    proxy = {
        "name": "queue-proxy",
        "image": f"gcr.io/knative-releases/knative.dev/serving/cmd/queue@sha256:{'0' * 64}",
        "resources": {"requests": {"cpu": "25m"}},
        "securityContext": CONTEXT,
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "resimate-auth-00001-deployment",
            "namespace": "resimate",
            "labels": labels,
            "ownerReferences": [owner],
        },
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "serviceAccountName": "resimate-auth",
                    "automountServiceAccountToken": False,
                    "containers": [ours, proxy],
                },
            },
        },
    }
