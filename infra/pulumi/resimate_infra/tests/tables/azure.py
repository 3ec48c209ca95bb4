"""What is asked of Azure."""

from typing import Final

from resimate_infra.tests.rules import Line, at_least, equals, holds, mentions, said, version

CLUSTER: Final = "azure:containerservice/kubernetesCluster:KubernetesCluster"
POOL: Final = "defaultNodePool"
DATABASE: Final = "azure:postgresql/flexibleServer:FlexibleServer"
PARAMETER: Final = "azure:postgresql/flexibleServerConfiguration:FlexibleServerConfiguration"
ADMINISTRATOR: Final = "pulumi:providers:postgresql"
CACHE: Final = "azure:managedredis/managedRedis:ManagedRedis"
ACCOUNT: Final = "azure:storage/account:Account"
CLASSES: Final = "azure:storage/managementPolicy:ManagementPolicy"
OF_VERSIONS: Final = "rules.0.actions.version"
KEPT: Final = "azure:storage/containerImmutabilityPolicy:ContainerImmutabilityPolicy"
IMAGES: Final = "azure:containerservice/registry:Registry"
KEY: Final = "azure:keyvault/key:Key"
RIGHT: Final = "azure:authorization/assignment:Assignment"
NETWORK: Final = "azure:network/virtualNetwork:VirtualNetwork"
LINE: Final = "azure:network/virtualNetworkGatewayConnection:VirtualNetworkGatewayConnection"
FLOWS: Final = "azure:network/networkWatcherFlowLog:NetworkWatcherFlowLog"

