"""Files, in three zones and once more in the region that Azure pairs with ours."""

from typing import Final

import pulumi
import pulumi_azure as azure

from resimate_infra import sizes
from resimate_infra.azure.keys import Keyring
from resimate_infra.azure.network import Net
from resimate_infra.contract import Store, quoted
from resimate_infra.site import Site

CLASSES: Final = "hot=Hot&warm=Cool&cold=Cold"


def make(site: Site, net: Net, keyring: Keyring) -> Store:
    account = _account(site, net, keyring)
    azure.storage.ManagementPolicy("files", storage_account_id=account.id, rules=[_ages()])
    files = azure.storage.Container("files", storage_account_id=account.id, container_access_type="private")
    cold = azure.storage.Container("cold", storage_account_id=account.id, container_access_type="private")
    azure.storage.ContainerImmutabilityPolicy(
        "cold", storage_container_resource_manager_id=cold.id, immutability_period_in_days=sizes.COLD_KEEP_DAYS,
        locked=True,
    )  # fmt: skip
    return Store(_url(account, files), _url(account, cold))


def _url(account: azure.storage.Account, container: azure.storage.Container) -> pulumi.Output[str]:
    key = quoted(account.primary_access_key)
    host = account.primary_blob_host
    return pulumi.Output.concat("azure://", account.name, ":", key, "@", host, "/", container.name, f"?{CLASSES}")


def _account(site: Site, net: Net, keyring: Keyring) -> azure.storage.Account:
    return azure.storage.Account(
        "files", resource_group_name=net.group.name, location=net.group.location, account_kind="StorageV2",
        account_tier="Standard", account_replication_type="GZRS", access_tier="Hot",
        min_tls_version="TLS1_2", https_traffic_only_enabled=True, infrastructure_encryption_enabled=True,
        allow_nested_items_to_be_public=False,
        # The product calls public addresses alone, and so it is not the address that is private.
        network_rules=azure.storage.AccountNetworkRulesArgs(
            default_action="Deny", bypasses=["AzureServices"], virtual_network_subnet_ids=[net.nodes.id],
            ip_rules=[site.office_gateway],
        ),
        blob_properties=azure.storage.AccountBlobPropertiesArgs(
            versioning_enabled=True, change_feed_enabled=True,
            delete_retention_policy=azure.storage.AccountBlobPropertiesDeleteRetentionPolicyArgs(days=30),
        ),
        identity=azure.storage.AccountIdentityArgs(type="UserAssigned", identity_ids=[keyring.user.id]),
        customer_managed_key=azure.storage.AccountCustomerManagedKeyArgs(
            key_vault_key_id=keyring.data.versionless_id, user_assigned_identity_id=keyring.user.id
        ),
    )  # fmt: skip


def _ages() -> azure.storage.ManagementPolicyRuleArgs:
    """Of files in use the product says the class; earlier versions grow cold by themselves, and go."""
    version = azure.storage.ManagementPolicyRuleActionsVersionArgs(
        change_tier_to_cool_after_days_since_creation=sizes.WARM_AFTER_DAYS,
        tier_to_cold_after_days_since_creation_greater_than=sizes.COLD_AFTER_DAYS,
        delete_after_days_since_creation=sizes.EARLIER_VERSION_DAYS,
    )
    return azure.storage.ManagementPolicyRuleArgs(
        name="classes", enabled=True, filters=azure.storage.ManagementPolicyRuleFiltersArgs(blob_types=["blockBlob"]),
        actions=azure.storage.ManagementPolicyRuleActionsArgs(version=version),
    )  # fmt: skip
