"""PostgreSQL in two zones, with its backups in the second region, and the cache."""

from typing import Any, Final

import pulumi
import pulumi_gcp as gcp

from resimate_infra import contract, roles, sizes
from resimate_infra.contract import Cache, Database
from resimate_infra.gcp.keys import Keyring
from resimate_infra.gcp.network import Net
from resimate_infra.site import Site

#: The most that this edition keeps of the log.
LOG_DAYS: Final = 7


def database(site: Site, net: Net, keyring: Keyring) -> Database:
    owner, application = contract.password("database-owner"), contract.password("database-application")
    server = gcp.sql.DatabaseInstance(
        "database", region=site.region, database_version=f"POSTGRES_{sizes.POSTGRES}", deletion_protection=True,
        encryption_key_name=keyring.data.id, settings=_settings(site, net),
        opts=pulumi.ResourceOptions(depends_on=[net.lent]),
    )  # fmt: skip
    user = gcp.sql.User("owner", instance=server.name, name=contract.OWNER, password=owner)
    made = gcp.sql.Database(
        "database", instance=server.name, name=contract.DATABASE, opts=pulumi.ResourceOptions(depends_on=[user])
    )
    host = server.dns_names.apply(_private)
    zone = private_zone(net, "databases", host.apply(lambda name: f"{name}."))
    record = gcp.dns.RecordSet(
        "databases", managed_zone=zone.name, name=host.apply(lambda name: f"{name}."), type="A", ttl=60,
        rrdatas=[server.private_ip_address],
    )  # fmt: skip
    reached = Database(host, server.server_ca_certs.apply(_certificates), owner, application)
    roles.make(reached, [made, record])
    return reached


def _settings(site: Site, net: Net) -> gcp.sql.DatabaseInstanceSettingsArgs:
    of = gcp.sql
    asked = {"max_connections": str(sizes.CONNECTIONS), "password_encryption": "scram-sha-256"}
    return of.DatabaseInstanceSettingsArgs(
        tier="db-custom-8-32768", edition="ENTERPRISE", availability_type="REGIONAL", deletion_protection_enabled=True,
        # 30 operations a second for each GB: 12,000; the specification asks for 10,000.
        disk_type="PD_SSD", disk_size=sizes.DATABASE_GB, disk_autoresize=True,
        disk_autoresize_limit=sizes.DATABASE_MOST_GB,
        database_flags=[of.DatabaseInstanceSettingsDatabaseFlagArgs(name=name, value=asked[name]) for name in asked],
        ip_configuration=of.DatabaseInstanceSettingsIpConfigurationArgs(
            ipv4_enabled=False, private_network=net.network.id, allocated_ip_range=net.databases.name,
            ssl_mode="ENCRYPTED_ONLY", server_ca_mode="GOOGLE_MANAGED_CAS_CA",
        ),
        backup_configuration=of.DatabaseInstanceSettingsBackupConfigurationArgs(
            enabled=True, location=site.second_region, point_in_time_recovery_enabled=True, start_time="01:00",
            transaction_log_retention_days=LOG_DAYS,
            backup_retention_settings=of.DatabaseInstanceSettingsBackupConfigurationBackupRetentionSettingsArgs(
                retained_backups=sizes.RECOVERY_DAYS, retention_unit="COUNT"
            ),
        ),
    )  # fmt: skip


def _private(names: list[Any]) -> str:
    """The name that its certificate has, in our own network."""
    return str(next(one.name for one in names if one.connection_type == "PRIVATE_SERVICES_ACCESS"))


def _certificates(listed: list[Any]) -> str:
    return "\n".join(one.cert for one in listed)


def private_zone(net: Net, name: str, zone: pulumi.Input[str]) -> gcp.dns.ManagedZone:
    """A zone that only the network knows."""
    of = gcp.dns
    networks = [of.ManagedZonePrivateVisibilityConfigNetworkArgs(network_url=net.network.id)]
    return of.ManagedZone(
        name, dns_name=zone, visibility="private",
        private_visibility_config=of.ManagedZonePrivateVisibilityConfigArgs(networks=networks),
    )  # fmt: skip


def cache(site: Site, net: Net, keyring: Keyring) -> Cache:
    server = gcp.redis.Instance(
        "cache", region=site.region, tier="STANDARD_HA", memory_size_gb=5, redis_version="REDIS_7_2",
        replica_count=2, read_replicas_mode="READ_REPLICAS_ENABLED",
        connect_mode="PRIVATE_SERVICE_ACCESS", authorized_network=net.network.id, reserved_ip_range=net.caches.name,
        transit_encryption_mode="SERVER_AUTHENTICATION", auth_enabled=True, customer_managed_key=keyring.data.id,
        # Tasks lie there: nothing may be thrown away for want of room.
        redis_configs={"maxmemory-policy": "noeviction"},
        opts=pulumi.ResourceOptions(depends_on=[net.lent]),
    )  # fmt: skip
    secret = contract.quoted(server.auth_string)
    return Cache(server.host, server.server_ca_certs.apply(_certificates), secret, port=server.port)
