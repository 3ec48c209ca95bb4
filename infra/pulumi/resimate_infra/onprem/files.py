"""Containers of Swift, spoken to as S3, each of which Swift copies into the second region."""

from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_openstack as openstack

from resimate_infra.contract import Store
from resimate_infra.site import Site

#: The policies by which Swift keeps objects: on flash, and spread over many disks.
HOT: Final = "hot"
COLD: Final = "cold"


@dataclass(frozen=True)
class Objects:
    store: Store
    access_key: pulumi.Output[str]
    secret_key: pulumi.Output[str]


def make(site: Site, key: pulumi.Output[str]) -> Objects:
    access = openstack.identity.Ec2CredentialV3("files")
    files = _twice(site, "files", HOT, key, access.project_id)
    cold = _twice(site, "cold", COLD, key, access.project_id)
    _twice(site, "backups", COLD, key, access.project_id)
    return Objects(Store(_url(site, access, files), _url(site, access, cold)), access.access, access.secret)


def _url(
    site: Site, access: openstack.identity.Ec2CredentialV3, container: openstack.objectstorage.Container
) -> pulumi.Output[str]:
    host = site.config.require("objects")
    return pulumi.Output.concat(
        "s3://", access.access, ":", access.secret, f"@{host}/", container.name, f"?region={site.region}"
    )


def _twice(
    site: Site, name: str, policy: str, key: pulumi.Output[str], project: pulumi.Output[str]
) -> openstack.objectstorage.Container:
    """A container, and one in the second region that follows it."""
    whole = f"resimate-{name}"
    openstack.objectstorage.Container(
        f"{name}-copy", name=whole, region=site.second_region, storage_policy=policy, versioning=True,
        container_sync_key=key, force_destroy=False,
    )  # fmt: skip
    there = pulumi.Output.concat(f"//resimate/{site.second_region}/AUTH_", project, f"/{whole}")
    return openstack.objectstorage.Container(
        name, name=whole, region=site.region, storage_policy=policy, versioning=True, container_sync_key=key,
        container_sync_to=there, force_destroy=False,
    )  # fmt: skip
