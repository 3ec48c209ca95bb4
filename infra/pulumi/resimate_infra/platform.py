"""What Resimate needs of a place to run in. Each method makes one of these things; the order is that of ``build``."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from resimate_infra import contract
from resimate_infra.contract import Cache, Cluster, Database, Filled, Names, Store
from resimate_infra.site import Site


class Platform(ABC):
    """A place to run in; those that there are fill every method."""

    #: Duties of the platform that this one cannot do by code, and who does them.
    leaves: ClassVar[Mapping[str, str]] = {}

    def __init__(self, site: Site) -> None:
        self.site = site

    def build(self) -> dict[str, Any]:
        """Declare everything; the outputs are the same on every platform (``contract``)."""
        self.keys()
        self.network()
        self.guards()
        filled = Filled(
            cluster=self.cluster(),
            database=self.database(),
            cache=self.cache(),
            store=self.store(),
            names=self.names(),
            registry=self.registry(),
            edge=self.edge(),
            seal=self.seal(),
            more=self.more(),
        )
        return contract.outputs(self.site, filled)

    @abstractmethod
    def keys(self) -> None:
        """Keys of our own for data, and others for backups; they change by themselves."""

    @abstractmethod
    def network(self) -> None:
        """Segments for the edge, the application, databases, caches and management, with firewalls between them."""

    @abstractmethod
    def guards(self) -> None:
        """Protection from floods, a VPN to those who manage, and a log of who spoke to whom."""

    @abstractmethod
    def cluster(self) -> Cluster:
        """Kubernetes with its pools of nodes; its API server is reached over the VPN alone."""

    @abstractmethod
    def database(self) -> Database:
        """PostgreSQL that outlives a zone, and of which every moment of the last days can be had again."""

    @abstractmethod
    def cache(self) -> Cache:
        """Valkey, or what speaks like it, that outlives a zone."""

    @abstractmethod
    def store(self) -> Store:
        """Buckets, once more in the second region, with the classes hot, warm and cold."""

    @abstractmethod
    def registry(self) -> Any:
        """A registry of images in both regions; its address."""

    @abstractmethod
    def edge(self) -> Any:
        """The public addresses that the ingress takes."""

    @abstractmethod
    def names(self) -> Names:
        """The public zone, which the cluster fills, and a private one."""

    @abstractmethod
    def seal(self) -> Any:
        """The key that opens the cluster's Vault, and who may use it; its name."""

    def more(self) -> Mapping[str, Mapping[str, Any]]:
        """Secrets that only this platform's overlay asks for."""
        return {}
