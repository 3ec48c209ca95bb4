"""The network: segments, firewalls between them, the VPN, the log of flows, protection from floods."""

from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_gcp as gcp

from resimate_infra.site import Site

#: What firewalls know nodes by.
WORKERS: Final = "workers"
#: Where Memorystore speaks TLS.
CACHE_PORT: Final = 6378


@dataclass(frozen=True)
class Net:
    network: gcp.compute.Network
    nodes: gcp.compute.Subnetwork
    #: The parts of the network that are lent to the platform's own services.
    databases: gcp.compute.GlobalAddress
    caches: gcp.compute.GlobalAddress
    lent: gcp.servicenetworking.Connection


def make(site: Site) -> Net:
    network = gcp.compute.Network("network", auto_create_subnetworks=False, routing_mode="REGIONAL")
    nodes = gcp.compute.Subnetwork(
        "nodes", network=network.id, region=site.region, ip_cidr_range=str(site.nodes), private_ip_google_access=True,
        secondary_ip_ranges=[
            gcp.compute.SubnetworkSecondaryIpRangeArgs(range_name="pods", ip_cidr_range=str(site.pods)),
            gcp.compute.SubnetworkSecondaryIpRangeArgs(range_name="services", ip_cidr_range=str(site.services)),
        ],
        # Who spoke to whom, all of it.
        log_config=gcp.compute.SubnetworkLogConfigArgs(
            aggregation_interval="INTERVAL_1_MIN", flow_sampling=1.0, metadata="INCLUDE_ALL_METADATA"
        ),
    )  # fmt: skip
    databases, caches = _lent("databases", network, site.databases), _lent("caches", network, site.caches)
    lent = gcp.servicenetworking.Connection(
        "lent", network=network.id, service="servicenetworking.googleapis.com",
        reserved_peering_ranges=[databases.name, caches.name],
    )  # fmt: skip
    # By the VPN, too, those who manage find what is there.
    gcp.compute.NetworkPeeringRoutesConfig(
        "lent", network=network.name, peering=lent.peering, import_custom_routes=False, export_custom_routes=True
    )
    net = Net(network, nodes, databases, caches, lent)
    _walls(site, net)
    _way_out(site, net)
    return net


def _lent(name: str, network: gcp.compute.Network, block: object) -> gcp.compute.GlobalAddress:
    address, _, length = str(block).partition("/")
    return gcp.compute.GlobalAddress(
        name, network=network.id, purpose="VPC_PEERING", address_type="INTERNAL", address=address,
        prefix_length=int(length),
    )  # fmt: skip


def _walls(site: Site, net: Net) -> None:
    """Nobody comes in but to the ingress; only workers reach data."""
    allow = gcp.compute.FirewallAllowArgs
    gcp.compute.Firewall(
        "public-to-ingress", network=net.network.id, direction="INGRESS", source_ranges=["0.0.0.0/0"],
        target_tags=[WORKERS], allows=[allow(protocol="tcp", ports=["443"])],
    )  # fmt: skip
    gcp.compute.Firewall(
        "nodes-to-nodes", network=net.network.id, direction="INGRESS", source_tags=[WORKERS], target_tags=[WORKERS],
        allows=[allow(protocol="all")],
    )  # fmt: skip
    for name, block, port in (("databases", site.databases, 5432), ("caches", site.caches, CACHE_PORT)):
        gcp.compute.Firewall(
            f"nodes-to-{name}", network=net.network.id, direction="EGRESS", priority=900, target_tags=[WORKERS],
            destination_ranges=[str(block)], allows=[allow(protocol="tcp", ports=[str(port)])],
        )  # fmt: skip
        gcp.compute.Firewall(
            f"nobody-else-to-{name}", network=net.network.id, direction="EGRESS", priority=1000,
            destination_ranges=[str(block)], denies=[gcp.compute.FirewallDenyArgs(protocol="all")],
            log_config=gcp.compute.FirewallLogConfigArgs(metadata="INCLUDE_ALL_METADATA"),
        )  # fmt: skip


