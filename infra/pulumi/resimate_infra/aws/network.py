"""The network: segments in three zones, firewalls between them, the VPN, the log of flows, protection from floods."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from resimate_infra import sizes
from resimate_infra.site import Site, in_zones


@dataclass(frozen=True)
class Net:
    vpc: aws.ec2.Vpc
    nodes: Sequence[pulumi.Output[str]]
    databases: Sequence[pulumi.Output[str]]
    caches: Sequence[pulumi.Output[str]]
    #: The tables by which private subnets find their way.
    tables: Sequence[aws.ec2.RouteTable]
    node_group: aws.ec2.SecurityGroup
    database_group: aws.ec2.SecurityGroup
    cache_group: aws.ec2.SecurityGroup
    control_group: aws.ec2.SecurityGroup


def make(site: Site) -> Net:
    vpc = aws.ec2.Vpc("network", cidr_block=site.everything, enable_dns_hostnames=True, enable_dns_support=True)
    aws.ec2.DefaultSecurityGroup("nothing", vpc_id=vpc.id, ingress=[], egress=[])
    zones = aws.get_availability_zones_output(state="available").names
    edge = _subnets("edge", vpc, zones, in_zones(site.edge), {"kubernetes.io/role/elb": "1"})
    nodes = _subnets("nodes", vpc, zones, in_zones(site.nodes), {"kubernetes.io/role/internal-elb": "1"})
    groups = {name: _group(name, vpc) for name in ("nodes", "databases", "caches", "control-plane")}
    net = Net(
        vpc, [one.id for one in nodes],
        [one.id for one in _subnets("databases", vpc, zones, in_zones(site.databases), {})],
        [one.id for one in _subnets("caches", vpc, zones, in_zones(site.caches), {})],
        _ways(vpc, edge, nodes),
        groups["nodes"], groups["databases"], groups["caches"], groups["control-plane"],
    )  # fmt: skip
    _let_in(site, net)
    return net


def _subnets(
    name: str, vpc: aws.ec2.Vpc, zones: pulumi.Output[list[str]], blocks: Sequence[str], tags: dict[str, str]
) -> list[aws.ec2.Subnet]:
    return [
        aws.ec2.Subnet(
            f"{name}-{number}", vpc_id=vpc.id, cidr_block=block, availability_zone=zones[number],
            map_public_ip_on_launch=False, tags={"segment": name, **tags},
        )
        for number, block in enumerate(blocks)
    ]  # fmt: skip


def _ways(
    vpc: aws.ec2.Vpc, edge: Sequence[aws.ec2.Subnet], nodes: Sequence[aws.ec2.Subnet]
) -> list[aws.ec2.RouteTable]:
    """The edge answers the public; nodes only call out, each by its own zone; databases and caches do neither."""
    gateway = aws.ec2.InternetGateway("edge", vpc_id=vpc.id)
    out = aws.ec2.RouteTable("edge", vpc_id=vpc.id)
    aws.ec2.Route("edge", route_table_id=out.id, destination_cidr_block="0.0.0.0/0", gateway_id=gateway.id)
    tables = []
    for number, (outer, inner) in enumerate(zip(edge, nodes, strict=True)):
        aws.ec2.RouteTableAssociation(f"edge-{number}", subnet_id=outer.id, route_table_id=out.id)
        address = aws.ec2.Eip(f"out-{number}", domain="vpc")
        nat = aws.ec2.NatGateway(f"out-{number}", subnet_id=outer.id, allocation_id=address.id)
        table = aws.ec2.RouteTable(f"nodes-{number}", vpc_id=vpc.id)
        aws.ec2.Route(
            f"out-{number}", route_table_id=table.id, destination_cidr_block="0.0.0.0/0", nat_gateway_id=nat.id
        )
        aws.ec2.RouteTableAssociation(f"nodes-{number}", subnet_id=inner.id, route_table_id=table.id)
        tables.append(table)
    return tables


def _group(name: str, vpc: aws.ec2.Vpc) -> aws.ec2.SecurityGroup:
    return aws.ec2.SecurityGroup(name, vpc_id=vpc.id, description=f"Resimate: {name}", revoke_rules_on_delete=True)


def _let_in(site: Site, net: Net) -> None:
    _rule("nodes-to-databases", net.database_group, 5432, group=net.node_group)
    _rule("nodes-to-caches", net.cache_group, 6379, group=net.node_group)
    _rule("nodes-to-nodes", net.node_group, None, group=net.node_group)
    _rule("control-plane-to-nodes", net.node_group, 10250, group=net.control_group)
    _rule("control-plane-to-webhooks", net.node_group, 8443, group=net.control_group)
    _rule("nodes-to-control-plane", net.control_group, 443, group=net.node_group)
    # The balancer keeps the address of whoever asks, as the overlay tells it to, and so the public comes here.
    _rule("public-to-ingress", net.node_group, 443, network="0.0.0.0/0")
    aws.vpc.SecurityGroupEgressRule(
        "nodes-out", security_group_id=net.node_group.id, ip_protocol="-1", cidr_ipv4="0.0.0.0/0"
    )
    for number, office in enumerate(site.office):
        _rule(f"office-{number}-to-databases", net.database_group, 5432, network=office)
        _rule(f"office-{number}-to-control-plane", net.control_group, 443, network=office)


def _rule(
    name: str, to: aws.ec2.SecurityGroup, port: int | None, *, network: str | None = None, group: Any = None
) -> None:
    """``port``: all ports when none."""
    aws.vpc.SecurityGroupIngressRule(
        name, security_group_id=to.id, ip_protocol="tcp" if port else "-1", from_port=port, to_port=port,
        cidr_ipv4=network, referenced_security_group_id=group.id if group else None,
    )  # fmt: skip


def log_flows(net: Net, key: aws.kms.Key) -> None:
    """Who spoke to whom, also what was turned away."""
    log = aws.cloudwatch.LogGroup("flows", retention_in_days=sizes.FLOW_LOG_DAYS, kms_key_id=key.arn)
    role = aws.iam.Role("flows", assume_role_policy=trusts("vpc-flow-logs.amazonaws.com"))
    may = log.arn.apply(
        lambda arn: allows(["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"], f"{arn}:*")
    )
    aws.iam.RolePolicy("flows", role=role.id, policy=may)
    aws.ec2.FlowLog(
        "flows", vpc_id=net.vpc.id, traffic_type="ALL", log_destination=log.arn, iam_role_arn=role.arn,
        max_aggregation_interval=60,
    )  # fmt: skip


def connect_office(site: Site, net: Net) -> None:
    """Two tunnels to those who manage; nothing but IKEv2 and AES-256."""
    ours = aws.ec2.VpnGateway("office", vpc_id=net.vpc.id)
    theirs = aws.ec2.CustomerGateway("office", type="ipsec.1", ip_address=site.office_gateway, bgp_asn="65000")
    line = aws.ec2.VpnConnection(
        "office", type="ipsec.1", vpn_gateway_id=ours.id, customer_gateway_id=theirs.id, static_routes_only=True,
        tunnel1_ike_versions=["ikev2"], tunnel2_ike_versions=["ikev2"],
        tunnel1_phase1_encryption_algorithms=["AES256-GCM-16"], tunnel2_phase1_encryption_algorithms=["AES256-GCM-16"],
        tunnel1_phase2_encryption_algorithms=["AES256-GCM-16"], tunnel2_phase2_encryption_algorithms=["AES256-GCM-16"],
        tunnel1_phase1_dh_group_numbers=[20], tunnel2_phase1_dh_group_numbers=[20],
        tunnel1_phase2_dh_group_numbers=[20], tunnel2_phase2_dh_group_numbers=[20],
    )  # fmt: skip
    for number, network in enumerate(site.office):
        aws.ec2.VpnConnectionRoute(f"office-{number}", destination_cidr_block=network, vpn_connection_id=line.id)
    for number, table in enumerate(net.tables):
        aws.ec2.VpnGatewayRoutePropagation(f"office-{number}", vpn_gateway_id=ours.id, route_table_id=table.id)


def protected_addresses() -> list[aws.ec2.Eip]:
    """An address of the ingress in each zone, behind Shield Advanced."""
    addresses = [aws.ec2.Eip(f"ingress-{number}", domain="vpc") for number in range(3)]
    account = aws.get_caller_identity_output().account_id
    region = aws.get_region_output().region
    for number, address in enumerate(addresses):
        arn = pulumi.Output.concat("arn:aws:ec2:", region, ":", account, ":eip-allocation/", address.id)
        aws.shield.Protection(f"ingress-{number}", name=f"resimate-ingress-{number}", resource_arn=arn)
    return addresses


def allows(actions: Sequence[str], *resources: str) -> str:
    """A policy that permits these actions on these resources alone."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trusts(service: str, *actions: str) -> str:
    """A policy by which a service takes on a role."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": list(actions) or ["sts:AssumeRole"]}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
