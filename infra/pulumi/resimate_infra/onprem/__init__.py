"""Machines of one's own, by OpenStack: Magnum, Neutron, Cinder, Swift and Designate.

PostgreSQL and Valkey run in the cluster (`k8s/components/postgres-cnpg`, `valkey`), on disks that are declared here.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

import pulumi_openstack as openstack

from resimate_infra import contract
from resimate_infra.contract import Cache, Cluster, Database, Names, Store
from resimate_infra.onprem import cluster, files, network
from resimate_infra.platform import Platform

#: How the cluster calls its own servers (k8s/components).
DATABASE: Final = "resimate-database-rw.resimate.svc"
CACHE: Final = "resimate-cache.resimate.svc"
USER: Final = "resimate"


class OnPremise(Platform):
    """Three zones of one region, and what has to outlive it in a second one."""

    leaves: ClassVar[Mapping[str, str]] = {
        "database by a key of ours": "whoever runs Cinder: its volume type is encrypted by a key in Barbican",
        "buckets encrypted": "whoever runs Swift: it has a key in Barbican; the product encrypts each file before",
        "cold files stay": "whoever runs Swift: it locks no object, and earlier versions stay",
        "cache outlives a zone": "Kubernetes: it starts the one Valkey again in another zone",
        "registry in two regions": "the delivery: it copies images with their signatures into each region",
        "each key by who needs it": "whoever runs the Vault that opens this one: its policy names one key of transit",
        "keys change": "whoever runs the HSM or the Vault that opens the cluster's Vault",
        "protection from floods": "the carrier in front of the site",
        "flow logs": "whoever runs Neutron: its log of security groups is turned on by the operator alone",
    }

    def keys(self) -> None:
        self.copies = {name: contract.password(f"copies-of-{name}") for name in ("files", "backups")}

    def network(self) -> None:
        self.net = network.make(self.site)

    def guards(self) -> None:
        network.connect_office(self.site, self.net)
        outside = self.site.config.require("outside")
        self.address = openstack.networking.FloatingIp("ingress", pool=outside, description="Resimate: ingress")

    def cluster(self) -> Cluster:
        made = cluster.make(self.site, self.net)
        return Cluster(name=made.name, endpoint=made.api_address)

    def database(self) -> Database:
        self.owner, self.application = contract.password("database-owner"), contract.password("database-application")
        return Database(DATABASE, self.site.authority("database"), self.owner, self.application)

    def cache(self) -> Cache:
        self.cache_password = contract.password("cache")
        return Cache(CACHE, self.site.authority("cache"), self.cache_password, user=USER)

    def store(self) -> Store:
        self.objects = files.make(self.site, self.copies)
        return self.objects.store

    def registry(self) -> Any:
        return self.site.config.require("registry")

    def edge(self) -> Any:
        return [self.address.address]

    def names(self) -> Names:
        mail = f"hostmaster@{self.site.domain}"
        zone = openstack.dns.Zone("public", name=f"{self.site.domain}.", email=mail, ttl=300, type="PRIMARY")
        openstack.dns.Zone("private", name=f"private.{self.site.domain}.", email=mail, ttl=60, type="PRIMARY")
        return Names(servers=[zone.name.apply(lambda name: f"ns1.{name}")])

    def seal(self) -> Any:
        return self.site.config.require("seal")

    def more(self) -> Mapping[str, Mapping[str, Any]]:
        """What the overlay's own database, cache and backups are started with."""
        return {
            "database": {
                "OWNER": contract.OWNER, "OWNER_PASSWORD": self.owner,
                "APP": contract.APPLICATION, "APP_PASSWORD": self.application,
            },
            "cache": {
                "USERS_ACL": self.cache_password.apply(
                    lambda secret: f"user default off\nuser {USER} on >{secret} ~* &* +@all -@dangerous +info +keys\n"
                )
            },
            "backups": {"ACCESS_KEY": self.objects.backups.access, "SECRET_KEY": self.objects.backups.secret},
        }  # fmt: skip
