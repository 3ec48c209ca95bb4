"""The registry, and the same images in the second region."""

import pulumi
import pulumi_azure as azure

from resimate_infra import sizes
from resimate_infra.azure import network
from resimate_infra.azure.keys import Keyring
from resimate_infra.azure.network import Net
from resimate_infra.site import Site


def make(site: Site, net: Net, keyring: Keyring, aks: azure.containerservice.KubernetesCluster) -> pulumi.Output[str]:
    there = azure.containerservice.RegistryGeoreplicationArgs(location=site.second_region, zone_redundancy_enabled=True)
    registry = azure.containerservice.Registry(
        "images", resource_group_name=net.group.name, location=net.group.location, sku="Premium",
        admin_enabled=False, anonymous_pull_enabled=False, public_network_access_enabled=False,
        zone_redundancy_enabled=True, georeplications=[there], retention_policy_in_days=sizes.UNTAGGED_IMAGE_DAYS,
        identity=azure.containerservice.RegistryIdentityArgs(type="UserAssigned", identity_ids=[keyring.user.id]),
        encryption=azure.containerservice.RegistryEncryptionArgs(
            key_vault_key_id=keyring.data.versionless_id, identity_client_id=keyring.user.client_id
        ),
    )  # fmt: skip
    network.endpoint(net, "images", registry.id, "registry", "privatelink.azurecr.io")
    azure.authorization.Assignment(
        "images", scope=registry.id, role_definition_name="AcrPull",
        principal_id=aks.kubelet_identity.object_id,
    )  # fmt: skip
    return pulumi.Output.concat(registry.login_server, "/resimate")
