"""Keys of our own in KMS. Backups have others, in the second region (SEC-DATA-001)."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from resimate_infra import sizes
from resimate_infra.site import Site


@dataclass(frozen=True)
class Keyring:
    data: aws.kms.Key
    #: In the second region.
    backups: aws.kms.Key
    seal: aws.kms.Key


def make(site: Site) -> Keyring:
    return Keyring(
        data=_key("data", "databases, disks, files, images and logs", site.region, _used_by_services(site.region)),
        backups=_key("backups", "backups and copies of files", site.second_region),
        seal=_key("seal", "opens the cluster's Vault", site.region),
    )


def _key(name: str, purpose: str, region: str, policy: pulumi.Output[str] | None = None) -> aws.kms.Key:
    return aws.kms.Key(
        name, description=f"Resimate: {purpose}", region=region, deletion_window_in_days=30, policy=policy,
        enable_key_rotation=True, rotation_period_in_days=sizes.KEY_ROTATION_DAYS,
    )  # fmt: skip


def _used_by_services(region: str) -> pulumi.Output[str]:
    """Rights are given by roles, as without a policy; and logs and disks of nodes are encrypted by services."""
    scaling = "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    use = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]

    def policy(account: str) -> str:
        ours = f"arn:aws:iam::{account}"
        statements = [
            _allow({"AWS": f"{ours}:root"}, ["kms:*"]),
            _allow({"Service": f"logs.{region}.amazonaws.com"}, use),
            _allow({"AWS": f"{ours}:{scaling}"}, [*use, "kms:CreateGrant"]),
        ]
        return json.dumps({"Version": "2012-10-17", "Statement": statements})

    return aws.get_caller_identity_output().account_id.apply(policy)


def _allow(principal: dict[str, str], actions: list[str]) -> dict[str, object]:
    return {"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": "*"}
