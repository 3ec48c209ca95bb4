"""Keys of our own in Key Vault. Backups have others, in the second region (SEC-DATA-001)."""

from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_azure as azure

from resimate_infra import sizes
from resimate_infra.site import Site

#: Reads a key, wraps and unwraps by it, and nothing else.
WRAPS: Final = "Key Vault Crypto Service Encryption User"


@dataclass(frozen=True)
class Keyring:
    data: azure.keyvault.Key
    backups: azure.keyvault.Key
    seal: azure.keyvault.Key
    #: Who databases, disks and files are to the key of their region.
    user: azure.authorization.UserAssignedIdentity
    backup_user: azure.authorization.UserAssignedIdentity


def make(site: Site, group: azure.core.ResourceGroup) -> Keyring:
    tenant = azure.core.get_client_config_output().tenant_id
    here = _vault("here", site, group, site.region, tenant)
    there = _vault("there", site, group, site.second_region, tenant)
    data, backups, seal = _key("data", here), _key("backups", there), _key("seal", here)
    return Keyring(
        data, backups, seal,
        _user("keys", group, site.region, data), _user("backup-keys", group, site.second_region, backups),
    )  # fmt: skip


def _vault(
    name: str, site: Site, group: azure.core.ResourceGroup, region: str, tenant: pulumi.Output[str]
) -> azure.keyvault.KeyVault:
    """Its services reach it, and those who manage, from their own address."""
    return azure.keyvault.KeyVault(
        name, resource_group_name=group.name, location=region, tenant_id=tenant, sku_name="premium",
        rbac_authorization_enabled=True, purge_protection_enabled=True, soft_delete_retention_days=90,
        network_acls=azure.keyvault.KeyVaultNetworkAclsArgs(
            bypass="AzureServices", default_action="Deny", ip_rules=[site.office_gateway]
        ),
    )  # fmt: skip


def _key(name: str, vault: azure.keyvault.KeyVault) -> azure.keyvault.Key:
    days = sizes.KEY_ROTATION_DAYS
    rotation = azure.keyvault.KeyRotationPolicyArgs(
        expire_after=f"P{2 * days}D", notify_before_expiry="P30D",
        automatic=azure.keyvault.KeyRotationPolicyAutomaticArgs(time_after_creation=f"P{days}D"),
    )  # fmt: skip
    return azure.keyvault.Key(
        name, key_vault_id=vault.id, key_type="RSA-HSM", key_size=3072, rotation_policy=rotation,
        key_opts=["wrapKey", "unwrapKey", "encrypt", "decrypt"],
    )  # fmt: skip


def _user(
    name: str, group: azure.core.ResourceGroup, region: str, key: azure.keyvault.Key
) -> azure.authorization.UserAssignedIdentity:
    """Somebody who uses one key, and none of those that lie beside it."""
    user = azure.authorization.UserAssignedIdentity(name, resource_group_name=group.name, location=region)
    azure.authorization.Assignment(
        name, scope=key.resource_versionless_id, principal_id=user.principal_id, role_definition_name=WRAPS,
    )  # fmt: skip
    return user
