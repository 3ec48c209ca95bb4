"""Google Cloud: GKE, Cloud SQL, Memorystore, Cloud Storage, Artifact Registry, Cloud DNS and Cloud KMS.

Backups of Cloud SQL have the key of their instance; TLS 1.2 cannot be forbidden there.
"""

from collections.abc import Mapping
from typing import Any

import pulumi_gcp as gcp

from resimate_infra.contract import Cache, Cluster, Database, Names, Store
from resimate_infra.gcp import cluster, data, files, images, keys, network
from resimate_infra.platform import Platform


class Gcp(Platform):
    """Three zones of one region, and what has to outlive it in a second one."""

    def keys(self) -> None:
        self.keyring = keys.make(self.site)

    def network(self) -> None:
        self.net = network.make(self.site)

    def guards(self) -> None:
        network.connect_office(self.site, self.net)
        self.address = network.protected_address(self.site)

    def cluster(self) -> Cluster:
        self.gke = cluster.make(self.site, self.net, self.keyring)
        return Cluster(name=self.gke.name, endpoint=self.gke.private_cluster_config.private_endpoint)

    def database(self) -> Database:
        return data.database(self.site, self.net, self.keyring)

    def cache(self) -> Cache:
        return data.cache(self.site, self.net, self.keyring)

    def store(self) -> Store:
        self.files = files.make(self.site, self.keyring)
        return self.files.store

    def registry(self) -> Any:
        return images.make(self.site, self.keyring)

    def edge(self) -> Any:
        return [self.address.address]

    def names(self) -> Names:
        zone = gcp.dns.ManagedZone(
            "public", dns_name=f"{self.site.domain}.", description="filled by the cluster",
            dnssec_config=gcp.dns.ManagedZoneDnssecConfigArgs(state="on"),
        )  # fmt: skip
        data.private_zone(self.net, "private", f"private.{self.site.domain}.")
        pods = cluster.pods("resimate-management", "external-dns")
        gcp.dns.DnsManagedZoneIamMember("external-dns", managed_zone=zone.name, role="roles/dns.admin", member=pods)
        return Names(servers=zone.name_servers)

    def seal(self) -> Any:
        pods = cluster.pods("resimate-management", "vault")
        keys.let(self.keyring.seal, "vault", pods)
        role = "roles/cloudkms.viewer"
        gcp.kms.CryptoKeyIAMMember("vault-sees", crypto_key_id=self.keyring.seal.id, role=role, member=pods)
        return self.keyring.seal.id

    def more(self) -> Mapping[str, Mapping[str, Any]]:
        return {"files": {"OBJECT_STORE_CREDENTIALS": self.files.key}}
