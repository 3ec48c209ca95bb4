"""What is asked of Amazon Web Services."""

from typing import Final

from resimate_infra.tests.rules import Line, at_least, equals, holds, mentions, said, version

CLUSTER: Final = "aws:eks/cluster:Cluster"
ADD_ON: Final = "aws:eks/addon:Addon"
ENABLED: Final = '{"enableNetworkPolicy": "true"}'
POLICY: Final = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
NODES: Final = "aws:eks/nodeGroup:NodeGroup"
TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"
DISK: Final = "blockDeviceMappings.0.ebs"
DATABASE: Final = "aws:rds/instance:Instance"
PARAMETERS: Final = "aws:rds/parameterGroup:ParameterGroup"
BACKUPS: Final = "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication"
ADMINISTRATOR: Final = "pulumi:providers:postgresql"
CACHE: Final = "aws:elasticache/replicationGroup:ReplicationGroup"
BUCKET: Final = "aws:s3/bucket:Bucket"
COPIES: Final = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"
PRIVATE: Final = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ENCRYPTED: Final = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
CLASSES: Final = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
LINE: Final = "aws:ec2/vpnConnection:VpnConnection"
ZONE: Final = "aws:route53/zone:Zone"
IMAGES: Final = "aws:ecr/replicationConfiguration:ReplicationConfiguration"
#: All that the cluster's Vault may use.
OF_SEAL: Final = '"Resource": ["arn:aws:kms:::seal"]'
TO: Final = "replicationConfiguration.rules.0.destinations.0.region"


def of_files(policy: str) -> bool:
    """Files and what lies in the cold storage, without their copies, and by actions that are named."""
    return "arn:aws:s3:::files" in policy and "-copy" not in policy and "s3:*" not in policy


