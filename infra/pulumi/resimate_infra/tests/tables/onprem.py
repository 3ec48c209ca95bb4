"""What is asked of one's own machines; of what runs in the cluster, the overlay's manifests are read."""

from typing import Final

from resimate_infra.tests.rules import Line, at_least, equals, mentions, said, version

CLUSTER: Final = "openstack:containerinfra/cluster:Cluster"
TEMPLATE: Final = "openstack:containerinfra/clusterTemplate:ClusterTemplate"
MACHINE: Final = "openstack:compute/flavor:Flavor"
DATABASE: Final = "postgresql.cnpg.io/v1:Cluster"
DAILY: Final = "postgresql.cnpg.io/v1:ScheduledBackup"
CACHE: Final = "apps/v1:StatefulSet"
CLASS: Final = "kubernetes:storage.k8s.io/v1:StorageClass"
CONTAINER: Final = "openstack:objectstorage/container:Container"
KEYS: Final = "openstack:identity/ec2CredentialV3:Ec2CredentialV3"
IN_PROJECT: Final = "openstack:identity/roleAssignment:RoleAssignment"
LINE: Final = "openstack:vpnaas"
RATE: Final = "openstack:blockstorage/qosV3:QosV3"
SPEED: Final = "openstack:networking/qosMinimumBandwidthRule:QosMinimumBandwidthRule"
GROWING: Final = "spec.storage.resizeInUseVolumes"


def of_one(acl: str | None) -> bool:
    """Nobody, or one user of one project."""
    return acl is None or (acl.endswith("-id") and not acl.startswith(("*", ".")))


def days(text: str) -> bool:
    return text.endswith("d") and int(text[:-1]) >= 7


