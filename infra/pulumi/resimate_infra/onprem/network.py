"""The network: segments, the wall to the outside, and the VPN."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_openstack as openstack

from resimate_infra import sizes
from resimate_infra.site import Site


@dataclass(frozen=True)
class Net:
    router: openstack.networking.Router
    nodes: openstack.networking.Network
    node_subnet: openstack.networking.Subnet


def make(site: Site) -> Net:
    # As much as this is kept free for each machine on the way between them.
    speed = openstack.networking.QosPolicy("nodes", description="Resimate: workers")
    for direction in ("egress", "ingress"):
        openstack.networking.QosMinimumBandwidthRule(
            f"nodes-{direction}", qos_policy_id=speed.id, direction=direction, min_kbps=sizes.WORKER_GBPS * 1_000_000
        )
    router = openstack.networking.Router(
        "out", external_network_id=site.config.require("outsideId"), enable_snat=True, admin_state_up=True
    )
    nodes, node_subnet, node_port = _segment("nodes", site.nodes, router, speed.id)
    _, _, edge_port = _segment("edge", site.edge, router)
    _, _, management_port = _segment("management", site.management, router)
    _wall(site, [node_port, edge_port, management_port])
    return Net(router, nodes, node_subnet)


def _segment(
    name: str, block: IPv4Network, router: openstack.networking.Router, speed: pulumi.Input[str] | None = None
) -> tuple[openstack.networking.Network, openstack.networking.Subnet, pulumi.Output[str]]:
    network = openstack.networking.Network(
        name, admin_state_up=True, port_security_enabled=True, qos_policy_id=speed, tags=[f"segment={name}"]
    )
    subnet = openstack.networking.Subnet(name, network_id=network.id, cidr=str(block), ip_version=4)
    interface = openstack.networking.RouterInterface(name, router_id=router.id, subnet_id=subnet.id)
    return network, subnet, interface.port_id


def _wall(site: Site, ports: Sequence[pulumi.Output[str]]) -> None:
    """On the router: the public reaches the ingress, those who manage the API server; nobody else comes in."""
    allowed = [
        _rule("public-to-ingress", "0.0.0.0/0", str(site.edge), "443"),
        _rule("nodes-to-ingress", str(site.nodes), str(site.edge), "443"),
        *(_rule(f"office-{number}", block, str(site.nodes), "6443") for number, block in enumerate(site.office)),
        openstack.firewall.RuleV2("nobody-else", action="deny", ip_version=4, protocol="any"),
    ]
    out = openstack.firewall.RuleV2(
        "out", action="allow", protocol="any", ip_version=4, source_ip_address=site.everything
    )
    inward = openstack.firewall.PolicyV2("in", rules=[one.id for one in allowed], audited=True)
    outward = openstack.firewall.PolicyV2("out", rules=[out.id], audited=True)
    openstack.firewall.GroupV2(
        "wall", ingress_firewall_policy_id=inward.id, egress_firewall_policy_id=outward.id, ports=list(ports),
        admin_state_up=True,
    )  # fmt: skip


def _rule(name: str, source: str, to: str, port: str) -> openstack.firewall.RuleV2:
    return openstack.firewall.RuleV2(
        name, action="allow", protocol="tcp", ip_version=4, source_ip_address=source, destination_ip_address=to,
        destination_port=port,
    )  # fmt: skip


def connect_office(site: Site, net: Net) -> None:
    """A tunnel to those who manage; nothing but IKEv2 and AES-256."""
    ike = openstack.vpnaas.IkePolicy(
        "office", ike_version="v2", encryption_algorithm="aes-256", auth_algorithm="sha384", pfs="group20"
    )
    ipsec = openstack.vpnaas.IpSecPolicy(
        "office", transform_protocol="esp", encapsulation_mode="tunnel", encryption_algorithm="aes-256",
        auth_algorithm="sha384", pfs="group20",
    )  # fmt: skip
    service = openstack.vpnaas.Service("office", router_id=net.router.id, admin_state_up=True)
    ours = openstack.vpnaas.EndpointGroup("ours", type="subnet", endpoints=[net.node_subnet.id])
    theirs = openstack.vpnaas.EndpointGroup("theirs", type="cidr", endpoints=list(site.office))
    openstack.vpnaas.SiteConnection(
        "office", vpnservice_id=service.id, ikepolicy_id=ike.id, ipsecpolicy_id=ipsec.id, psk=site.vpn_secret,
        peer_address=site.office_gateway, peer_id=site.office_gateway, local_ep_group_id=ours.id,
        peer_ep_group_id=theirs.id, admin_state_up=True,
    )  # fmt: skip
