"""AKS: its control plane is the platform's; workers are a pool in three zones."""

from typing import Final

import pulumi
import pulumi_azure as azure

from resimate_infra import sizes
from resimate_infra.azure.keys import Keyring
from resimate_infra.azure.network import Net
from resimate_infra.site import Site

#: 8 vCPU, 16 GiB, 12.5 Gbps; disks of its "s" are Premium SSD.
WORKER: Final = "Standard_F8s_v2"


def make(site: Site, net: Net, keyring: Keyring) -> azure.containerservice.KubernetesCluster:
    here = azure.containerservice.KubernetesCluster
    user = azure.authorization.UserAssignedIdentity(
        "cluster", resource_group_name=net.group.name, location=net.group.location
    )
    azure.authorization.Assignment(
        "cluster", scope=net.network.id, principal_id=user.principal_id, role_definition_name="Network Contributor"
    )
    return here(
        "cluster", name="resimate", resource_group_name=net.group.name, location=net.group.location,
        kubernetes_version=sizes.KUBERNETES, dns_prefix="resimate", sku_tier="Standard",
        private_cluster_enabled=True, private_cluster_public_fqdn_enabled=False, run_command_enabled=False,
        local_account_disabled=True, oidc_issuer_enabled=True, workload_identity_enabled=True,
        azure_active_directory_role_based_access_control=(
            azure.containerservice.KubernetesClusterAzureActiveDirectoryRoleBasedAccessControlArgs(
                azure_rbac_enabled=True
            )
        ),
        automatic_upgrade_channel="patch", node_os_upgrade_channel="NodeImage",
        disk_encryption_set_id=_disks(net, keyring).id,
        identity=azure.containerservice.KubernetesClusterIdentityArgs(type="UserAssigned", identity_ids=[user.id]),
        default_node_pool=_workers(net),
        network_profile=azure.containerservice.KubernetesClusterNetworkProfileArgs(
            network_plugin="azure", network_plugin_mode="overlay", network_data_plane="cilium", network_policy="cilium",
            pod_cidr=str(site.pods), service_cidr=str(site.services), dns_service_ip=str(site.services[10]),
            outbound_type="userAssignedNATGateway", load_balancer_sku="standard",
        ),
        # How many there are is the autoscaler's to say.
        opts=pulumi.ResourceOptions(ignore_changes=["defaultNodePool.nodeCount"]),
    )  # fmt: skip


def _workers(net: Net) -> azure.containerservice.KubernetesClusterDefaultNodePoolArgs:
    return azure.containerservice.KubernetesClusterDefaultNodePoolArgs(
        name="workers", vm_size=WORKER, zones=["1", "2", "3"], vnet_subnet_id=net.nodes.id,
        auto_scaling_enabled=True, min_count=sizes.LEAST_WORKERS, max_count=sizes.MOST_WORKERS,
        os_disk_type="Managed", os_disk_size_gb=sizes.NODE_DISK_GB, host_encryption_enabled=True,
        node_public_ip_enabled=False, temporary_name_for_rotation="rotating",
        upgrade_settings=azure.containerservice.KubernetesClusterDefaultNodePoolUpgradeSettingsArgs(max_surge="1"),
    )  # fmt: skip


def _disks(net: Net, keyring: Keyring) -> azure.compute.DiskEncryptionSet:
    return azure.compute.DiskEncryptionSet(
        "disks", resource_group_name=net.group.name, location=net.group.location,
        key_vault_key_id=keyring.data.versionless_id, auto_key_rotation_enabled=True,
        identity=azure.compute.DiskEncryptionSetIdentityArgs(type="UserAssigned", identity_ids=[keyring.user.id]),
    )  # fmt: skip


def let_pods(
    net: Net, aks: azure.containerservice.KubernetesCluster, account: str, role: str, scope: pulumi.Input[str]
) -> None:
    """Pods of one service account have a role; nothing is kept in a secret."""
    user = azure.authorization.UserAssignedIdentity(
        f"pods-{account}", resource_group_name=net.group.name, location=net.group.location
    )
    azure.authorization.Assignment(
        f"pods-{account}", scope=scope, principal_id=user.principal_id, role_definition_name=role
    )
    azure.armmsi.FederatedIdentityCredential(
        account, name=account, user_assigned_identity_id=user.id, issuer=aks.oidc_issuer_url,
        audience="api://AzureADTokenExchange", subject=f"system:serviceaccount:resimate-management:{account}",
    )  # fmt: skip
