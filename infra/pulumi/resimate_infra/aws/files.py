"""Buckets for files, of which there is a copy in the second region, encrypted by another key."""

import json
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from resimate_infra import sizes
from resimate_infra.aws.keys import Keyring
from resimate_infra.aws.network import allows, trusts
from resimate_infra.contract import Store, quoted
from resimate_infra.site import Site

#: How S3 calls the classes of files: both are read without thawing.
WARM: Final = "STANDARD_IA"
COLD: Final = "GLACIER_IR"
OF_FILES: Final = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListBucket")
OF_COPIES: Final = (
    *("s3:GetReplicationConfiguration", "s3:ListBucket", "s3:GetObjectVersionForReplication"),
    *("s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging", "s3:ReplicateObject", "s3:ReplicateDelete"),
    *("s3:ReplicateTags", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"),
)


@dataclass(frozen=True)
class Kept:
    """A bucket, and what has to be there before anything is copied out of it."""

    bucket: aws.s3.Bucket
    versioning: aws.s3.BucketVersioning


def make(site: Site, keyring: Keyring) -> Store:
    role = aws.iam.Role("copies", assume_role_policy=trusts("s3.amazonaws.com"))
    hot = _twice(site, keyring, role, "files")
    cold = _twice(site, keyring, role, "cold", locked=True)
    access = _access(keyring, hot, cold)
    classes = f"region={site.region}&hot=STANDARD&warm={WARM}&cold={COLD}"
    return Store(
        _url(site, access, hot, classes),
        _url(site, access, cold, f"{classes}&keep_days={sizes.COLD_KEEP_DAYS}"),
    )


def _url(site: Site, access: aws.iam.AccessKey, bucket: aws.s3.Bucket, query: str) -> pulumi.Output[str]:
    host = f"s3.{site.region}.amazonaws.com"
    return pulumi.Output.concat("s3://", access.id, ":", quoted(access.secret), f"@{host}/", bucket.bucket, f"?{query}")


def _twice(site: Site, keyring: Keyring, role: aws.iam.Role, name: str, *, locked: bool = False) -> aws.s3.Bucket:
    ours = _bucket(name, site.region, keyring.data, locked=locked)
    copy = _bucket(f"{name}-copy", site.second_region, keyring.backups, locked=locked)
    resources = pulumi.Output.all(ours.bucket.arn, copy.bucket.arn, keyring.data.arn, keyring.backups.arn)
    aws.iam.RolePolicy(
        f"copies-{name}", role=role.id, policy=resources.apply(lambda arns: allows(OF_COPIES, *_in(arns)))
    )
    destination = aws.s3.BucketReplicationConfigRuleDestinationArgs(
        bucket=copy.bucket.arn,
        encryption_configuration=aws.s3.BucketReplicationConfigRuleDestinationEncryptionConfigurationArgs(
            replica_kms_key_id=keyring.backups.arn
        ),
    )
    encrypted = aws.s3.BucketReplicationConfigRuleSourceSelectionCriteriaArgs(
        sse_kms_encrypted_objects=aws.s3.BucketReplicationConfigRuleSourceSelectionCriteriaSseKmsEncryptedObjectsArgs(
            status="Enabled"
        )
    )
    rule = aws.s3.BucketReplicationConfigRuleArgs(
        id="all", status="Enabled", priority=0, filter=aws.s3.BucketReplicationConfigRuleFilterArgs(prefix=""),
        destination=destination, source_selection_criteria=encrypted,
        delete_marker_replication=aws.s3.BucketReplicationConfigRuleDeleteMarkerReplicationArgs(status="Enabled"),
    )  # fmt: skip
    aws.s3.BucketReplicationConfig(
        name, bucket=ours.bucket.bucket, role=role.arn, rules=[rule],
        opts=pulumi.ResourceOptions(depends_on=[ours.versioning, copy.versioning]),
    )  # fmt: skip
    return ours.bucket


def _in(arns: list[str]) -> list[str]:
    """Each of them, and what lies in those that are buckets."""
    return [*arns, *(f"{arn}/*" for arn in arns if ":s3:" in arn)]


def _bucket(name: str, region: str, key: aws.kms.Key, *, locked: bool) -> Kept:
    bucket = aws.s3.Bucket(name, region=region, object_lock_enabled=locked, force_destroy=False)
    where: dict[str, Any] = {"bucket": bucket.bucket, "region": region}
    aws.s3.BucketPublicAccessBlock(
        name, **where, block_public_acls=True, block_public_policy=True, ignore_public_acls=True,
        restrict_public_buckets=True,
    )  # fmt: skip
    aws.s3.BucketPolicy(name, **where, policy=bucket.arn.apply(_tls_alone))
    by_key = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
        sse_algorithm="aws:kms", kms_master_key_id=key.arn
    )
    rule = aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
        apply_server_side_encryption_by_default=by_key, bucket_key_enabled=True
    )
    aws.s3.BucketServerSideEncryptionConfiguration(name, **where, rules=[rule])
    versioning = aws.s3.BucketVersioning(
        name, **where, versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled")
    )
    _lifecycle(name, where, versioning)
    return Kept(bucket, versioning)


def _lifecycle(name: str, where: dict[str, Any], versioning: aws.s3.BucketVersioning) -> None:
    """Of files in use the product says the class; earlier versions grow cold by themselves, and go."""
    ages = aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionTransitionArgs
    rule = aws.s3.BucketLifecycleConfigurationRuleArgs(
        id="classes", status="Enabled", filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
        noncurrent_version_transitions=[
            ages(noncurrent_days=sizes.WARM_AFTER_DAYS, storage_class=WARM),
            ages(noncurrent_days=sizes.COLD_AFTER_DAYS, storage_class=COLD),
        ],
        noncurrent_version_expiration=aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
            noncurrent_days=sizes.EARLIER_VERSION_DAYS
        ),
        abort_incomplete_multipart_upload=aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
            days_after_initiation=1
        ),
    )  # fmt: skip
    aws.s3.BucketLifecycleConfiguration(
        name, **where, rules=[rule], opts=pulumi.ResourceOptions(depends_on=[versioning])
    )


def _tls_alone(arn: str) -> str:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _access(keyring: Keyring, *buckets: aws.s3.Bucket) -> aws.iam.AccessKey:
    """Who the product is to S3: it may read and write files, and nothing else."""
    user = aws.iam.User("files")
    arns = pulumi.Output.all(*(bucket.arn for bucket in buckets), keyring.data.arn)
    actions = (*OF_FILES, "s3:PutObjectRetention", "kms:Decrypt", "kms:GenerateDataKey")
    aws.iam.UserPolicy("files", user=user.name, policy=arns.apply(lambda all_of: allows(actions, *_in(all_of))))
    return aws.iam.AccessKey("files", user=user.name)
