"""Containers of Swift, spoken to as S3, each of which Swift copies into the second region.

Files and backups lie in projects of their own. Each has a user with a role that no service knows, who may do what the
containers let it and nothing else, in Swift or anywhere: keys for S3 sign in at Keystone as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_openstack as openstack

from resimate_infra.contract import Store
from resimate_infra.site import Site

#: The policies by which Swift keeps objects: on flash, and spread over many disks.
HOT: Final = "hot"
COLD: Final = "cold"
#: Where Swift keeps the pieces of a large object until it is whole, beside the container that it goes into.
PIECES: Final = "+segments"


@dataclass(frozen=True)
class Keeper:
    """A project with containers, and the one user who reads and writes what is in them."""

    project: openstack.identity.Project
    access: openstack.identity.Ec2CredentialV3
    #: How a container names that user.
    user: pulumi.Output[str]
    #: By what both regions know each other.
    copies: pulumi.Output[str]
    #: Containers are made in that project by whoever runs this.
    opts: pulumi.ResourceOptions


@dataclass(frozen=True)
class Objects:
    store: Store
    backups: openstack.identity.Ec2CredentialV3


def make(site: Site, copies: Mapping[str, pulumi.Output[str]]) -> Objects:
    files, backups = (_keeper(site, name, copies[name]) for name in ("files", "backups"))
    hot, cold = _twice(site, files, "files", HOT), _twice(site, files, "cold", COLD)
    _twice(site, backups, "backups", COLD)
    return Objects(Store(_url(site, files, hot), _url(site, files, cold)), backups.access)


def _keeper(site: Site, name: str, copies: pulumi.Output[str]) -> Keeper:
    of = openstack.identity
    whole = f"resimate-{name}"
    project = of.Project(name, name=whole, description=f"Resimate: {name}")
    user = of.User(name, name=whole, default_project_id=project.id, description="has keys for S3 and no password")
    # Keystone lets nobody into a project without a role in it.
    role = of.Role(name, name=whole)
    member = of.RoleAssignment(name, project_id=project.id, user_id=user.id, role_id=role.id)
    access = of.Ec2CredentialV3(
        name, user_id=user.id, project_id=project.id, opts=pulumi.ResourceOptions(depends_on=[member])
    )
    makes = of.RoleAssignment(
        f"{name}-containers", project_id=project.id, user_id=of.get_auth_scope_output(name="here").user_id,
        role_id=of.get_role_output(name=site.config.require("storageRole")).id,
    )  # fmt: skip
    provider = openstack.Provider(name, tenant_id=project.id, opts=pulumi.ResourceOptions(depends_on=[makes]))
    by = pulumi.Output.concat(project.id, ":", user.id)
    return Keeper(project, access, by, copies, pulumi.ResourceOptions(provider=provider))


def _url(site: Site, keeper: Keeper, container: openstack.objectstorage.Container) -> pulumi.Output[str]:
    host = site.config.require("objects")
    access = keeper.access
    return pulumi.Output.concat(
        "s3://", access.access, ":", access.secret, f"@{host}/", container.name, f"?region={site.region}"
    )


def _twice(site: Site, keeper: Keeper, name: str, policy: str) -> openstack.objectstorage.Container:
    """A container with the one for its pieces, and in the second region those that follow them."""
    whole = f"resimate-{name}"
    _pair(site, keeper, f"{name}-pieces", f"{whole}{PIECES}", policy, versioning=False)
    return _pair(site, keeper, name, whole, policy, versioning=True)


def _pair(
    site: Site, keeper: Keeper, name: str, whole: str, policy: str, *, versioning: bool
) -> openstack.objectstorage.Container:
    openstack.objectstorage.Container(
        f"{name}-copy", name=whole, region=site.second_region, storage_policy=policy, versioning=versioning,
        container_sync_key=keeper.copies, force_destroy=False, opts=keeper.opts,
    )  # fmt: skip
    there = pulumi.Output.concat(f"//resimate/{site.second_region}/AUTH_", keeper.project.id, f"/{whole}")
    return openstack.objectstorage.Container(
        name, name=whole, region=site.region, storage_policy=policy, versioning=versioning,
        container_read=keeper.user, container_write=keeper.user, container_sync_key=keeper.copies,
        container_sync_to=there, force_destroy=False, opts=keeper.opts,
    )  # fmt: skip
