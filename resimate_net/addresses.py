"""Which addresses are outside: public, whatever they carry within."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

from resimate_net.special_ranges import SPECIAL

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

#: Another spelling of an IPv4 address, no more: what is within decides alone.
MAPPED: Final = IPv6Network("::ffff:0:0/96")
NAT64: Final = IPv6Network("64:ff9b::/96")
#: What is within is reached by a tunnel; here both have to be public, and ranges of tunnels are not.
COMPATIBLE: Final = IPv6Network("::/96")
LOCAL_NAT64: Final = IPv6Network("64:ff9b:1::/48")
#: The third quarter of an ISATAP address, of a private network or of a public one.
ISATAP: Final = frozenset({0x00005EFE, 0x02005EFE})


def embedded(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that one of IPv6 carries within, in any of the forms there are.

    >>> embedded(IPv6Address("64:ff9b::7f00:1")), embedded(IPv6Address("2002:a00:1::"))
    (IPv4Address('127.0.0.1'), IPv4Address('10.0.0.1'))
    """
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    at_the_end = any(address in network for network in (MAPPED, NAT64, COMPATIBLE, LOCAL_NAT64))
    if at_the_end or (int(address) >> 32) & 0xFFFFFFFF in ISATAP:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def special_use(address: Address) -> str:
    """What an address is for, other than a host on the Internet; empty for one that is outside.

    >>> special_use(IPv4Address("9.9.9.9")), special_use(IPv6Address("::ffff:10.1.2.3"))
    ('', 'private use')
    """
    return next((use for one in _judged(address) for network, use in SPECIAL if one in network), "")


def is_outside(address: Address, allowed: Iterable[Network] = ()) -> bool:
    """Whether it may be called: it is public, or in a network that whoever runs this allows."""
    return is_allowed(address, allowed) or not (special_use(address) or getattr(address, "scope_id", None))


def is_allowed(address: Address, allowed: Iterable[Network]) -> bool:
    """Whether it, or what it spells, is in one of these networks."""
    plain = next(_judged(address))
    return any(plain in network for network in allowed)


def _judged(address: Address) -> Iterator[Address]:
    """What has to be public: the address, and what it carries within, which for some is all there is to it."""
    within = embedded(address) if isinstance(address, IPv6Address) else None
    if within is None or not (address in MAPPED or address in NAT64):
        yield address
    if within is not None:
        yield within