LINES: Final[dict[str, list[Line]]] = {
    # Its control plane is the platform's, and so there is no size to say; "Free" has no promise of being there.
    "control plane": [Line(CLUSTER, "skuTier", equals("Standard", "Premium"), "Free")],
    "workers": [
        Line(CLUSTER, f"{POOL}.minCount", equals(3), 1),
        Line(CLUSTER, f"{POOL}.maxCount", equals(100), 10),
        Line(CLUSTER, f"{POOL}.autoScalingEnabled", equals(True), False),
        Line(CLUSTER, f"{POOL}.zones", equals(["1", "2", "3"]), ["1"]),
        # 8 vCPU, 16 GiB and 12.5 Gbps.
        Line(CLUSTER, f"{POOL}.vmSize", equals("Standard_F8s_v2"), "Standard_D2s_v5"),
    ],
    "node disks": [
        # The "s" of its size: Premium SSD.
        Line(CLUSTER, f"{POOL}.vmSize", mentions("s_"), "Standard_F8"),
        Line(CLUSTER, f"{POOL}.hostEncryptionEnabled", equals(True), False),
        Line(CLUSTER, "diskEncryptionSetId", said, None),
    ],
    "kubernetes": [Line(CLUSTER, "kubernetesVersion", version(1, 28), "1.27")],
    "private API server": [
        Line(CLUSTER, "privateClusterEnabled", equals(True), False),
        Line(CLUSTER, "privateClusterPublicFqdnEnabled", equals(False), True),
        Line(CLUSTER, "localAccountDisabled", equals(True), False),
    ],
    "network policies": [Line(CLUSTER, "networkProfile.networkPolicy", equals("cilium"), None)],
    "database version": [Line(DATABASE, "version", version(15), "14")],
    "database outlives a zone": [Line(DATABASE, "highAvailability.mode", equals("ZoneRedundant"), "SameZone")],
    "database recovery": [Line(DATABASE, "backupRetentionDays", at_least(7), 6)],
    "database backups in a second region": [
        Line(DATABASE, "geoRedundantBackupEnabled", equals(True), False),
        Line(DATABASE, "customerManagedKey.geoBackupKeyVaultKeyId", mentions("backups"), "data"),
    ],
    "database connections": [Line(PARAMETER, "value", equals("1000"), "100", "max_connections")],
    # P60: 16,000 a second.
    "database operations": [Line(DATABASE, "storageTier", equals("P60", "P70", "P80"), "P50")],
    # To 32 TB, the most that there is.
    "database growth": [Line(DATABASE, "autoGrowEnabled", equals(True), False)],
    "database by TLS": [
        Line(PARAMETER, "value", equals("ON"), "OFF", "require_secure_transport"),
        Line(PARAMETER, "value", equals("TLSv1.3"), "TLSv1.1", "ssl_min_protocol_version"),
        Line(ADMINISTRATOR, "sslmode", equals("verify-full"), "require"),
        Line(ADMINISTRATOR, "sslrootcert", mentions(".pem"), None),
        Line(ADMINISTRATOR, "host", equals("database.test"), "10.30.32.3"),
    ],
    "database by a key of ours": [Line(DATABASE, "customerManagedKey.keyVaultKeyId", mentions("data"), None)],
    "database in private": [
        Line(DATABASE, "publicNetworkAccessEnabled", equals(False), True),
        Line(DATABASE, "delegatedSubnetId", mentions("databases"), "nodes-id"),
    ],
    "cache outlives a zone": [Line(CACHE, "highAvailabilityEnabled", equals(True), False)],
    "cache by TLS": [
        Line(CACHE, "defaultDatabase.clientProtocol", equals("Encrypted"), "Plaintext"),
        Line(CACHE, "publicNetworkAccess", equals("Disabled"), "Enabled"),
        Line(CACHE, "customerManagedKey.keyVaultKeyId", said, None),
    ],
    "buckets in two regions": [
        Line(ACCOUNT, "accountReplicationType", equals("GZRS", "RAGZRS"), "LRS", "files"),
    ],
    "buckets in private": [
        Line(ACCOUNT, "publicNetworkAccessEnabled", equals(False), True, "flows"),
        Line(ACCOUNT, "networkRules.defaultAction", equals("Deny"), "Allow", "files"),
        Line(ACCOUNT, "networkRules.virtualNetworkSubnetIds", equals(["nodes-id"]), [], "files"),
        Line(ACCOUNT, "allowNestedItemsToBePublic", equals(False), True),
        Line(ACCOUNT, "httpsTrafficOnlyEnabled", equals(True), False),
        Line("azure:storage/container:Container", "containerAccessType", equals("private"), "blob"),
    ],
    "buckets encrypted": [Line(ACCOUNT, "customerManagedKey.keyVaultKeyId", mentions("data"), None, "files")],
    # The key of an account is of all that is in it: so nothing else is. Backups lie with the database.
    "files and backups by keys of their own": [
        Line("azure:storage/container:Container", "storageAccountId", equals("files-id"), "flows-id"),
    ],
    "bucket classes": [
        Line(CLASSES, f"{OF_VERSIONS}.changeTierToCoolAfterDaysSinceCreation", at_least(1), None),
        Line(CLASSES, f"{OF_VERSIONS}.tierToColdAfterDaysSinceCreationGreaterThan", at_least(1), None),
    ],
    "cold files stay": [
        Line(KEPT, "immutabilityPeriodInDays", at_least(365), 30),
        Line(KEPT, "locked", equals(True), False),
    ],
    "registry in two regions": [
        Line(IMAGES, "georeplications", holds(location="westeurope"), []),
        Line(IMAGES, "publicNetworkAccessEnabled", equals(False), True),
        Line(IMAGES, "adminEnabled", equals(False), True),
    ],
    # Of one key, not of the vault in which others lie beside it.
    "each key by who needs it": [
        Line(RIGHT, "scope", equals("seal-of-vault"), "here-id", "pods-vault"),
        Line(RIGHT, "scope", equals("data-of-vault"), "here-id", "keys"),
        Line(RIGHT, "scope", equals("backups-of-vault"), "there-id", "backup-keys"),
        Line(RIGHT, "roleDefinitionName", mentions("Encryption User"), "Key Vault Crypto Officer", "pods-vault"),
    ],
    "keys change": [Line(KEY, "rotationPolicy.automatic.timeAfterCreation", equals("P90D"), None)],
    "protection from floods": [
        Line(NETWORK, "ddosProtectionPlan.enable", equals(True), False),
        Line("azure:network/publicIp:PublicIp", "ddosProtectionMode", equals("Enabled"), "Disabled", "ingress"),
    ],
    "VPN": [
        Line(LINE, "connectionProtocol", equals("IKEv2"), "IKEv1"),
        Line(LINE, "ipsecPolicy.ipsecEncryption", equals("GCMAES256"), "DES3"),
        Line(LINE, "sharedKey", said, None),
    ],
    "flow logs": [
        Line(FLOWS, "enabled", equals(True), False),
        Line(FLOWS, "targetResourceId", mentions("network"), ""),
        Line(FLOWS, "retentionPolicy.days", at_least(90), 30),
    ],
    "names": [
        Line("azure:dns/zone:Zone", "name", equals("azure.resimate.example"), "other.example"),
        Line("azure:privatedns/zone:Zone", "name", mentions("private"), "other.example", "private"),
    ],
}
#: Who may reach the database, and who the cache; members of the database follow each other.
DATABASE_FROM: Final = {"10.30.0.0/19", "10.30.32.0/20", "192.168.0.0/16"}
CACHE_FROM: Final = {"10.30.0.0/19"}
