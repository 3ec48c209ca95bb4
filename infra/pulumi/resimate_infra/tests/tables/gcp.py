"""What is asked of Google Cloud."""

from typing import Final

from resimate_infra.tests.rules import Line, at_least, equals, holds, mentions, said, version

CLUSTER: Final = "gcp:container/cluster:Cluster"
NODES: Final = "gcp:container/nodePool:NodePool"
DATABASE: Final = "gcp:sql/databaseInstance:DatabaseInstance"
BACKUPS: Final = "settings.backupConfiguration"
ADMINISTRATOR: Final = "pulumi:providers:postgresql"
CACHE: Final = "gcp:redis/instance:Instance"
BUCKET: Final = "gcp:storage/bucket:Bucket"
OF_BUCKET: Final = "gcp:storage/bucketIAMMember:BucketIAMMember"
IMAGES: Final = "gcp:artifactregistry/repository:Repository"
TUNNEL: Final = "gcp:compute/vPNTunnel:VPNTunnel"
FLOODS: Final = "gcp:compute/regionSecurityPolicy:RegionSecurityPolicy"
RIGHT: Final = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
SUBNET: Final = "gcp:compute/subnetwork:Subnetwork"
ZONE: Final = "gcp:dns/managedZone:ManagedZone"
NEARLINE: Final = {"type": "SetStorageClass", "storageClass": "NEARLINE"}
COLDLINE: Final = {"type": "SetStorageClass", "storageClass": "COLDLINE"}

