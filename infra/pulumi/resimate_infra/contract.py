"""What every platform hands to the cluster: the same names, which are those of docs/settings.md.

``runtime`` and ``owner`` are written to Vault as they are, below ``resimate/``, where the overlays read them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

import pulumi
import pulumi_random as random

from resimate_infra.site import Site

#: Where pods find the authorities of their servers, which come to them as the secrets DATABASE_CA and REDIS_CA.
SECRETS: Final = "/run/secrets/resimate"
OWNER: Final = "resimate_owner"
APPLICATION: Final = "resimate_app"
DATABASE: Final = "resimate"
#: No sign that an address would have to write in another way.
SIGNS: Final = "-_.~"


@dataclass(frozen=True)
class Database:
    """A PostgreSQL that is reached by TLS alone."""

    host: pulumi.Input[str]
    #: The certificates of its authority, PEM.
    authority: pulumi.Input[str]
    owner_password: pulumi.Input[str]
    application_password: pulumi.Input[str]
    #: How the name in its certificate is looked at: in full, unless the platform writes none.
    sslmode: str = "verify-full"


@dataclass(frozen=True)
class Cache:
    """A Valkey that is reached by TLS alone."""

    host: pulumi.Input[str]
    authority: pulumi.Input[str]
    password: pulumi.Input[str]
    user: str = ""
    port: pulumi.Input[int] = 6379


@dataclass(frozen=True)
class Store:
    """Where files lie, as settings name it."""

    url: pulumi.Input[str]
    cold_url: pulumi.Input[str]


@dataclass(frozen=True)
class Names:
    """The public zone, and who answers for it."""

    servers: pulumi.Input[Any]


@dataclass(frozen=True)
class Cluster:
    """How to reach the cluster, over the VPN."""

    name: pulumi.Input[str]
    endpoint: pulumi.Input[str]


@dataclass(frozen=True)
class Filled:
    """Everything that a platform has made."""

    cluster: Cluster
    database: Database
    cache: Cache
    store: Store
    names: Names
    registry: pulumi.Input[str]
    #: The reserved public addresses that the ingress takes, and that are protected from floods.
    edge: pulumi.Input[Any]
    #: The key that opens the cluster's Vault: the name by which the platform's key service knows it.
    seal: pulumi.Input[str]
    #: Secrets that only this platform's overlay asks for, by their path in Vault.
    more: Mapping[str, Mapping[str, pulumi.Input[str]]] = field(default_factory=dict)


def password(name: str, length: int = 40) -> pulumi.Output[str]:
    """A password that can stand in an address as it is."""
    made = random.RandomPassword(name, length=length, special=True, override_special=SIGNS, min_lower=1, min_numeric=1)
    return pulumi.Output.secret(made.result)


def outputs(site: Site, filled: Filled) -> dict[str, Any]:
    """The outputs of a stack."""
    return {
        "site": {
            "domain": site.domain,
            "databaseNetwork": str(site.databases),
            "cacheNetwork": str(site.caches),
            "cachePort": filled.cache.port,
        },
        "cluster": {"name": filled.cluster.name, "endpoint": filled.cluster.endpoint},
        "registry": filled.registry,
        "edge": filled.edge,
        "nameServers": filled.names.servers,
        "vaultSeal": filled.seal,
        "runtime": pulumi.Output.secret(_runtime(site, filled)),
        "owner": pulumi.Output.secret({"DATABASE_OWNER_URL": _database_url(filled.database, OWNER)}),
        **{name: pulumi.Output.secret(dict(values)) for name, values in filled.more.items()},
    }


def _runtime(site: Site, filled: Filled) -> dict[str, Any]:
    return {
        "DATABASE_URL": _database_url(filled.database, APPLICATION),
        "DATABASE_CA": filled.database.authority,
        "REDIS_URL": _cache_url(filled.cache),
        "REDIS_CA": filled.cache.authority,
        "OBJECT_STORE_URL": filled.store.url,
        "COLD_STORE_URL": filled.store.cold_url,
        "EMAIL_URL": site.email_url,
        "SECRET_KEY": password("secret-key", 64),
        "ENCRYPTION_KEY": pulumi.Output.secret(random.RandomBytes("encryption-key", length=32).base64),
    }


def _database_url(database: Database, user: str) -> pulumi.Output[str]:
    secret = database.owner_password if user == OWNER else database.application_password
    query = f"sslmode={database.sslmode}&sslrootcert={SECRETS}/DATABASE_CA"
    return pulumi.Output.concat("postgresql://", user, ":", secret, "@", database.host, f":5432/{DATABASE}?{query}")


def _cache_url(cache: Cache) -> pulumi.Output[str]:
    query = f"ssl_cert_reqs=required&ssl_ca_certs={SECRETS}/REDIS_CA"
    port = pulumi.Output.from_input(cache.port).apply(str)
    return pulumi.Output.concat(f"rediss://{cache.user}:", cache.password, "@", cache.host, ":", port, f"/0?{query}")


def quoted(secret: pulumi.Input[str]) -> pulumi.Output[str]:
    """A secret that a platform has made, as it stands in an address."""
    return pulumi.Output.from_input(secret).apply(lambda text: quote(text, safe=""))
