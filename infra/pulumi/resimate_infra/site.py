"""What differs from one installation to the next, as the stack's configuration says it."""

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Self

import pulumi


@dataclass(frozen=True)
class Site:
    """One installation: where it is, how it is called, and who manages it from where."""

    domain: str
    #: The first two numbers of its private addresses: ``10.20``.
    network: str
    region: str
    second_region: str
    #: Networks behind the other end of the VPN.
    office: tuple[str, ...]
    #: The public address of that end.
    office_gateway: str
    #: smtp://… of whoever sends its mail.
    email_url: pulumi.Output[str]
    config: pulumi.Config

    @classmethod
    def read(cls) -> Self:
        """Of the configuration of the stack at hand; what is missing is named by Pulumi."""
        config = pulumi.Config("resimate")
        return cls(
            domain=config.require("domain"),
            network=config.require("network"),
            region=config.require("region"),
            second_region=config.require("secondRegion"),
            office=tuple(config.require_object("office")),
            office_gateway=config.require("officeGateway"),
            email_url=config.require_secret("emailUrl"),
            config=config,
        )

    def authority(self, server: str) -> str:
        """The certificates, PEM, by which a platform's ``server`` is known, where no resource of it says them."""
        return str(self.config.require(f"{server}Authority"))

    def _part(self, number: int, length: int) -> IPv4Network:
        return IPv4Network(f"{self.network}.{number}.0/{length}")

    @property
    def everything(self) -> str:
        """All private addresses of the installation."""
        return str(self._part(0, 16))

    @property
    def nodes(self) -> IPv4Network:
        """The application's segment: workers, and pods where they live among them."""
        return self._part(0, 19)

    @property
    def edge(self) -> IPv4Network:
        """The DMZ: what answers the public, and nothing else."""
        return self._part(64, 20)

    @property
    def databases(self) -> IPv4Network:
        return self._part(32, 20)

    @property
    def caches(self) -> IPv4Network:
        return self._part(48, 20)

    @property
    def management(self) -> IPv4Network:
        """The gateway of the VPN and private endpoints."""
        return self._part(80, 20)

    @property
    def services(self) -> IPv4Network:
        return self._part(112, 20)

    @property
    def control_plane(self) -> str:
        """Of a control plane that a platform keeps in a network of its own."""
        return f"{self.network}.96.0/28"

    @property
    def vpn_secret(self) -> pulumi.Output[str]:
        """By which both ends of the VPN know each other, where a platform makes none."""
        return self.config.require_secret("vpnSecret")

    @property
    def continent(self) -> str:
        """EU, US or ASIA: where both regions are."""
        return str(self.config.require("continent"))

    @property
    def pods(self) -> IPv4Network:
        return self._part(128, 17)


def in_zones(network: IPv4Network) -> list[str]:
    """The first three quarters of a network: one for each zone."""
    return [str(part) for part in network.subnets(2)][:3]
