"""The text of an API key: ``rsk_live_<id>_<secret>_<checksum>``.

The fixed beginning lets secret scanners find leaked keys; the checksum spots a mistyped one without a query.
"""

import hmac
import secrets
import zlib
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any, Final, Protocol

from apps.core import crypto
from apps.core.errors import Invalid, Problem
from apps.core.tenancy import current_schema
from resimate_text.sentences import Sentence

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BEGINNING = "rsk_live_"
SECRET_LENGTH = 43  # 32 bytes in base 62
#: Bits before an address of IPv4 that stands in one of IPv6.
MAPPED: Final = 96


class Credential(Protocol):
    """What a program came with: a key, or what an app above gives to programs. Without ``permissions`` it has all.

    ``reach`` is how a job keeps it (``apps/accounts/reach.py``).
    """

    @property
    def pk(self) -> Any: ...
    @property
    def permissions(self) -> Sequence[str]: ...
    @property
    def networks(self) -> Sequence[str]: ...
    @property
    def reach(self) -> str: ...


def make() -> tuple[str, str]:
    """A new key: its id, by which it is found, and its whole text, to be shown once."""
    prefix = "".join(secrets.choice(ALPHABET) for _ in range(8))
    body = f"{BEGINNING}{prefix}_{_base62(int.from_bytes(secrets.token_bytes(32)))}"
    return prefix, f"{body}_{_checksum(body)}"


def prefix_of(text: str) -> str | None:
    """The id of a well-formed key; None for any other text."""
    body, _, checksum = text.rpartition("_")
    prefix, _, secret = body.removeprefix(BEGINNING).partition("_")
    well_formed = (
        body.startswith(BEGINNING)
        and text.isascii()
        and len(prefix) == 8
        and len(secret) == SECRET_LENGTH
        and checksum == _checksum(body)
    )
    return prefix if well_formed else None


def digest_of(text: str) -> bytes:
    """By which a key is known again, here alone: a copy of its row opens nothing at another tenant."""
    return crypto.token_digest(text, schema=current_schema())


def fits(text: str, digest: bytes) -> bool:
    """Whether it is the digest of a key. One from before digests were of a tenant is another's, too, until it is used.

    Whoever takes the key then stores ``digest_of``. Both are compared whatever the first says, so that the time tells
    nothing.
    """
    bound, unbound = (hmac.compare_digest(digest, one) for one in (digest_of(text), crypto.token_digest(text)))
    return bound or unbound


def read_networks(texts: Sequence[str]) -> list[str]:
    """The networks as they are written usually. Raises ``Invalid`` that points at each which is none."""
    read, problems = [], []
    for place, text in enumerate(texts):
        try:
            read.append(str(_read(text.strip())))
        except ValueError:
            detail = Sentence("{text!r} is no network. Write 192.0.2.0/24, 2001:db8::/48 or one address.", text=text)
            problems.append(Problem(f"/networks/{place}", detail))
    if problems:
        raise Invalid(problems[0].detail, errors=problems)
    return list(dict.fromkeys(read))


def opens_from(networks: Sequence[str], address: str) -> bool:
    """Whether a key for these networks opens something from an address; one for none does from everywhere.

    >>> opens_from(["192.0.2.0/24"], "192.0.2.7"), opens_from(["192.0.2.0/24"], "::ffff:192.0.2.7")
    (True, True)
    >>> opens_from(["192.0.2.0/24"], "198.51.100.7"), opens_from(["192.0.2.0/24"], ""), opens_from([], "")
    (False, False, True)
    """
    if not networks:
        return True
    try:
        read = ip_address(address)
    except ValueError:
        return False
    read = getattr(read, "ipv4_mapped", None) or read
    return any(read in _network(text) for text in networks)


def lie_within(networks: Sequence[str], others: Sequence[str]) -> bool:
    """Whether all of these are in one of the others; none of either is everywhere.

    >>> lie_within(["192.0.2.8/29"], ["192.0.2.0/24"]), lie_within([], []), lie_within([], ["192.0.2.0/24"])
    (True, True, False)
    >>> lie_within(["192.0.2.0/24", "2001:db8::/48"], ["192.0.2.0/24"]), lie_within(["192.0.2.0/24"], [])
    (False, True)
    """
    if not others:
        return True
    outer = [_network(text) for text in others]
    return bool(networks) and all(any(_is_in(_network(text), one) for one in outer) for text in networks)


_network = lru_cache(maxsize=1024)(ip_network)


def _read(text: str) -> Any:
    """What IPv6 writes of IPv4, as IPv4 writes it: so are addresses that are compared. Raises ValueError."""
    network: Any = ip_network(text)
    if network.version == 4:
        return network
    if network.network_address.scope_id is not None:
        raise ValueError("an interface of this machine is no network")
    mapped = network.network_address.ipv4_mapped if network.prefixlen >= MAPPED else None
    return network if mapped is None else ip_network((mapped, network.prefixlen - MAPPED))


def _is_in(network: Any, other: Any) -> bool:
    return bool(network.version == other.version and network.subnet_of(other))


def _base62(number: int) -> str:
    """
    >>> _base62(61).lstrip("0"), len(_base62(2**256 - 1))
    ('z', 43)
    """
    digits = []
    for _ in range(SECRET_LENGTH):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"
