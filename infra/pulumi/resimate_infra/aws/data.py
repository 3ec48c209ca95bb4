"""PostgreSQL in two zones, with its backups in the second region, and the cache."""

import pulumi
import pulumi_aws as aws

from resimate_infra import contract, roles, sizes
from resimate_infra.aws.keys import Keyring
from resimate_infra.aws.network import Net
from resimate_infra.contract import Cache, Database
from resimate_infra.site import Site

#: 12,000 without a word, with disks from 400 GB on; the specification asks for 10,000.
IOPS = 12_000


def database(site: Site, net: Net, keyring: Keyring) -> Database:
    owner, application = contract.password("database-owner"), contract.password("database-application")
    server = _server(net, keyring, owner)
    aws.rds.InstanceAutomatedBackupsReplication(
        "database", region=site.second_region, source_db_instance_arn=server.arn, kms_key_id=keyring.backups.arn,
        retention_period=sizes.RECOVERY_DAYS,
    )  # fmt: skip
    reached = Database(server.address, site.authority("database"), owner, application)
    roles.make(reached, [server])
    return reached


def _server(net: Net, keyring: Keyring, password: pulumi.Output[str]) -> aws.rds.Instance:
    subnets = aws.rds.SubnetGroup("database", subnet_ids=net.databases)
    return aws.rds.Instance(
        "database", identifier="resimate", engine="postgres", engine_version=sizes.POSTGRES,
        instance_class="db.m7g.2xlarge", multi_az=True, publicly_accessible=False,
        db_name=contract.DATABASE, username=contract.OWNER, password=password,
        db_subnet_group_name=subnets.name, vpc_security_group_ids=[net.database_group.id],
        storage_type="gp3", allocated_storage=sizes.DATABASE_GB, max_allocated_storage=sizes.DATABASE_MOST_GB,
        iops=IOPS, storage_encrypted=True, kms_key_id=keyring.data.arn,
        backup_retention_period=sizes.RECOVERY_DAYS, copy_tags_to_snapshot=True, delete_automated_backups=False,
        skip_final_snapshot=False, final_snapshot_identifier="resimate-last", deletion_protection=True,
        parameter_group_name=_parameters().name, ca_cert_identifier="rds-ca-rsa2048-g1",
        auto_minor_version_upgrade=True, enabled_cloudwatch_logs_exports=["postgresql", "upgrade"],
        performance_insights_enabled=True, performance_insights_kms_key_id=keyring.data.arn,
    )  # fmt: skip


def _parameters() -> aws.rds.ParameterGroup:
    asked = {
        "rds.force_ssl": "1",
        "ssl_min_protocol_version": "TLSv1.3",
        "max_connections": str(sizes.CONNECTIONS),
        "password_encryption": "scram-sha-256",
    }
    return aws.rds.ParameterGroup(
        "database", family=f"postgres{sizes.POSTGRES}",
        parameters=[
            aws.rds.ParameterGroupParameterArgs(name=name, value=value, apply_method="pending-reboot")
            for name, value in asked.items()
        ],
    )  # fmt: skip


def cache(site: Site, net: Net, key: aws.kms.Key) -> Cache:
    secret = contract.password("cache")
    subnets = aws.elasticache.SubnetGroup("cache", subnet_ids=net.caches)
    # Tasks lie there: nothing may be thrown away for want of room.
    parameters = aws.elasticache.ParameterGroup(
        "cache", family="valkey8",
        parameters=[aws.elasticache.ParameterGroupParameterArgs(name="maxmemory-policy", value="noeviction")],
    )  # fmt: skip
    server = aws.elasticache.ReplicationGroup(
        "cache", description="Resimate: cache, limits and the broker", engine="valkey", engine_version="8.0",
        node_type="cache.m7g.large", num_cache_clusters=3, automatic_failover_enabled=True, multi_az_enabled=True,
        subnet_group_name=subnets.name, security_group_ids=[net.cache_group.id], parameter_group_name=parameters.name,
        transit_encryption_enabled=True, transit_encryption_mode="required", auth_token=secret,
        at_rest_encryption_enabled=True, kms_key_id=key.arn, snapshot_retention_limit=sizes.RECOVERY_DAYS,
    )  # fmt: skip
    return Cache(server.primary_endpoint_address, site.authority("cache"), secret)
