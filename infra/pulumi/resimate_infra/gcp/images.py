"""The registry, which lies in several regions of the continent at once."""

from typing import Final

import pulumi
import pulumi_gcp as gcp

from resimate_infra import sizes
from resimate_infra.gcp.keys import CONTINENTS, Keyring
from resimate_infra.site import Site

HOST: Final = "docker.pkg.dev"


def make(site: Site, keyring: Keyring) -> pulumi.Output[str]:
    of = gcp.artifactregistry
    location = CONTINENTS[site.continent]
    untagged = of.RepositoryCleanupPolicyConditionArgs(
        tag_state="UNTAGGED", older_than=f"{sizes.UNTAGGED_IMAGE_DAYS * 86_400}s"
    )
    repository = of.Repository(
        "images", repository_id="resimate", format="DOCKER", location=location, kms_key_name=keyring.copies.id,
        docker_config=of.RepositoryDockerConfigArgs(immutable_tags=True),
        cleanup_policies=[of.RepositoryCleanupPolicyArgs(id="untagged", action="DELETE", condition=untagged)],
        vulnerability_scanning_config=of.RepositoryVulnerabilityScanningConfigArgs(enablement_config="INHERITED"),
    )  # fmt: skip
    return pulumi.Output.concat(f"{location}-{HOST}/", repository.project, "/resimate")