LINES: Final[dict[str, list[Line]]] = {
    "control plane": [
        Line(CLUSTER, "masterCount", equals(3), 1),
        Line(MACHINE, "vcpus", equals(4), 2, "control-plane"),
        Line(MACHINE, "ram", equals(8_192), 4_096, "control-plane"),
        Line(TEMPLATE, "masterFlavor", equals("resimate-control-plane"), "resimate-worker"),
        Line(TEMPLATE, "masterLbEnabled", equals(True), False),
    ],
    "workers": [
        Line(TEMPLATE, "labels.min_node_count", equals("3"), "1"),
        Line(TEMPLATE, "labels.max_node_count", equals("100"), "10"),
        Line(TEMPLATE, "labels.auto_scaling_enabled", equals("true"), "false"),
        Line(TEMPLATE, "flavor", equals("resimate-worker"), "resimate-control-plane"),
        Line(MACHINE, "vcpus", equals(8), 4, "worker"),
        Line(MACHINE, "ram", equals(16_384), 8_192, "worker"),
        Line(SPEED, "minKbps", at_least(10_000_000), 1_000_000),
        Line("openstack:networking/network:Network", "qosPolicyId", mentions("nodes"), None, "nodes"),
    ],
    "node disks": [
        Line(TEMPLATE, "labels.boot_volume_type", equals("resimate-ssd"), "hdd"),
        Line(TEMPLATE, "labels.etcd_volume_type", equals("resimate-ssd"), "hdd"),
        Line("openstack:blockstorage/volumeTypeV3:VolumeTypeV3", "extraSpecs.volume_backend_name", said, ""),
    ],
    "kubernetes": [
        Line(TEMPLATE, "labels.kube_tag", version(1, 28), "v1.27.0"),
        Line(TEMPLATE, "labels.container_runtime", equals("containerd"), "docker"),
        Line(TEMPLATE, "labels.cinder_csi_enabled", equals("true"), "false"),
    ],
    "private API server": [
        Line(CLUSTER, "floatingIpEnabled", equals(False), True),
        Line(TEMPLATE, "labels.master_lb_floating_ip_enabled", equals("false"), "true"),
        Line(TEMPLATE, "tlsDisabled", equals(False), True),
    ],
    "network policies": [Line(TEMPLATE, "networkDriver", equals("calico"), "flannel")],
    # Without a name of its own the operator takes its newest, and that is 15 or newer.
    "database version": [
        Line(DATABASE, "spec.imageName", lambda name: name is None or ":14" not in name, "postgres:14")
    ],
    "database outlives a zone": [
        Line(DATABASE, "spec.instances", at_least(3), 1),
        Line(DATABASE, "spec.affinity.topologyKey", equals("topology.kubernetes.io/zone"), "kubernetes.io/hostname"),
        Line(DATABASE, "spec.affinity.enablePodAntiAffinity", equals(True), False),
    ],
    "database recovery": [
        Line(DATABASE, "spec.backup.retentionPolicy", days, "6d"),
        Line(DATABASE, "spec.backup.barmanObjectStore.destinationPath", mentions("resimate-backups"), "s3://other"),
        Line(DAILY, "spec.schedule", said, ""),
    ],
    "database backups in a second region": [
        Line(CONTAINER, "containerSyncTo", mentions("/south/"), None, "backups"),
        Line(CONTAINER, "region", equals("south"), "north", "backups-copy"),
    ],
    "database connections": [Line(DATABASE, "spec.postgresql.parameters.max_connections", equals("1000"), "100")],
    "database operations": [
        Line(RATE, "specs.total_iops_sec", at_least(10_000), "3000"),
        Line(DATABASE, "spec.storage.storageClass", equals("fast-ssd"), "standard"),
        Line(CLASS, "metadata.name", equals("fast-ssd"), "other"),
    ],
    "database growth": [
        Line(CLASS, "allowVolumeExpansion", equals(True), False),
        Line(DATABASE, GROWING, equals(True), False),
        Line("openstack:blockstorage/quoteSetV3:QuoteSetV3", "perVolumeGigabytes", at_least(65_536), 1_000),
        Line(CLASS, "reclaimPolicy", equals("Retain"), "Delete"),
    ],
    "database by TLS": [
        Line(DATABASE, "spec.postgresql.parameters.ssl_min_protocol_version", equals("TLSv1.3"), "TLSv1.2"),
        Line(
            DATABASE,
            "spec.postgresql.pg_hba",
            lambda listed: all(one.startswith("hostssl") or one.endswith(" reject") for one in listed),
            ["host"],
        ),
    ],
    "database in private": [Line(DATABASE, "spec.enableSuperuserAccess", equals(False), True)],
    "cache by TLS": [
        Line(CACHE, "spec.template.spec.containers.0.command", mentions("--tls-port", "TLSv1.3"), ["valkey-server"])
    ],
    "buckets in two regions": [
        Line(CONTAINER, "containerSyncTo", mentions("/south/"), None, "files"),
        Line(CONTAINER, "containerSyncTo", mentions("/south/"), None, "cold"),
    ],
    "buckets in private": [
        Line(CONTAINER, "containerRead", of_one, ".r:*"),
        Line(CONTAINER, "containerWrite", of_one, "*:*"),
    ],
    # Such keys sign in at Keystone as well, as whoever they are of.
    "files and backups by keys of their own": [
        *(Line(KEYS, "userId", equals(f"{name}-id"), None, name) for name in ("files", "backups")),
        *(Line(KEYS, "projectId", equals(f"{name}-id"), "ours", name) for name in ("files", "backups")),
        *(Line(CONTAINER, "containerWrite", equals("files-id:files-id"), None, name) for name in ("files", "cold")),
        Line(CONTAINER, "containerWrite", equals("backups-id:backups-id"), "files-id:files-id", "backups"),
        Line(CONTAINER, "containerRead", equals("backups-id:backups-id"), "files-id:files-id", "backups*s"),
        *(Line(IN_PROJECT, "roleId", equals(f"{name}-id"), "operators", name) for name in ("files", "backups")),
        Line("openstack:identity/user:User", "password", equals(None), "pass-word"),
    ],
    "bucket classes": [
        Line(CONTAINER, "storagePolicy", equals("hot"), "cold", "files"),
        Line(CONTAINER, "storagePolicy", equals("cold"), "hot", "cold"),
    ],
    "VPN": [
        Line(f"{LINE}/ikePolicy:IkePolicy", "ikeVersion", equals("v2"), "v1"),
        Line(f"{LINE}/ipSecPolicy:IpSecPolicy", "encryptionAlgorithm", equals("aes-256"), "3des"),
        Line(f"{LINE}/siteConnection:SiteConnection", "psk", said, None),
    ],
    "names": [
        Line("openstack:dns/zone:Zone", "name", equals("resimate.internal.example."), "other.example.", "public"),
        Line("openstack:dns/zone:Zone", "name", mentions("private."), "other.example.", "private"),
    ],
}
#: Database and cache are in the cluster: nobody reaches them from outside it.
DATABASE_FROM: Final[set[str]] = set()
CACHE_FROM: Final[set[str]] = set()
