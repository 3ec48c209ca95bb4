"""Files, which lie in both regions at once."""

from base64 import b64decode
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_gcp as gcp

from resimate_infra import sizes
from resimate_infra.contract import SECRETS, Store
from resimate_infra.gcp.keys import Keyring
from resimate_infra.site import Site

#: How Cloud Storage calls the classes of files: all are read without thawing.
WARM: Final = "NEARLINE"
COLD: Final = "COLDLINE"


@dataclass(frozen=True)
class Files:
    store: Store
    #: The key of the account that reads and writes them, JSON.
    key: pulumi.Output[str]


def make(site: Site, keyring: Keyring) -> Files:
    """Pods do not reach the metadata of their machine, and so files have an account of their own."""
    account = gcp.serviceaccount.Account("files", account_id="resimate-files")
    key = gcp.serviceaccount.Key("files", service_account_id=account.name)
    cold = gcp.storage.BucketRetentionPolicyArgs(retention_period=str(sizes.COLD_KEEP_DAYS * 86_400), is_locked=True)
    buckets = [_bucket("files", site, keyring), _bucket("cold", site, keyring, cold)]
    for name, bucket in zip(("files", "cold"), buckets, strict=True):
        member = pulumi.Output.concat("serviceAccount:", account.email)
        gcp.storage.BucketIAMMember(name, bucket=bucket.name, role="roles/storage.objectUser", member=member)
    readable = key.private_key.apply(lambda text: b64decode(text).decode())
    return Files(Store(*(_url(bucket) for bucket in buckets)), pulumi.Output.secret(readable))


def _url(bucket: gcp.storage.Bucket) -> pulumi.Output[str]:
    query = f"credentials={SECRETS}/OBJECT_STORE_CREDENTIALS&hot=STANDARD&warm={WARM}&cold={COLD}"
    return pulumi.Output.concat("gs://storage.googleapis.com/", bucket.name, f"?{query}")


def _bucket(
    name: str, site: Site, keyring: Keyring, kept: gcp.storage.BucketRetentionPolicyArgs | None = None
) -> gcp.storage.Bucket:
    regions = [site.region.upper(), site.second_region.upper()]
    return gcp.storage.Bucket(
        name, location=site.continent, rpo="ASYNC_TURBO", force_destroy=False,
        custom_placement_config=gcp.storage.BucketCustomPlacementConfigArgs(data_locations=regions),
        uniform_bucket_level_access=True, public_access_prevention="enforced",
        encryption=gcp.storage.BucketEncryptionArgs(default_kms_key_name=keyring.copies.id),
        # A bucket that keeps everything for its time has no earlier versions.
        versioning=None if kept else gcp.storage.BucketVersioningArgs(enabled=True),
        lifecycle_rules=[] if kept else _ages(), retention_policy=kept,
    )  # fmt: skip


def _ages() -> list[gcp.storage.BucketLifecycleRuleArgs]:
    """Of files in use the product says the class; earlier versions grow cold by themselves, and go."""
    ages = {WARM: sizes.WARM_AFTER_DAYS, COLD: sizes.COLD_AFTER_DAYS}
    colder = [
        gcp.storage.BucketLifecycleRuleArgs(
            action=gcp.storage.BucketLifecycleRuleActionArgs(type="SetStorageClass", storage_class=name),
            condition=gcp.storage.BucketLifecycleRuleConditionArgs(days_since_noncurrent_time=days),
        )
        for name, days in ages.items()
    ]
    gone = gcp.storage.BucketLifecycleRuleArgs(
        action=gcp.storage.BucketLifecycleRuleActionArgs(type="Delete"),
        condition=gcp.storage.BucketLifecycleRuleConditionArgs(days_since_noncurrent_time=sizes.EARLIER_VERSION_DAYS),
    )
    return [*colder, gone]
