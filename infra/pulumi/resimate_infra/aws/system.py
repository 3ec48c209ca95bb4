"""Who reaches what comes with EKS. In the strict mode of its network a pod that no policy names reaches nobody.

These are there before the pods are: names are not answered, and add-ons not ready, until they are let.
"""

import json
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any, Final

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from resimate_infra.site import Site

SYSTEM: Final = "kube-system"
NAMES: Final = {"matchLabels": {"k8s-app": "kube-dns"}}
#: What calls the cloud: volumes, and what the operator brings for the balancer and for the number of nodes.
CALLERS: Final = ("aws-ebs-csi-driver", "aws-load-balancer-controller", "aws-cluster-autoscaler")
#: Where pods find the role that they have, at their own node.
IDENTITY: Final = "169.254.170.23/32"
PRIVATE: Final = ("10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")

Rules = Sequence[Mapping[str, Any]]


def let(site: Site, eks: aws.eks.Cluster) -> list[pulumi.Resource]:
    """The policies; what of EKS they name comes after them."""
    provider = kubernetes.Provider("cluster", kubeconfig=pulumi.Output.secret(_kubeconfig(eks)))
    opts = pulumi.ResourceOptions(provider=provider)
    nodes = [{"ipBlock": {"cidr": str(site.nodes)}}]
    api = [*nodes, {"ipBlock": {"cidr": eks.kubernetes_network_config.service_ipv4_cidr.apply(_first)}}]
    resolver = [{"ipBlock": {"cidr": f"{IPv4Network(site.everything)[2]}/32"}}]
    to_api = {"to": api, "ports": _tcp(443)}
    everybody = [{"namespaceSelector": {}}, *nodes]
    cloud = [{"ipBlock": {"cidr": "0.0.0.0/0", "except": list(PRIVATE)}}]
    return [
        _policy(
            "names", NAMES, opts,
            [{"from": everybody, "ports": _names()}, {"from": nodes, "ports": _tcp(8080, 8181)}],
            [to_api, {"to": resolver, "ports": _names()}],
        ),
        _policy(
            "measures", _called("metrics-server"), opts,
            [{"from": nodes, "ports": _tcp(10250, 10251)}], [to_api, {"to": nodes, "ports": _tcp(10250)}],
        ),
        _policy(
            "callers", _called(*CALLERS), opts,
            # Of these the API server asks that of the balancer whether an object may be.
            [{"from": nodes, "ports": _tcp(9443)}],
            [
                to_api, {"to": cloud, "ports": _tcp(443)}, {"to": [{"podSelector": NAMES}], "ports": _names()},
                {"to": [{"ipBlock": {"cidr": IDENTITY}}], "ports": _tcp(80)},
            ],
        ),
    ]  # fmt: skip


def _first(block: str) -> str:
    """The address by which pods ask the API server: the first of those that services have."""
    return f"{IPv4Network(block)[1]}/32"


def _policy(
    name: str, pods: Mapping[str, Any], opts: pulumi.ResourceOptions, ingress: Rules, egress: Rules
) -> pulumi.Resource:
    return kubernetes.networking.v1.NetworkPolicy(
        name, metadata={"name": f"resimate-{name}", "namespace": SYSTEM}, opts=opts,
        spec={"podSelector": pods, "policyTypes": ["Ingress", "Egress"], "ingress": ingress, "egress": egress},
    )  # fmt: skip


def _called(*names: str) -> dict[str, Any]:
    return {"matchExpressions": [{"key": "app.kubernetes.io/name", "operator": "In", "values": list(names)}]}


def _tcp(*ports: int) -> list[dict[str, Any]]:
    return [{"protocol": "TCP", "port": port} for port in ports]


def _names() -> list[dict[str, Any]]:
    return [{"protocol": "UDP", "port": 53}, *_tcp(53)]


def _kubeconfig(eks: aws.eks.Cluster) -> pulumi.Output[str]:
    """How whoever runs this is known to the cluster: as to the cloud, by its own command."""

    def written(known: Sequence[Any]) -> str:
        name, endpoint, authority = known
        get = {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "aws", "interactiveMode": "Never"}
        user = {"exec": {**get, "args": ["eks", "get-token", "--cluster-name", name]}}
        return json.dumps(
            {
                "apiVersion": "v1", "kind": "Config", "current-context": name,
                "clusters": [{"name": name, "cluster": {"server": endpoint, "certificate-authority-data": authority}}],
                "users": [{"name": name, "user": user}],
                "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            }
        )  # fmt: skip

    return pulumi.Output.all(eks.name, eks.endpoint, eks.certificate_authority.data).apply(written)
