"""EKS: its control plane is the platform's; workers are a pool in three zones."""

import json
from collections.abc import Sequence
from typing import Final

import pulumi
import pulumi_aws as aws

from resimate_infra import sizes
from resimate_infra.aws import system
from resimate_infra.aws.network import Net, allows, trusts
from resimate_infra.site import Site

#: 8 vCPU, 16 GiB, 12.5 Gbps at all times.
WORKER: Final = "c6in.2xlarge"
#: What a node may do by itself; pods have roles of their own.
OF_NODES: Final = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonEKS_CNI_Policy")


def make(site: Site, net: Net, key: aws.kms.Key) -> aws.eks.Cluster:
    role = aws.iam.Role("cluster", assume_role_policy=trusts("eks.amazonaws.com"))
    attached = _attach("cluster", role, ["AmazonEKSClusterPolicy"])
    eks = aws.eks.Cluster(
        "cluster", name="resimate", role_arn=role.arn, version=sizes.KUBERNETES, deletion_protection=True,
        enabled_cluster_log_types=["api", "audit", "authenticator", "controllerManager", "scheduler"],
        vpc_config=aws.eks.ClusterVpcConfigArgs(
            subnet_ids=net.nodes, security_group_ids=[net.control_group.id],
            endpoint_private_access=True, endpoint_public_access=False,
        ),
        encryption_config=aws.eks.ClusterEncryptionConfigArgs(
            provider=aws.eks.ClusterEncryptionConfigProviderArgs(key_arn=key.arn), resources=["secrets"]
        ),
        access_config=aws.eks.ClusterAccessConfigArgs(authentication_mode="API"),
        opts=pulumi.ResourceOptions(depends_on=attached),
    )  # fmt: skip
    _workers(net, eks, key)
    _add_ons(eks, system.let(site, eks))
    return eks


def _workers(net: Net, eks: aws.eks.Cluster, key: aws.kms.Key) -> None:
    role = aws.iam.Role("workers", assume_role_policy=trusts("ec2.amazonaws.com"))
    attached = _attach("workers", role, OF_NODES)
    disk = aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
        volume_type="gp3", volume_size=sizes.NODE_DISK_GB, encrypted="true", kms_key_id=key.arn
    )
    # Pods cannot ask for what their node may.
    asked = aws.ec2.LaunchTemplateMetadataOptionsArgs(http_tokens="required", http_put_response_hop_limit=1)
    template = aws.ec2.LaunchTemplate(
        "workers", vpc_security_group_ids=[net.node_group.id, eks.vpc_config.cluster_security_group_id],
        block_device_mappings=[aws.ec2.LaunchTemplateBlockDeviceMappingArgs(device_name="/dev/xvda", ebs=disk)],
        metadata_options=asked,
    )  # fmt: skip
    aws.eks.NodeGroup(
        "workers", cluster_name=eks.name, node_role_arn=role.arn, subnet_ids=net.nodes, instance_types=[WORKER],
        ami_type="AL2023_x86_64_STANDARD", capacity_type="ON_DEMAND",
        scaling_config=aws.eks.NodeGroupScalingConfigArgs(
            min_size=sizes.LEAST_WORKERS, max_size=sizes.MOST_WORKERS, desired_size=sizes.LEAST_WORKERS
        ),
        launch_template=aws.eks.NodeGroupLaunchTemplateArgs(
            id=template.id, version=template.latest_version.apply(str)
        ),
        update_config=aws.eks.NodeGroupUpdateConfigArgs(max_unavailable=1),
        # How many there are is the autoscaler's to say.
        opts=pulumi.ResourceOptions(depends_on=attached, ignore_changes=["scalingConfig.desiredSize"]),
    )  # fmt: skip


def _add_ons(eks: aws.eks.Cluster, let: Sequence[pulumi.Resource]) -> None:
    """The network with its policies, volumes, names and roles of pods."""
    # Strict: a pod reaches nobody until its policies are there, where else it would reach everybody.
    mode = {"enableNetworkPolicy": "true", "env": {"NETWORK_POLICY_ENFORCING_MODE": "strict"}}
    aws.eks.Addon("network", cluster_name=eks.name, addon_name="vpc-cni", configuration_values=json.dumps(mode))
    after = pulumi.ResourceOptions(depends_on=let)
    for name in ("kube-proxy", "coredns", "eks-pod-identity-agent", "metrics-server"):
        aws.eks.Addon(name, cluster_name=eks.name, addon_name=name, opts=after)
    volumes = aws.iam.Role("volumes", assume_role_policy=trusts(PODS, *AS_PODS))
    _attach("volumes", volumes, ["service-role/AmazonEBSCSIDriverPolicy"])
    identity = aws.eks.AddonPodIdentityAssociationArgs(role_arn=volumes.arn, service_account="ebs-csi-controller-sa")
    aws.eks.Addon(
        "volumes", cluster_name=eks.name, addon_name="aws-ebs-csi-driver", pod_identity_associations=[identity],
        opts=after,
    )  # fmt: skip


PODS: Final = "pods.eks.amazonaws.com"
AS_PODS: Final = ("sts:AssumeRole", "sts:TagSession")


def may(actions: Sequence[str], resource: pulumi.Output[str]) -> pulumi.Output[str]:
    """A policy on one resource."""
    return resource.apply(lambda arn: allows(actions, arn))


def let_pods(eks: aws.eks.Cluster, name: str, namespace: str, account: str, policy: pulumi.Output[str]) -> None:
    """Pods of one service account have a role; nothing is kept in a secret."""
    role = aws.iam.Role(f"pods-{name}", assume_role_policy=trusts(PODS, *AS_PODS))
    aws.iam.RolePolicy(f"pods-{name}", role=role.id, policy=policy)
    aws.eks.PodIdentityAssociation(
        name, cluster_name=eks.name, namespace=namespace, service_account=account, role_arn=role.arn
    )


def _attach(name: str, role: aws.iam.Role, policies: Sequence[str]) -> list[aws.iam.RolePolicyAttachment]:
    return [
        aws.iam.RolePolicyAttachment(f"{name}-{number}", role=role.name, policy_arn=f"arn:aws:iam::aws:policy/{policy}")
        for number, policy in enumerate(policies)
    ]
