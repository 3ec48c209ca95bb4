"""Reading an address that somebody else has written: understood in one way, or refused."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

import idna

from resimate_net.addresses import Address, Network, is_allowed, is_outside
from resimate_text.sentences import Sentence

LONGEST_URL: Final = 2000
#: What no address has, and what readers of addresses disagree about.
ODD: Final = re.compile(r"[\s\x00-\x1f\x7f\\]")
NAME: Final = re.compile(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*")
#: The last part of a name that some read as a number, and the whole then as an address.
NUMBER: Final = re.compile(r"([0-9]+|0x[0-9a-f]*)")
BRACKETED: Final = re.compile(r"\[([0-9a-f:.]+)(%[^\]]*)?\](:[0-9]*)?", re.IGNORECASE)
DEFAULT_PORTS: Final = {"https": 443, "http": 80, "ldaps": 636, "ldap": 389}
#: What stays as it is in a path or a query; ``%`` because it is encoded already.
PLAIN: Final = "%/?:@!$&'()*+,;=-._~"


class NotOutside(ValueError):
    """An address that is not called; ``detail`` is for whoever wrote the address, ``why`` for the operator alone."""

    def __init__(self, detail: Sentence, why: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.why = why or str(detail)


@dataclass(frozen=True, slots=True)
class Rules:
    """What is called. In ``allowed`` networks any port, and by ``plain`` schemes too, which know no TLS."""

    schemes: Sequence[str] = ("https",)
    ports: Collection[int] = (443, 8443)
    allowed: Collection[Network] = ()
    plain: Collection[str] = ("http",)

    def takes(self, scheme: str) -> bool:
        return scheme in self.schemes or bool(self.allowed and scheme in self.plain)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call goes. ``host`` is a name in lower-case ASCII or an address; ``path`` has the query with it."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def address(self) -> Address | None:
        """The address, where that was written instead of a name."""
        return literal(self.host)

    @property
    def authority(self) -> str:
        """As the header ``Host`` says it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"


def literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def target_of(url: str, rules: Rules) -> Target:
    """Read an address. Raises ``NotOutside``: what is odd about it is refused, not guessed at."""
    parts = _split(url)
    if not rules.takes(parts.scheme):
        raise NotOutside(Sentence("The address has to begin with {scheme}://.", scheme=rules.schemes[0]))
    if "@" in parts.netloc:
        raise NotOutside(Sentence("The address may not hold a user name or a password."))
    host = _host(parts)
    port = _port(parts)
    if port not in rules.ports and not rules.allowed:
        allowed = ", ".join(map(str, rules.ports))
        raise NotOutside(Sentence("The address names port {port}; allowed are {allowed}.", port=port, allowed=allowed))
    target = Target(parts.scheme, host, port, _path(parts))
    if target.address is not None:
        check(target, [target.address], rules)
    return target


def check(target: Target, addresses: Collection[Address], rules: Rules) -> None:
    """Raise ``NotOutside`` unless every address may be called, in the way that the target says."""
    closed = [str(address) for address in addresses if not is_outside(address, rules.allowed)]
    if closed:
        raise inside(target, f"it leads to {', '.join(closed)}")
    is_ordinary = target.scheme in rules.schemes and target.port in rules.ports
    if not is_ordinary and not all(is_allowed(address, rules.allowed) for address in addresses):
        raise NotOutside(Sentence("{origin} is not an address that can be called.", origin=target.origin))


def inside(target: Target, why: str) -> NotOutside:
    """The same for a name that leads inside and for one that there is not: who asks could read a network by it."""
    return NotOutside(Sentence("{host} does not lead to a public address.", host=target.host), why)


def _split(url: str) -> SplitResult:
    if len(url) > LONGEST_URL or ODD.search(url):
        raise NotOutside(Sentence("The address is too long, or has spaces or a backslash in it."))
    try:
        return urlsplit(url)
    except ValueError:
        raise NotOutside(Sentence("That is not an address.")) from None


def _host(parts: SplitResult) -> str:
    """The host in the one spelling that everybody reads alike."""
    if "[" in parts.netloc:
        return _bracketed(parts.netloc)
    written = parts.hostname or ""
    try:
        name = idna.encode(written, uts46=True).decode("ascii").removesuffix(".")
    except (idna.IDNAError, UnicodeError):
        raise _nameless() from None
    if NUMBER.fullmatch(name.rpartition(".")[2]):
        return _dotted(name, written)
    if not NAME.fullmatch(name) or len(name) > 253:
        raise _nameless()
    return name


def _nameless() -> NotOutside:
    return NotOutside(Sentence("The address has no name of a host in it."))


def _bracketed(netloc: str) -> str:
    found = BRACKETED.fullmatch(netloc)
    if found and found[2]:
        raise NotOutside(Sentence("The address may not name an interface."))
    address = literal(found[1]) if found else None
    if not isinstance(address, IPv6Address):
        raise NotOutside(Sentence("That is not an address."))
    return str(address)


def _dotted(name: str, written: str) -> str:
    """Four decimal numbers, in no other spelling: others are read in more than one way."""
    try:
        if name == written:
            return str(IPv4Address(name))
    except AddressValueError:
        pass
    raise NotOutside(Sentence("Write the numbers of the address as four decimal ones, or use a name."))


def _port(parts: SplitResult) -> int:
    try:
        return DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port
    except ValueError:
        raise NotOutside(Sentence("The port of the address is not a number of one.")) from None


def _path(parts: SplitResult) -> str:
    """What is asked for at the host; what comes after ``#`` is nobody's but a browser's."""
    query = f"?{parts.query}" if parts.query else ""
    return quote(f"{parts.path or '/'}{query}", safe=PLAIN)
