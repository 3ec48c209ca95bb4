"""The ranges of addresses that are not simply somebody's on the Internet: the registries of IANA, written out.

What Python calls global changes with its version, and has let some of these through; a table does not. Ranges that the
registries call reachable are here too where they serve the network itself, not hosts that anybody runs.
"""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

#: The special-purpose registry of IPv4, multicast, and what a large cloud keeps to itself.
IPV4: Final = {
    "0.0.0.0/8": "this network",
    "10.0.0.0/8": "private use",
    "100.64.0.0/10": "shared by providers",
    "127.0.0.0/8": "loopback",
    "168.63.129.16/32": "services of a cloud's host",
    "169.254.0.0/16": "link-local, metadata of clouds",
    "172.16.0.0/12": "private use",
    "192.0.0.0/24": "protocol assignments",
    "192.0.2.0/24": "documentation",
    "192.31.196.0/24": "AS112",
    "192.52.193.0/24": "multicast tunnels",
    "192.88.99.0/24": "6to4 relays",
    "192.168.0.0/16": "private use",
    "192.175.48.0/24": "AS112",
    "198.18.0.0/15": "benchmarks",
    "198.51.100.0/24": "documentation",
    "203.0.113.0/24": "documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved, broadcast",
}
#: The same of IPv6. Beyond 2000::/3 nothing is assigned to hosts, so all of it is listed.
IPV6: Final = {
    "::/8": "unspecified, loopback, embedded IPv4",
    "100::/8": "discard, dummy prefix",
    "200::/7": "reserved",
    "400::/6": "reserved",
    "800::/5": "reserved",
    "1000::/4": "reserved",
    "2001::/23": "protocol assignments, Teredo, benchmarks, ORCHID",
    "2001:db8::/32": "documentation",
    "2002::/16": "6to4",
    "2620:4f:8000::/48": "AS112",
    "3fff::/20": "documentation",
    "4000::/2": "reserved, segment routing",
    "8000::/2": "reserved",
    "c000::/3": "reserved",
    "e000::/4": "reserved",
    "f000::/5": "reserved",
    "f800::/6": "reserved",
    "fc00::/7": "unique local",
    "fe00::/9": "reserved",
    "fe80::/10": "link-local",
    "fec0::/10": "site-local",
    "ff00::/8": "multicast",
}
SPECIAL: Final[tuple[tuple[IPv4Network | IPv6Network, str], ...]] = tuple(
    (ip_network(network), use) for network, use in (IPV4 | IPV6).items()
)
