"""The registry, and the same images in the second region."""

import json

import pulumi
import pulumi_aws as aws

from resimate_infra import sizes
from resimate_infra.site import Site


def make(site: Site, key: aws.kms.Key) -> pulumi.Output[str]:
    repository = aws.ecr.Repository(
        "images", name="resimate", image_tag_mutability="IMMUTABLE", force_delete=False,
        image_scanning_configuration=aws.ecr.RepositoryImageScanningConfigurationArgs(scan_on_push=True),
        encryption_configurations=[
            aws.ecr.RepositoryEncryptionConfigurationArgs(encryption_type="KMS", kms_key=key.arn)
        ],
    )  # fmt: skip
    there = aws.ecr.ReplicationConfigurationReplicationConfigurationRuleDestinationArgs(
        region=site.second_region, registry_id=aws.get_caller_identity_output().account_id
    )
    rule = aws.ecr.ReplicationConfigurationReplicationConfigurationRuleArgs(destinations=[there])
    aws.ecr.ReplicationConfiguration(
        "images", replication_configuration=aws.ecr.ReplicationConfigurationReplicationConfigurationArgs(rules=[rule])
    )
    aws.ecr.LifecyclePolicy("images", repository=repository.name, policy=json.dumps({"rules": [_untagged()]}))
    return repository.repository_url


def _untagged() -> dict[str, object]:
    return {
        "rulePriority": 1,
        "description": "images without a name",
        "selection": {
            "tagStatus": "untagged",
            "countType": "sinceImagePushed",
            "countUnit": "days",
            "countNumber": sizes.UNTAGGED_IMAGE_DAYS,
        },
        "action": {"type": "expire"},
    }
