"""Kubernetes by Magnum: a control plane of three machines, and workers, on disks of their own kind."""

from typing import Final

import pulumi
import pulumi_kubernetes as kubernetes
import pulumi_openstack as openstack

from resimate_infra import sizes
from resimate_infra.onprem.network import Net
from resimate_infra.site import Site

DISKS: Final = "resimate-ssd"
#: As the overlay calls it (k8s/overlays/onprem).
STORAGE_CLASS: Final = "fast-ssd"


def make(site: Site, net: Net) -> openstack.containerinfra.Cluster:
    disks = _disks(site)
    control = _machine("control-plane", sizes.CONTROL_CPUS, sizes.CONTROL_GB)
    worker = _machine("worker", sizes.WORKER_CPUS, sizes.WORKER_GB)
    template = openstack.containerinfra.ClusterTemplate(
        "cluster", name="resimate", coe="kubernetes", image=site.config.require("nodeImage"),
        external_network_id=site.config.require("outsideId"), fixed_network=net.nodes.id,
        fixed_subnet=net.node_subnet.id, master_flavor=control.name, flavor=worker.name, network_driver="calico",
        volume_driver="cinder", docker_storage_driver="overlay2", server_type="vm", tls_disabled=False,
        floating_ip_enabled=False, master_lb_enabled=True, labels=_labels(disks),
    )  # fmt: skip
    cluster = openstack.containerinfra.Cluster(
        "cluster", name="resimate", cluster_template_id=template.id, master_count=sizes.CONTROL_NODES,
        node_count=sizes.LEAST_WORKERS, floating_ip_enabled=False, master_lb_enabled=True,
        # How many there are is the autoscaler's to say.
        opts=pulumi.ResourceOptions(ignore_changes=["nodeCount"]),
    )  # fmt: skip
    _storage_class(cluster, disks)
    return cluster


def _machine(name: str, cpus: int, memory_gb: int) -> openstack.compute.Flavor:
    return openstack.compute.Flavor(
        name, name=f"resimate-{name}", vcpus=cpus, ram=memory_gb * 1024, disk=0, is_public=False
    )


def _labels(disks: openstack.blockstorage.VolumeTypeV3) -> dict[str, pulumi.Input[str]]:
    size = str(sizes.NODE_DISK_GB)
    return {
        "kube_tag": f"v{sizes.KUBERNETES}.0",
        "container_runtime": "containerd",
        "auto_scaling_enabled": "true",
        "auto_healing_enabled": "true",
        "min_node_count": str(sizes.LEAST_WORKERS),
        "max_node_count": str(sizes.MOST_WORKERS),
        "master_lb_floating_ip_enabled": "false",
        "boot_volume_size": size,
        "boot_volume_type": disks.name,
        "etcd_volume_size": "20",
        "etcd_volume_type": disks.name,
        "cinder_csi_enabled": "true",
        "cloud_provider_enabled": "true",
    }


def _disks(site: Site) -> openstack.blockstorage.VolumeTypeV3:
    """Disks of flash, each with the rate that the database is to have, and which may become as large."""
    kind = openstack.blockstorage.VolumeTypeV3(
        "disks", name=DISKS, is_public=False, extra_specs={"volume_backend_name": site.config.require("flash")}
    )
    rate = openstack.blockstorage.QosV3(
        "disks", name=DISKS, consumer="front-end", specs={"total_iops_sec": str(sizes.IOPS)}
    )
    openstack.blockstorage.QosAssociationV3("disks", qos_id=rate.id, volume_type_id=kind.id)
    here = openstack.identity.get_auth_scope_output(name="here").project_id
    openstack.blockstorage.QuoteSetV3("disks", project_id=here, per_volume_gigabytes=sizes.DATABASE_MOST_GB)
    return kind


def _storage_class(cluster: openstack.containerinfra.Cluster, disks: openstack.blockstorage.VolumeTypeV3) -> None:
    """Volumes of the database: they grow while it runs, and stay when their claim is gone."""
    provider = kubernetes.Provider("cluster", kubeconfig=cluster.kubeconfig["raw_config"])
    kubernetes.storage.v1.StorageClass(
        "disks", metadata=kubernetes.meta.v1.ObjectMetaArgs(name=STORAGE_CLASS), provisioner="cinder.csi.openstack.org",
        parameters={"type": disks.name}, allow_volume_expansion=True, reclaim_policy="Retain",
        volume_binding_mode="WaitForFirstConsumer", opts=pulumi.ResourceOptions(provider=provider),
    )  # fmt: skip
