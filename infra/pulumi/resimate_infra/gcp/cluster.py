"""GKE: its control plane is the platform's; workers are a pool in three zones."""

from typing import Final

import pulumi
import pulumi_gcp as gcp

from resimate_infra import sizes
from resimate_infra.gcp.keys import Keyring
from resimate_infra.gcp.network import WORKERS, Net
from resimate_infra.site import Site

#: 8 vCPU, 16 GB, 23 Gbps.
WORKER: Final = "c3-highcpu-8"
#: What a node may do by itself; pods have rights of their own.
OF_NODES: Final = ("roles/container.defaultNodeServiceAccount", "roles/artifactregistry.reader")


def make(site: Site, net: Net, keyring: Keyring) -> gcp.container.Cluster:
    of = gcp.container
    project = gcp.organizations.get_project_output().project_id
    networks = [
        of.ClusterMasterAuthorizedNetworksConfigCidrBlockArgs(cidr_block=block, display_name="office")
        for block in site.office
    ]
    cluster = of.Cluster(
        "cluster", name="resimate", location=site.region, network=net.network.id, subnetwork=net.nodes.id,
        min_master_version=sizes.KUBERNETES, release_channel=of.ClusterReleaseChannelArgs(channel="STABLE"),
        remove_default_node_pool=True, initial_node_count=1, deletion_protection=True, enable_shielded_nodes=True,
        datapath_provider="ADVANCED_DATAPATH",
        private_cluster_config=of.ClusterPrivateClusterConfigArgs(
            enable_private_nodes=True, enable_private_endpoint=True, master_ipv4_cidr_block=site.control_plane
        ),
        master_authorized_networks_config=of.ClusterMasterAuthorizedNetworksConfigArgs(cidr_blocks=networks),
        ip_allocation_policy=of.ClusterIpAllocationPolicyArgs(
            cluster_secondary_range_name="pods", services_secondary_range_name="services"
        ),
        workload_identity_config=of.ClusterWorkloadIdentityConfigArgs(
            workload_pool=pulumi.Output.concat(project, ".svc.id.goog")
        ),
        database_encryption=of.ClusterDatabaseEncryptionArgs(state="ENCRYPTED", key_name=keyring.data.id),
        logging_config=of.ClusterLoggingConfigArgs(enable_components=["SYSTEM_COMPONENTS", "APISERVER", "SCHEDULER"]),
    )  # fmt: skip
    _workers(site, cluster, keyring)
    return cluster


def _workers(site: Site, cluster: gcp.container.Cluster, keyring: Keyring) -> None:
    of = gcp.container
    account = gcp.serviceaccount.Account("workers", account_id="resimate-workers")
    project = gcp.organizations.get_project_output().project_id
    for role in OF_NODES:
        member = pulumi.Output.concat("serviceAccount:", account.email)
        gcp.projects.IAMMember(f"workers-{role.partition('.')[2]}", project=project, role=role, member=member)
    of.NodePool(
        "workers", cluster=cluster.name, location=site.region,
        autoscaling=of.NodePoolAutoscalingArgs(
            total_min_node_count=sizes.LEAST_WORKERS, total_max_node_count=sizes.MOST_WORKERS,
            location_policy="BALANCED",
        ),
        initial_node_count=1, management=of.NodePoolManagementArgs(auto_repair=True, auto_upgrade=True),
        upgrade_settings=of.NodePoolUpgradeSettingsArgs(max_surge=1, max_unavailable=0),
        node_config=of.NodePoolNodeConfigArgs(
            machine_type=WORKER, disk_type="pd-ssd", disk_size_gb=sizes.NODE_DISK_GB, image_type="COS_CONTAINERD",
            boot_disk_kms_key=keyring.data.id, service_account=account.email, tags=[WORKERS],
            oauth_scopes=["https://www.googleapis.com/auth/cloud-platform"],
            workload_metadata_config=of.NodePoolNodeConfigWorkloadMetadataConfigArgs(mode="GKE_METADATA"),
            shielded_instance_config=of.NodePoolNodeConfigShieldedInstanceConfigArgs(
                enable_secure_boot=True, enable_integrity_monitoring=True
            ),
        ),
    )  # fmt: skip


def pods(namespace: str, account: str) -> pulumi.Output[str]:
    """Pods of one service account, as rights name them; nothing is kept in a secret."""
    project = gcp.organizations.get_project_output()
    return pulumi.Output.concat(
        "principal://iam.googleapis.com/projects/", project.number, "/locations/global/workloadIdentityPools/",
        project.project_id, f".svc.id.goog/subject/ns/{namespace}/sa/{account}",
    )  # fmt: skip