LINES: Final[dict[str, list[Line]]] = {
    # Its control plane is the platform's, and so there is no size to say.
    "control plane": [Line(CLUSTER, "enabledClusterLogTypes", mentions("audit", "api"), [])],
    "workers": [
        Line(NODES, "scalingConfig.minSize", equals(3), 1),
        Line(NODES, "scalingConfig.maxSize", equals(100), 10),
        # 8 vCPU, 16 GiB and 12.5 Gbps at all times; c6i.2xlarge has these only for minutes.
        Line(NODES, "instanceTypes", equals(["c6in.2xlarge"]), ["c6i.2xlarge"]),
    ],
    "node disks": [
        Line(TEMPLATE, f"{DISK}.volumeType", equals("gp3", "io2"), "st1"),
        Line(TEMPLATE, f"{DISK}.encrypted", equals("true"), "false"),
        Line(TEMPLATE, f"{DISK}.kmsKeyId", said, None),
    ],
    "kubernetes": [Line(CLUSTER, "version", version(1, 28), "1.27")],
    "private API server": [
        Line(CLUSTER, "vpcConfig.endpointPublicAccess", equals(False), True),
        Line(CLUSTER, "vpcConfig.endpointPrivateAccess", equals(True), False),
    ],
    # In its standard mode a pod reaches everybody until its policies are there.
    "network policies": [
        Line(ADD_ON, "configurationValues", mentions('"enableNetworkPolicy": "true"'), "{}", "network"),
        Line(ADD_ON, "configurationValues", mentions('ENFORCING_MODE": "strict"'), ENABLED, "network"),
        Line(POLICY, "spec.egress.0.to.1.ipBlock.cidr", equals("172.20.0.1/32"), None),
        Line(POLICY, "spec.egress.1.to.0.ipBlock.cidr", equals("10.20.0.2/32"), None, "names"),
    ],
    "database version": [Line(DATABASE, "engineVersion", version(15), "14.9")],
    "database outlives a zone": [Line(DATABASE, "multiAz", equals(True), False)],
    "database recovery": [
        Line(DATABASE, "backupRetentionPeriod", at_least(7), 6),
        Line(DATABASE, "deletionProtection", equals(True), False),
        Line(DATABASE, "skipFinalSnapshot", equals(False), True),
    ],
    "database backups in a second region": [
        Line(BACKUPS, "region", equals("eu-west-1"), "eu-central-1"),
        Line(BACKUPS, "kmsKeyId", mentions("backups"), "arn:aws:kms:::data"),
        Line(BACKUPS, "retentionPeriod", at_least(7), 1),
    ],
    "database connections": [Line(PARAMETERS, "parameters", holds(name="max_connections", value="1000"), [])],
    "database operations": [
        Line(DATABASE, "iops", at_least(10_000), 3_000),
        Line(DATABASE, "storageType", equals("gp3", "io2"), "standard"),
    ],
    "database growth": [Line(DATABASE, "maxAllocatedStorage", at_least(65_536), 1_000)],
    "database by TLS": [
        Line(PARAMETERS, "parameters", holds(name="rds.force_ssl", value="1"), []),
        Line(PARAMETERS, "parameters", holds(name="ssl_min_protocol_version", value="TLSv1.3"), []),
        Line(ADMINISTRATOR, "sslmode", equals("verify-full"), "require"),
        Line(ADMINISTRATOR, "sslrootcert", mentions(".pem"), None),
        Line(ADMINISTRATOR, "host", equals("database.test"), "10.20.32.3"),
    ],
    "database by a key of ours": [
        Line(DATABASE, "storageEncrypted", equals(True), False),
        Line(DATABASE, "kmsKeyId", said, None),
    ],
    "database in private": [Line(DATABASE, "publiclyAccessible", equals(False), True)],
    "cache outlives a zone": [
        Line(CACHE, "multiAzEnabled", equals(True), False),
        Line(CACHE, "automaticFailoverEnabled", equals(True), False),
    ],
    "cache by TLS": [
        Line(CACHE, "transitEncryptionEnabled", equals(True), False),
        Line(CACHE, "transitEncryptionMode", equals("required"), "preferred"),
        Line(CACHE, "authToken", said, None),
        Line(CACHE, "kmsKeyId", said, None),
    ],
    "buckets in two regions": [
        Line(BUCKET, "region", equals("eu-west-1"), "eu-central-1", "files-copy"),
        Line(COPIES, "rules.0.status", equals("Enabled"), "Disabled"),
        Line(COPIES, "rules.0.destination.bucket", mentions("-copy"), "arn:aws:s3:::files"),
    ],
    "buckets in private": [
        Line(PRIVATE, "blockPublicAcls", equals(True), False),
        Line(PRIVATE, "restrictPublicBuckets", equals(True), False),
        Line("aws:s3/bucketPolicy:BucketPolicy", "policy", mentions("Deny", "aws:SecureTransport"), "{}"),
    ],
    "buckets encrypted": [
        Line(ENCRYPTED, "rules.0.applyServerSideEncryptionByDefault.sseAlgorithm", equals("aws:kms"), "AES256"),
        Line(ENCRYPTED, "rules.0.applyServerSideEncryptionByDefault.kmsMasterKeyId", said, None),
    ],
    "files and backups by keys of their own": [
        Line("aws:iam/accessKey:AccessKey", "user", equals("files"), "administrator"),
        Line("aws:iam/userPolicy:UserPolicy", "policy", of_files, '{"Resource": ["arn:aws:s3:::files-copy"]}', "files"),
    ],
    "bucket classes": [
        Line(CLASSES, "rules.0.noncurrentVersionTransitions", holds(storageClass="STANDARD_IA"), []),
        Line(CLASSES, "rules.0.noncurrentVersionTransitions", holds(storageClass="GLACIER_IR"), []),
    ],
    "cold files stay": [Line(BUCKET, "objectLockEnabled", equals(True), False, "cold*")],
    "registry in two regions": [
        Line(IMAGES, TO, equals("eu-west-1"), "eu-central-1"),
        Line("aws:ecr/repository:Repository", "imageTagMutability", equals("IMMUTABLE"), "MUTABLE"),
    ],
    "keys change": [Line("aws:kms/key:Key", "enableKeyRotation", equals(True), False)],
    "each key by who needs it": [
        Line(
            "aws:iam/rolePolicy:RolePolicy", "policy", lambda text: OF_SEAL in text, '{"Resource": ["*"]}', "pods-vault"
        ),
    ],
    "protection from floods": [Line("aws:shield/protection:Protection", "resourceArn", mentions("eip"), "")],
    "VPN": [
        Line(LINE, "tunnel1IkeVersions", equals(["ikev2"]), ["ikev1"]),
        Line(LINE, "tunnel1Phase2EncryptionAlgorithms", equals(["AES256-GCM-16"]), ["AES128"]),
        Line(LINE, "tunnel2Phase2EncryptionAlgorithms", equals(["AES256-GCM-16"]), ["AES128"]),
    ],
    "flow logs": [
        Line("aws:ec2/flowLog:FlowLog", "trafficType", equals("ALL"), "ACCEPT"),
        Line("aws:cloudwatch/logGroup:LogGroup", "kmsKeyId", said, None, "flows"),
        Line("aws:cloudwatch/logGroup:LogGroup", "retentionInDays", at_least(90), 30, "flows"),
    ],
    "names": [
        Line(ZONE, "name", equals("aws.resimate.example"), "other.example", "public"),
        Line(ZONE, "vpcs", said, [], "private"),
    ],
}
#: Who may reach the database, and who the cache.
DATABASE_FROM: Final = {"nodes-id", "192.168.0.0/16"}
CACHE_FROM: Final = {"nodes-id"}