LINES: Final[dict[str, list[Line]]] = {
    # Its control plane is the platform's, and so there is no size to say; a region has three of it, a zone one.
    "control plane": [
        Line(CLUSTER, "location", equals("europe-west3"), "europe-west3-a"),
        Line(CLUSTER, "deletionProtection", equals(True), False),
    ],
    "workers": [
        Line(NODES, "autoscaling.totalMinNodeCount", equals(3), 1),
        Line(NODES, "autoscaling.totalMaxNodeCount", equals(100), 10),
        # 8 vCPU, 16 GB and 23 Gbps.
        Line(NODES, "nodeConfig.machineType", equals("c3-highcpu-8"), "e2-standard-2"),
    ],
    "node disks": [
        Line(NODES, "nodeConfig.diskType", equals("pd-ssd"), "pd-standard"),
        Line(NODES, "nodeConfig.bootDiskKmsKey", said, None),
    ],
    "kubernetes": [
        Line(CLUSTER, "minMasterVersion", version(1, 28), "1.27"),
        Line(NODES, "nodeConfig.imageType", mentions("CONTAINERD"), "COS"),
    ],
    "private API server": [
        Line(CLUSTER, "privateClusterConfig.enablePrivateEndpoint", equals(True), False),
        Line(CLUSTER, "privateClusterConfig.enablePrivateNodes", equals(True), False),
        Line(CLUSTER, "masterAuthorizedNetworksConfig.cidrBlocks.0.cidrBlock", equals("192.168.0.0/16"), "0.0.0.0/0"),
    ],
    "network policies": [Line(CLUSTER, "datapathProvider", equals("ADVANCED_DATAPATH"), "LEGACY_DATAPATH")],
    "database version": [Line(DATABASE, "databaseVersion", lambda text: int(text.split("_")[1]) >= 15, "POSTGRES_14")],
    "database outlives a zone": [Line(DATABASE, "settings.availabilityType", equals("REGIONAL"), "ZONAL")],
    "database recovery": [
        Line(DATABASE, f"{BACKUPS}.pointInTimeRecoveryEnabled", equals(True), False),
        Line(DATABASE, f"{BACKUPS}.transactionLogRetentionDays", at_least(7), 6),
        Line(DATABASE, f"{BACKUPS}.backupRetentionSettings.retainedBackups", at_least(7), 6),
        Line(DATABASE, "deletionProtection", equals(True), False),
    ],
    "database backups in a second region": [Line(DATABASE, f"{BACKUPS}.location", equals("europe-west4"), None)],
    "database connections": [
        Line(DATABASE, "settings.databaseFlags", holds(name="max_connections", value="1000"), []),
    ],
    # 30 operations a second for each GB of this kind.
    "database operations": [
        Line(DATABASE, "settings.diskType", equals("PD_SSD"), "PD_HDD"),
        Line(DATABASE, "settings.diskSize", at_least(10_000 / 30), 100),
    ],
    "database growth": [
        Line(DATABASE, "settings.diskAutoresize", equals(True), False),
        Line(DATABASE, "settings.diskAutoresizeLimit", at_least(65_536), 1_000),
    ],
    "database by TLS": [
        Line(DATABASE, "settings.ipConfiguration.sslMode", equals("ENCRYPTED_ONLY"), "ALLOW_UNENCRYPTED_AND_ENCRYPTED"),
        Line(DATABASE, "settings.ipConfiguration.serverCaMode", mentions("CAS_CA"), "GOOGLE_MANAGED_INTERNAL_CA"),
        # Certificates are of names, which the office asks for here.
        Line(ADMINISTRATOR, "sslmode", equals("verify-full"), "require"),
        Line(ADMINISTRATOR, "sslrootcert", mentions(".pem"), None),
        Line(ADMINISTRATOR, "host", equals("database.test"), "10.40.32.3"),
        Line("gcp:dns/policy:Policy", "enableInboundForwarding", equals(True), False),
    ],
    "database by a key of ours": [Line(DATABASE, "encryptionKeyName", said, None)],
    "database in private": [Line(DATABASE, "settings.ipConfiguration.ipv4Enabled", equals(False), True)],
    "cache outlives a zone": [Line(CACHE, "tier", equals("STANDARD_HA"), "BASIC")],
    "cache by TLS": [
        Line(CACHE, "transitEncryptionMode", equals("SERVER_AUTHENTICATION"), "DISABLED"),
        Line(CACHE, "authEnabled", equals(True), False),
        Line(CACHE, "customerManagedKey", said, None),
    ],
    "buckets in two regions": [
        Line(BUCKET, "customPlacementConfig.dataLocations", equals(["EUROPE-WEST3", "EUROPE-WEST4"]), ["EUROPE-WEST3"]),
        Line(BUCKET, "rpo", equals("ASYNC_TURBO"), "DEFAULT"),
    ],
    "buckets in private": [
        Line(BUCKET, "publicAccessPrevention", equals("enforced"), "inherited"),
        Line(BUCKET, "uniformBucketLevelAccess", equals(True), False),
        Line(OF_BUCKET, "member", mentions("serviceAccount:"), "allUsers"),
    ],
    "buckets encrypted": [Line(BUCKET, "encryption.defaultKmsKeyName", mentions("copies"), None)],
    "files and backups by keys of their own": [
        Line("gcp:serviceaccount/key:Key", "serviceAccountId", equals("files"), "workers"),
        Line(OF_BUCKET, "role", equals("roles/storage.objectUser"), "roles/storage.admin"),
    ],
    "bucket classes": [
        Line(BUCKET, "lifecycleRules", holds(action=NEARLINE), [], "files"),
        Line(BUCKET, "lifecycleRules", holds(action=COLDLINE), [], "files"),
    ],
    "cold files stay": [
        Line(BUCKET, "retentionPolicy.retentionPeriod", at_least(365 * 86_400), "60", "cold"),
        Line(BUCKET, "retentionPolicy.isLocked", equals(True), False, "cold"),
    ],
    "registry in two regions": [
        Line(IMAGES, "location", equals("europe"), "europe-west3"),
        Line(IMAGES, "dockerConfig.immutableTags", equals(True), False),
        Line(IMAGES, "kmsKeyName", said, None),
    ],
    "keys change": [Line("gcp:kms/cryptoKey:CryptoKey", "rotationPeriod", equals("7776000s"), None)],
    "each key by who needs it": [Line(RIGHT, "cryptoKeyId", equals("seal-id"), "data-id", "vault*")],
    "protection from floods": [
        Line(FLOODS, "ddosProtectionConfig.ddosProtection", equals("ADVANCED"), "STANDARD"),
        Line(
            "gcp:compute/networkEdgeSecurityService:NetworkEdgeSecurityService",
            "securityPolicy",
            said,
            None,
        ),
    ],
    "VPN": [
        Line(TUNNEL, "ikeVersion", equals(2), 1),
        Line(TUNNEL, "cipherSuite.phase2.encryptions", equals(["AES-GCM-16-256"]), ["AES-CBC-128"]),
        Line(TUNNEL, "sharedSecret", said, None),
    ],
    "flow logs": [
        Line(SUBNET, "logConfig.flowSampling", equals(1.0), 0.1),
        Line(SUBNET, "logConfig.metadata", equals("INCLUDE_ALL_METADATA"), "EXCLUDE_ALL_METADATA"),
    ],
    "names": [
        Line(ZONE, "dnsName", equals("gcp.resimate.example."), "other.example.", "public"),
        Line(ZONE, "dnssecConfig.state", equals("on"), "off", "public"),
        Line(ZONE, "visibility", equals("private"), "public", "private"),
    ],
}
#: Who may reach the database, and who the cache: what a way out to their part of the network is open to.
DATABASE_FROM: Final = {"workers"}
CACHE_FROM: Final = {"workers"}
