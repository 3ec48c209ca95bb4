"""The network: segments, firewalls between them, the VPN, the log of flows, protection from floods."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any, Final

import pulumi
import pulumi_azure as azure

from resimate_infra import sizes
from resimate_infra.site import Site

CACHE_PORT: Final = 10000
#: The zone in which Flexible Server is found; it has to end so.
DATABASE_ZONE: Final = "resimate.private.postgres.database.azure.com"


@dataclass(frozen=True)
class Net:
    group: azure.core.ResourceGroup
    network: azure.network.VirtualNetwork
    plan: azure.network.DdosProtectionPlan
    nodes: azure.network.Subnet
    databases: azure.network.Subnet
    caches: azure.network.Subnet
    management: azure.network.Subnet
    gateway: azure.network.Subnet


@dataclass(frozen=True)
class Way:
    name: str
    sources: Sequence[str]
    port: int


def make(site: Site, group: azure.core.ResourceGroup) -> Net:
    plan = azure.network.DdosProtectionPlan("floods", resource_group_name=group.name, location=group.location)
    network = azure.network.VirtualNetwork(
        "network", resource_group_name=group.name, location=group.location, address_spaces=[site.everything],
        ddos_protection_plan=azure.network.VirtualNetworkDdosProtectionPlanArgs(id=plan.id, enable=True),
    )  # fmt: skip
    nodes, databases = str(site.nodes), str(site.databases)
    gateway, endpoints = list(site.management.subnets(1))
    office = Way("office", site.office, 5432)
    net = Net(
        group, network, plan,
        _subnet(
            "nodes", network, site.nodes, [Way("public-to-ingress", ["Internet"], 443)],
            service_endpoints=["Microsoft.Storage"],
        ),
        _subnet(
            "databases", network, site.databases,
            [Way("nodes", [nodes], 5432), Way("replicas", [databases], 5432), office],
            delegations=[_to("Microsoft.DBforPostgreSQL/flexibleServers")],
        ),
        _subnet("caches", network, site.caches, [Way("nodes", [nodes], CACHE_PORT)]),
        _subnet("management", network, endpoints, [Way("nodes", [nodes], 443), Way("office", site.office, 443)]),
        azure.network.Subnet(
            "gateway", name="GatewaySubnet", resource_group_name=group.name, virtual_network_name=network.name,
            address_prefixes=[str(gateway)],
        ),
    )  # fmt: skip
    _way_out(net)
    return net


def _to(service: str) -> azure.network.SubnetDelegationArgs:
    of = azure.network.SubnetDelegationServiceDelegationArgs(
        name=service, actions=["Microsoft.Network/virtualNetworks/subnets/join/action"]
    )
    return azure.network.SubnetDelegationArgs(name="delegated", service_delegation=of)


def _subnet(
    name: str, network: azure.network.VirtualNetwork, block: IPv4Network, ways: Sequence[Way], **more: Any
) -> azure.network.Subnet:
    """A segment, which lets in what is named and nothing else, not even from its neighbours."""
    group, location = network.resource_group_name, network.location
    subnet = azure.network.Subnet(
        name, resource_group_name=group, virtual_network_name=network.name, address_prefixes=[str(block)],
        default_outbound_access_enabled=False, private_endpoint_network_policies="Enabled", **more,
    )  # fmt: skip
    wall = azure.network.NetworkSecurityGroup(name, resource_group_name=group, location=location)
    for number, way in enumerate(ways):
        _rule(f"{name}-from-{way.name}", wall, 100 + number, way.sources, str(way.port), "Allow")
    if name == "nodes":
        # The balancer asks the nodes how they are on ports that Kubernetes gives out.
        _rule("nodes-from-nodes", wall, 200, [str(block)], "*", "Allow")
        _rule("nodes-from-balancer", wall, 210, ["AzureLoadBalancer"], "30000-32767", "Allow")
    _rule(f"{name}-from-nobody-else", wall, 4096, ["*"], "*", "Deny")
    azure.network.SubnetNetworkSecurityGroupAssociation(name, subnet_id=subnet.id, network_security_group_id=wall.id)
    return subnet


def _rule(
    name: str, wall: azure.network.NetworkSecurityGroup, priority: int, sources: Sequence[str], port: str, access: str
) -> None:
    tagged = len(sources) == 1
    azure.network.NetworkSecurityRule(
        name, resource_group_name=wall.resource_group_name, network_security_group_name=wall.name, priority=priority,
        direction="Inbound", access=access, protocol="*" if port == "*" else "Tcp",
        source_address_prefix=sources[0] if tagged else None, source_address_prefixes=None if tagged else list(sources),
        source_port_range="*", destination_address_prefix="*", destination_port_range=port,
    )  # fmt: skip


def _way_out(net: Net) -> None:
    """Nodes call out by addresses that stay the same; nobody comes in by them."""
    where: dict[str, Any] = {"resource_group_name": net.group.name, "location": net.group.location}
    address = azure.network.PublicIp("out", **where, sku="Standard", allocation_method="Static", zones=["1", "2", "3"])
    gateway = azure.network.NatGateway("out", **where, sku_name="StandardV2")
    azure.network.NatGatewayPublicIpAssociation("out", nat_gateway_id=gateway.id, public_ip_address_id=address.id)
    azure.network.SubnetNatGatewayAssociation("out", subnet_id=net.nodes.id, nat_gateway_id=gateway.id)


def log_flows(site: Site, net: Net) -> None:
    """Who spoke to whom, also what was turned away."""
    account = azure.storage.Account(
        "flows", resource_group_name=net.group.name, location=net.group.location, account_tier="Standard",
        account_replication_type="ZRS", min_tls_version="TLS1_2", https_traffic_only_enabled=True,
        allow_nested_items_to_be_public=False, public_network_access_enabled=False,
    )  # fmt: skip
    azure.network.NetworkWatcherFlowLog(
        "flows", network_watcher_name=f"NetworkWatcher_{site.region}", resource_group_name="NetworkWatcherRG",
        target_resource_id=net.network.id, storage_account_id=account.id, enabled=True, version=2,
        retention_policy=azure.network.NetworkWatcherFlowLogRetentionPolicyArgs(enabled=True, days=sizes.FLOW_LOG_DAYS),
    )  # fmt: skip


def connect_office(site: Site, net: Net) -> None:
    """A tunnel to those who manage; nothing but IKEv2 and AES-256."""
    where: dict[str, Any] = {"resource_group_name": net.group.name, "location": net.group.location}
    address = azure.network.PublicIp(
        "office", **where, sku="Standard", allocation_method="Static", zones=["1", "2", "3"]
    )
    ours = azure.network.VirtualNetworkGateway(
        "office", **where, type="Vpn", vpn_type="RouteBased", sku="VpnGw2AZ", generation="Generation2",
        ip_configurations=[
            azure.network.VirtualNetworkGatewayIpConfigurationArgs(
                subnet_id=net.gateway.id, public_ip_address_id=address.id
            )
        ],
    )  # fmt: skip
    theirs = azure.network.LocalNetworkGateway(
        "office", **where, gateway_address=site.office_gateway, address_spaces=list(site.office)
    )
    policy = azure.network.VirtualNetworkGatewayConnectionIpsecPolicyArgs(
        dh_group="ECP384", ike_encryption="AES256", ike_integrity="SHA384",
        ipsec_encryption="GCMAES256", ipsec_integrity="GCMAES256", pfs_group="ECP384",
    )  # fmt: skip
    azure.network.VirtualNetworkGatewayConnection(
        "office", **where, type="IPsec", connection_protocol="IKEv2", virtual_network_gateway_id=ours.id,
        local_network_gateway_id=theirs.id, shared_key=site.vpn_secret, ipsec_policy=policy,
    )  # fmt: skip


def protected_address(net: Net) -> azure.network.PublicIp:
    """The address of the ingress, in all zones."""
    return azure.network.PublicIp(
        "ingress", resource_group_name=net.group.name, location=net.group.location, sku="Standard",
        allocation_method="Static", zones=["1", "2", "3"], ddos_protection_mode="Enabled",
        ddos_protection_plan_id=net.plan.id,
    )  # fmt: skip


def private_zone(net: Net, name: str, zone: str) -> azure.privatedns.Zone:
    """A zone that only the network knows."""
    made = azure.privatedns.Zone(name, name=zone, resource_group_name=net.group.name)
    azure.privatedns.ZoneVirtualNetworkLink(
        name, resource_group_name=net.group.name, private_dns_zone_name=made.name, virtual_network_id=net.network.id
    )
    return made


def endpoint(net: Net, name: str, service: pulumi.Input[str], part: str, zone: str, *, subnet: Any = None) -> None:
    """A private address of a service of the platform, found by its public name."""
    zones = azure.privatelink.EndpointPrivateDnsZoneGroupArgs(
        name=name, private_dns_zone_ids=[private_zone(net, name, zone).id]
    )
    azure.privatelink.Endpoint(
        name, resource_group_name=net.group.name, location=net.group.location,
        subnet_id=(subnet or net.management).id, private_dns_zone_group=zones,
        private_service_connection=azure.privatelink.EndpointPrivateServiceConnectionArgs(
            name=name, is_manual_connection=False, private_connection_resource_id=service, subresource_names=[part]
        ),
    )  # fmt: skip
