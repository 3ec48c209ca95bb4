"""Microsoft Azure: AKS, Flexible Server, Managed Redis, Blob Storage, Container Registry, DNS and Key Vault.

Flexible Server grows to 32 TB, half of what DB-001 asks: beyond that Azure has none.
"""

from typing import Any

import pulumi_azure as azure

from resimate_infra.azure import cluster, data, files, images, keys, network
from resimate_infra.contract import Cache, Cluster, Database, Names, Store
from resimate_infra.platform import Platform


class Azure(Platform):
    """Three zones of one region, and what has to outlive it in a second one."""

    def keys(self) -> None:
        self.group = azure.core.ResourceGroup("resimate", name="resimate", location=self.site.region)
        self.keyring = keys.make(self.site, self.group)

    def network(self) -> None:
        self.net = network.make(self.site, self.group)

    def guards(self) -> None:
        network.log_flows(self.site, self.net)
        network.connect_office(self.site, self.net)
        self.address = network.protected_address(self.net)

    def cluster(self) -> Cluster:
        self.aks = cluster.make(self.site, self.net, self.keyring)
        return Cluster(name=self.aks.name, endpoint=self.aks.private_fqdn)

    def database(self) -> Database:
        return data.database(self.site, self.net, self.keyring)

    def cache(self) -> Cache:
        return data.cache(self.site, self.net, self.keyring)

    def store(self) -> Store:
        return files.make(self.site, self.net, self.keyring)

    def registry(self) -> Any:
        return images.make(self.site, self.net, self.keyring, self.aks)

    def edge(self) -> Any:
        return [self.address.ip_address]

    def names(self) -> Names:
        zone = azure.dns.Zone("public", name=self.site.domain, resource_group_name=self.group.name)
        network.private_zone(self.net, "private", f"private.{self.site.domain}")
        cluster.let_pods(self.net, self.aks, "external-dns", "DNS Zone Contributor", zone.id)
        return Names(servers=zone.name_servers)

    def seal(self) -> Any:
        # It wraps and unwraps by that key alone: data and backups have theirs beside it.
        cluster.let_pods(self.net, self.aks, "vault", keys.WRAPS, self.keyring.seal.resource_versionless_id)
        return self.keyring.seal.id
