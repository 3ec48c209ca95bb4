"""What is asked of every platform, as lines of a table: an input, and what it has to say.

Each line brings a value that breaks it, so that a test can see that it would be noticed.
"""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any, Final

from resimate_infra.tests.recording import Recorded, Resource

#: Rules by name, with the requirements that they stand for. Every platform has lines for each, or leaves it to others.
RULES: Final[Mapping[str, tuple[str, ...]]] = {
    "control plane": ("K8S-001",),
    "workers": ("K8S-001",),
    "node disks": ("K8S-001", "SEC-DATA-001"),
    "kubernetes": ("K8S-001",),
    "private API server": ("K8S-001", "NET-001"),
    "network policies": ("K8S-001", "NET-001"),
    "database version": ("DB-001",),
    "database outlives a zone": ("DB-001",),
    "database recovery": ("DB-001",),
    "database backups in a second region": ("DB-001", "SEC-DATA-001"),
    "database connections": ("DB-001",),
    "database operations": ("DB-001",),
    "database growth": ("DB-001", "SCALE-002"),
    "database by TLS": ("DB-001", "SEC-DATA-001"),
    "database by a key of ours": ("DB-001", "SEC-DATA-001"),
    "database in private": ("DB-001", "NET-001"),
    "cache outlives a zone": ("AR-001",),
    "cache by TLS": ("SEC-DATA-001",),
    "buckets in two regions": ("SCALE-002",),
    "buckets in private": ("NET-001", "SEC-DATA-001"),
    "buckets encrypted": ("SEC-DATA-001",),
    "files and backups by keys of their own": ("SEC-DATA-001",),
    "bucket classes": ("SCALE-002",),
    "cold files stay": ("SCALE-002",),
    "registry in two regions": ("AR-003", "SCALE-002"),
    "keys change": ("SEC-DATA-001",),
    "each key by who needs it": ("SEC-DATA-001", "SEC-NET-001"),
    "protection from floods": ("NET-001",),
    "VPN": ("NET-001",),
    "flow logs": ("NET-001",),
    "names": ("NET-001", "EXT-001"),
}


@dataclass(frozen=True)
class Line:
    """Every resource of a kind says at ``path`` what ``fits``; there is at least one."""

    kind: str
    path: str
    fits: Callable[[Any], bool]
    #: A value that has to be noticed.
    breaks: Any
    #: Only those whose names are so; `*` stands for anything.
    named: str = "*"

    def problems(self, recorded: Recorded) -> list[str]:
        """A sentence for each resource that does not fit, or one that there is none."""
        mine = self._of(recorded)
        if not mine:
            return [f"there is no {self.kind} {self.named}"]
        return [
            f"{self.kind} {one.name}: {self.path} is {one[self.path]!r}"
            for one in mine
            if not self.fits(one[self.path])
        ]

    def broken(self, recorded: Recorded) -> Recorded:
        """The same, where the first of these resources says what breaks the line."""
        first = self._of(recorded)[0]
        return with_changed(recorded, first, self.path, self.breaks)

    def without(self, recorded: Recorded) -> Recorded:
        """The same, without any of these resources."""
        gone = self._of(recorded)
        return replace(recorded, resources=tuple(one for one in recorded.resources if one not in gone))

    def _of(self, recorded: Recorded) -> list[Resource]:
        return [one for one in recorded.of(self.kind) if fnmatchcase(one.name, self.named)]


def with_changed(recorded: Recorded, resource: Resource, path: str, value: Any) -> Recorded:
    """The same, where one input of one resource is another."""
    inputs = deepcopy(dict(resource.inputs))
    *way, last = path.split(".")
    where: Any = inputs
    for part in way:
        where = where[int(part)] if isinstance(where, list) else where[part]
    where[int(last) if isinstance(where, list) else last] = value
    changed = replace(resource, inputs=inputs)
    return replace(recorded, resources=tuple(changed if one is resource else one for one in recorded.resources))


def equals(*values: Any) -> Callable[[Any], bool]:
    return lambda said: said in values


def at_least(number: float) -> Callable[[Any], bool]:
    return lambda said: said is not None and float(said) >= number


def version(*least: int) -> Callable[[Any], bool]:
    return lambda said: tuple(int(part) for part in str(said).lstrip("v").split(".")[: len(least)]) >= least


