"""PostgreSQL in two zones, with its backups in the second region, and the cache."""

from typing import Any, Final

import pulumi_azure as azure

from resimate_infra import contract, roles, sizes
from resimate_infra.azure import network
from resimate_infra.azure.keys import Keyring
from resimate_infra.azure.network import Net
from resimate_infra.contract import Cache, Database
from resimate_infra.site import Site

#: P60, with 16,000 operations a second: smaller disks give 7,500, and the specification asks for 10,000.
DISK_MB: Final = 8 * 1024 * 1024
DISK: Final = "P60"


def database(site: Site, net: Net, keyring: Keyring) -> Database:
    owner, application = contract.password("database-owner"), contract.password("database-application")
    server = _server(net, keyring, owner)
    asked = {
        "require_secure_transport": "ON",
        "ssl_min_protocol_version": "TLSv1.3",
        "max_connections": str(sizes.CONNECTIONS),
        "password_encryption": "SCRAM-SHA-256",
    }
    for name, value in asked.items():
        azure.postgresql.FlexibleServerConfiguration(name, name=name, server_id=server.id, value=value)
    made = azure.postgresql.FlexibleServerDatabase("database", name=contract.DATABASE, server_id=server.id)
    reached = Database(server.fqdn, site.authority("database"), owner, application)
    roles.make(reached, [made])
    return reached


def _server(net: Net, keyring: Keyring, password: Any) -> azure.postgresql.FlexibleServer:
    zone = network.private_zone(net, "databases", network.DATABASE_ZONE)
    users = [keyring.user.id, keyring.backup_user.id]
    return azure.postgresql.FlexibleServer(
        "database", resource_group_name=net.group.name, location=net.group.location, version=sizes.POSTGRES,
        sku_name="GP_Standard_D8ds_v5", administrator_login=contract.OWNER, administrator_password=password,
        zone="1",
        high_availability=azure.postgresql.FlexibleServerHighAvailabilityArgs(
            mode="ZoneRedundant", standby_availability_zone="2"
        ),
        storage_mb=DISK_MB, storage_tier=DISK, auto_grow_enabled=True,
        backup_retention_days=sizes.RECOVERY_DAYS, geo_redundant_backup_enabled=True,
        delegated_subnet_id=net.databases.id, private_dns_zone_id=zone.id, public_network_access_enabled=False,
        identity=azure.postgresql.FlexibleServerIdentityArgs(type="UserAssigned", identity_ids=users),
        customer_managed_key=azure.postgresql.FlexibleServerCustomerManagedKeyArgs(
            key_vault_key_id=keyring.data.versionless_id, primary_user_assigned_identity_id=keyring.user.id,
            geo_backup_key_vault_key_id=keyring.backups.versionless_id,
            geo_backup_user_assigned_identity_id=keyring.backup_user.id,
        ),
    )  # fmt: skip


def cache(site: Site, net: Net, keyring: Keyring) -> Cache:
    database = azure.managedredis.ManagedRedisDefaultDatabaseArgs(
        client_protocol="Encrypted", access_keys_authentication_enabled=True,
        # One address for clients that know nothing of clusters. Tasks lie there: nothing may be thrown away.
        clustering_policy="NoCluster", eviction_policy="NoEviction",
    )  # fmt: skip
    server = azure.managedredis.ManagedRedis(
        "cache", resource_group_name=net.group.name, location=net.group.location, sku_name="Balanced_B5",
        high_availability_enabled=True, public_network_access="Disabled", default_database=database,
        identity=azure.managedredis.ManagedRedisIdentityArgs(type="UserAssigned", identity_ids=[keyring.user.id]),
        customer_managed_key=azure.managedredis.ManagedRedisCustomerManagedKeyArgs(
            key_vault_key_id=keyring.data.id, user_assigned_identity_id=keyring.user.id
        ),
    )  # fmt: skip
    network.endpoint(net, "cache", server.id, "redisEnterprise", "privatelink.redis.azure.net", subnet=net.caches)
    secret = contract.quoted(server.default_database.primary_access_key)
    return Cache(server.hostname, site.authority("cache"), secret, port=network.CACHE_PORT)