def _way_out(site: Site, net: Net) -> None:
    """Nodes call out by addresses that stay the same; nobody comes in by them."""
    router = gcp.compute.Router("out", network=net.network.id, region=site.region)
    addresses = [gcp.compute.Address(f"out-{number}", region=site.region) for number in range(2)]
    gcp.compute.RouterNat(
        "out", router=router.name, region=site.region, nat_ip_allocate_option="MANUAL_ONLY",
        nat_ips=[one.self_link for one in addresses],
        source_subnetwork_ip_ranges_to_nat="ALL_SUBNETWORKS_ALL_IP_RANGES",
        log_config=gcp.compute.RouterNatLogConfigArgs(enable=True, filter="ERRORS_ONLY"),
    )  # fmt: skip


def connect_office(site: Site, net: Net) -> None:
    """Two tunnels to those who manage; nothing but IKEv2 and AES-256. Routes come by BGP, names by asking here."""
    gcp.dns.Policy(
        "office", enable_inbound_forwarding=True,
        networks=[gcp.dns.PolicyNetworkArgs(network_url=net.network.id)],
    )  # fmt: skip
    ours = gcp.compute.HaVpnGateway("office", network=net.network.id, region=site.region)
    interface = gcp.compute.ExternalVpnGatewayInterfaceArgs(id=0, ip_address=site.office_gateway)
    theirs = gcp.compute.ExternalVpnGateway(
        "office", redundancy_type="SINGLE_IP_INTERNALLY_REDUNDANT", interfaces=[interface]
    )
    router = gcp.compute.Router(
        "office", network=net.network.id, region=site.region, bgp=gcp.compute.RouterBgpArgs(asn=64_514)
    )
    for number in range(2):
        _tunnel(site, number, ours, theirs, router)


def _tunnel(
    site: Site, number: int, ours: gcp.compute.HaVpnGateway, theirs: gcp.compute.ExternalVpnGateway,
    router: gcp.compute.Router,
) -> None:  # fmt: skip
    name = f"office-{number}"
    ciphers = gcp.compute.VPNTunnelCipherSuiteArgs(
        phase1=gcp.compute.VPNTunnelCipherSuitePhase1Args(
            encryptions=["AES-GCM-16-256"], dhs=["Group-20"], prves=["PRF-HMAC-SHA2-384"], integrities=[]
        ),
        phase2=gcp.compute.VPNTunnelCipherSuitePhase2Args(encryptions=["AES-GCM-16-256"], pfs=["Group-20"]),
    )
    tunnel = gcp.compute.VPNTunnel(
        name, region=site.region, vpn_gateway=ours.id, vpn_gateway_interface=number, peer_external_gateway=theirs.id,
        peer_external_gateway_interface=0, shared_secret=site.vpn_secret, router=router.id, ike_version=2,
        cipher_suite=ciphers,
    )  # fmt: skip
    here = gcp.compute.RouterInterface(
        name, router=router.name, region=site.region, vpn_tunnel=tunnel.name, ip_range=f"169.254.{number}.1/30"
    )
    gcp.compute.RouterPeer(
        name, router=router.name, region=site.region, interface=here.name, peer_ip_address=f"169.254.{number}.2",
        peer_asn=65_000,
    )  # fmt: skip


def protected_address(site: Site) -> gcp.compute.Address:
    """The address of the ingress, in a region where Cloud Armor looks at every packet."""
    policy = gcp.compute.RegionSecurityPolicy(
        "floods", region=site.region, type="CLOUD_ARMOR_NETWORK",
        ddos_protection_config=gcp.compute.RegionSecurityPolicyDdosProtectionConfigArgs(
            ddos_protection="ADVANCED"
        ),
    )  # fmt: skip
    gcp.compute.NetworkEdgeSecurityService("floods", region=site.region, security_policy=policy.self_link)
    return gcp.compute.Address(
        "ingress", region=site.region, address_type="EXTERNAL", network_tier="PREMIUM",
        opts=pulumi.ResourceOptions(protect=True),
    )  # fmt: skip