def said(value: Any) -> bool:
    return bool(value)


def holds(**pairs: Any) -> Callable[[Any], bool]:
    """A list has an entry with these values."""
    return lambda listed: any(pairs.items() <= one.items() for one in listed or [])


def mentions(*words: str) -> Callable[[Any], bool]:
    return lambda text: all(word in str(text) for word in words)


@dataclass(frozen=True)
class Way:
    """Whom a firewall lets in, and to which port; all of them where there is none."""

    of: str
    source: str
    first: int
    last: int


EVERYBODY: Final = {"0.0.0.0/0", "::/0", "*", "Internet", "any"}
ALL_PORTS: Final = (0, 65535)


def ways(recorded: Recorded) -> Iterator[Way]:
    """Every way in that a platform opens."""
    for one in recorded.resources:
        if one.kind in READERS:
            yield from READERS[one.kind](one)


def _aws(one: Resource) -> Iterator[Way]:
    first, last = (one["fromPort"], one["toPort"]) if one["ipProtocol"] != "-1" else ALL_PORTS
    source = one["cidrIpv4"] or one["cidrIpv6"] or one["referencedSecurityGroupId"]
    yield Way(one.name, source, first, last)


def _aws_inside(one: Resource) -> Iterator[Way]:
    for rule in one["ingress"] or []:
        for source in rule.get("cidrBlocks") or ["another"]:
            yield Way(one.name, source, rule["fromPort"], rule["toPort"])


def _azure(one: Resource) -> Iterator[Way]:
    if (one["direction"], one["access"]) != ("Inbound", "Allow"):
        return
    sources = [one["sourceAddressPrefix"]] if one["sourceAddressPrefix"] else one["sourceAddressPrefixes"]
    ports = [one["destinationPortRange"]] if one["destinationPortRange"] else one["destinationPortRanges"]
    for source in sources:
        for port in ports:
            yield Way(one.name, source, *_ports(port))


def _gcp(one: Resource) -> Iterator[Way]:
    """Into the parts that are lent to the platform's own services, the way out is the only one that we can close."""
    if one["direction"] == "EGRESS":
        sources = one["targetTags"] or ["another"]
    else:
        sources = [*(one["sourceRanges"] or []), *(one["sourceTags"] or [])] or ["0.0.0.0/0"]
    for source in sources:
        for allowed in one["allows"] or []:
            for port in allowed.get("ports") or ["*"]:
                yield Way(one.name, source, *_ports(port))


def _openstack(one: Resource) -> Iterator[Way]:
    if one["action"] == "allow" and one.name != "out":
        yield Way(one.name, one["sourceIpAddress"] or "any", *_ports(one["destinationPort"] or "*"))


def _openstack_group(one: Resource) -> Iterator[Way]:
    if one["direction"] == "ingress":
        source = one["remoteIpPrefix"] or one["remoteGroupId"] or "any"
        first, last = one["portRangeMin"], one["portRangeMax"]
        yield Way(one.name, source, *((first, last) if first else ALL_PORTS))


def _ports(written: str) -> tuple[int, int]:
    if written == "*":
        return ALL_PORTS
    first, _, last = written.replace(":", "-").partition("-")
    return int(first), int(last or first)


READERS: Final[Mapping[str, Callable[[Resource], Iterator[Way]]]] = {
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _aws,
    "aws:ec2/securityGroup:SecurityGroup": _aws_inside,
    "azure:network/networkSecurityRule:NetworkSecurityRule": _azure,
    "gcp:compute/firewall:Firewall": _gcp,
    "openstack:firewall/ruleV2:RuleV2": _openstack,
    "openstack:networking/secGroupRule:SecGroupRule": _openstack_group,
}


def open_to_all(recorded: Recorded) -> list[str]:
    """The public reaches HTTPS, and nothing else."""
    return [
        f"{way.of} opens {way.first}-{way.last} to everybody"
        for way in ways(recorded)
        if way.source in EVERYBODY and (way.first, way.last) != (443, 443)
    ]


def strangers(recorded: Recorded, port: int, allowed: set[str]) -> list[str]:
    """Only these sources reach a port."""
    return [
        f"{way.of} opens {port} to {way.source}"
        for way in ways(recorded)
        if way.first <= port <= way.last and way.source not in allowed
    ]
