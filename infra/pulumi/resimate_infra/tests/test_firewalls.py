"""What opens a way too far is noticed, in whatever way a platform writes it."""

from collections.abc import Callable

import pytest

from resimate_infra.tests.recording import Recorded, Resource
from resimate_infra.tests.rules import open_to_all, strangers

AWS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


def aws(source: str, first: int, last: int) -> Resource:
    return Resource(AWS, "way", {"ipProtocol": "tcp", "cidrIpv4": source, "fromPort": first, "toPort": last})


def aws_inside(source: str, first: int, last: int) -> Resource:
    rule = {"cidrBlocks": [source], "fromPort": first, "toPort": last, "protocol": "tcp"}
    return Resource("aws:ec2/securityGroup:SecurityGroup", "way", {"ingress": [rule]})


def azure(source: str, first: int, last: int) -> Resource:
    inputs = {"sourceAddressPrefix": source, "destinationPortRange": f"{first}-{last}"}
    kind = "azure:network/networkSecurityRule:NetworkSecurityRule"
    return Resource(kind, "way", {"direction": "Inbound", "access": "Allow", **inputs})


def azure_lists(source: str, first: int, last: int) -> Resource:
    inputs = {"sourceAddressPrefixes": [source], "destinationPortRanges": [f"{first}-{last}"]}
    kind = "azure:network/networkSecurityRule:NetworkSecurityRule"
    return Resource(kind, "way", {"direction": "Inbound", "access": "Allow", **inputs})


def gcp(source: str, first: int, last: int) -> Resource:
    allows = [{"protocol": "tcp", "ports": [f"{first}-{last}"]}]
    inputs = {"direction": "INGRESS", "sourceRanges": [source], "allows": allows}
    return Resource("gcp:compute/firewall:Firewall", "way", inputs)


def openstack(source: str, first: int, last: int) -> Resource:
    inputs = {"action": "allow", "sourceIpAddress": source, "destinationPort": f"{first}:{last}"}
    return Resource("openstack:firewall/ruleV2:RuleV2", "way", inputs)


def openstack_group(source: str, first: int, last: int) -> Resource:
    inputs = {"direction": "ingress", "remoteIpPrefix": source, "portRangeMin": first, "portRangeMax": last}
    return Resource("openstack:networking/secGroupRule:SecGroupRule", "way", inputs)


Written = Callable[[str, int, int], Resource]
WRITTEN: list[Written] = [aws, aws_inside, azure, azure_lists, gcp, openstack, openstack_group]


@pytest.mark.parametrize("write", WRITTEN)
@pytest.mark.parametrize(
    ("first", "last"), [(5432, 5432), (6379, 6379), (6443, 6443), (22, 22), (0, 65535), (443, 6443)]
)
def test_a_port_that_is_open_to_everybody_is_noticed(write: Written, first: int, last: int) -> None:
    recorded = Recorded("any", (write("0.0.0.0/0", first, last),))

    assert open_to_all(recorded) == [f"way opens {first}-{last} to everybody"]


@pytest.mark.parametrize("write", WRITTEN)
def test_a_stranger_at_the_database_is_noticed(write: Written) -> None:
    recorded = Recorded("any", (write("10.0.0.0/8", 5000, 6000),))

    assert strangers(recorded, 5432, {"10.20.0.0/19"}) == ["way opens 5432 to 10.0.0.0/8"]
    assert strangers(recorded, 6379, set()) == []
    assert open_to_all(recorded) == []
