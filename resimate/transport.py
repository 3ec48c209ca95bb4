"""What production asks of the way to the servers that hold its data and keys: TLS by which each shows who it is.

An address on this machine is left alone: what is said there leaves by no wire (docs/adr/0060).
"""

from collections.abc import Mapping
from ipaddress import ip_address
from itertools import zip_longest
from typing import Final
from urllib.parse import SplitResult, urlencode, urlsplit

from resimate import servers
from resimate.env import BadSetting
from resimate_net.trust import NoCertificates, trusting

POSTGRES: Final = "sslmode=verify-full&sslrootcert=/file/with/its/authority.pem"
REDIS: Final = "ssl_cert_reqs=required&ssl_ca_certs=/file/with/its/authority.pem"
#: Versions of TLS that nobody should speak any more (RFC 8996), as libpq calls them.
OLD: Final = ("tlsv1", "tlsv1.1")


def fit(variable: str, url: str) -> str:
    """The same address, once it does for the environment that this is."""
    return url if servers.environment() == "development" else verified(variable, url)


def verified(variable: str, url: str) -> str:
    """The same address; raises ``BadSetting`` where production would not know to whom it speaks, or who listens."""
    parts = urlsplit(url)
    if parts.scheme in ("postgres", "postgresql"):
        _check_postgres(variable, _as_libpq_has_it(parts))
    elif not _is_here(parts.hostname or ""):
        _check_web(variable, parts)
        if parts.scheme in ("redis", "rediss"):
            _check_redis(variable, parts, servers.query_of(url))
    return url


def broker_of(url: str) -> str:
    """Kombu's way to write an address of Redis. Where it does not say so, Kombu would believe every certificate."""
    parts, said = urlsplit(url), servers.query_of(url)
    if parts.scheme == "unix":
        return f"redis+socket://{parts.path}?virtual_host={said.get('db', '0')}"
    if parts.scheme == "rediss":
        return parts._replace(query=urlencode({"ssl_cert_reqs": "required"} | said)).geturl()
    return url


def _as_libpq_has_it(parts: SplitResult) -> Mapping[str, str]:
    """An address together with libpq's own variables: PGHOSTADDR would lead elsewhere, PGSSLMODE fills a gap."""
    from psycopg.pq import Conninfo  # the launcher stays small

    own = {one.keyword.decode(): one.val.decode() for one in Conninfo.get_defaults() if one.val}
    return own | ({"host": parts.hostname} if parts.hostname else {}) | servers.query_of(parts.geturl())


def _check_postgres(variable: str, options: Mapping[str, str]) -> None:
    host = _where(options.get("host", ""), options.get("hostaddr", ""))
    if _is_here(host):
        return
    if options.get("sslmode") != "verify-full":
        raise BadSetting(
            f"{variable} goes to {host} without TLS that shows whose server it is; end it with ?{POSTGRES}."
        )
    _check_versions(variable, options)
    authority = options.get("sslrootcert", "")
    if not authority:
        raise BadSetting(
            f"{variable} names nobody whose certificates are believed; add sslrootcert=/file/with/its/authority.pem,"
            " or sslrootcert=system for those of the system."
        )
    if authority != "system":
        _check_authority(variable, "sslrootcert", authority)


def _where(hosts: str, addresses: str) -> str:
    """Where libpq goes: to each address, and to the host at its place where there is none."""
    pairs = zip_longest(hosts.split(","), addresses.split(","), fillvalue="")
    return ",".join(address or host for host, address in pairs)


def _check_versions(variable: str, options: Mapping[str, str]) -> None:
    for name in ("ssl_min_protocol_version", "ssl_max_protocol_version"):
        if (version := options.get(name, "")).lower() in OLD:  # libpq reads it so
            raise BadSetting(f"{variable} has {name}={version}, which is broken; write TLSv1.3, or leave it out.")


def _check_web(variable: str, parts: SplitResult) -> None:
    """What is asked over HTTP: Vault, a key service, an object store."""
    kind, _, line = parts.scheme.rpartition("+")
    if line == "http":
        raise BadSetting(f"{variable} goes to {parts.hostname} without TLS; begin it with {kind or 'https'}://.")


def _check_redis(variable: str, parts: SplitResult, said: Mapping[str, str]) -> None:
    if parts.scheme == "redis":
        raise BadSetting(f"{variable} goes to {parts.hostname} without TLS; begin it with rediss:// and add ?{REDIS}.")
    for name, wanted in (("ssl_cert_reqs", "required"), ("ssl_check_hostname", "true")):
        if (value := said.get(name, wanted)) != wanted:
            raise BadSetting(
                f"{variable} has {name}={value}, so {parts.hostname} could be anybody; write {name}={wanted}."
            )
    if authority := said.get("ssl_ca_certs", ""):
        _check_authority(variable, "ssl_ca_certs", authority)


def _check_authority(variable: str, name: str, file: str) -> None:
    try:
        trusting(file=file)
    except NoCertificates as error:
        raise BadSetting(
            f"{variable} has {name}={file}, of which no certificates can be read: {error}; name a file that has them."
        ) from None


def _is_here(hosts: str) -> bool:
    """Whether all of them are this machine: a Unix socket, or an address of the loopback interface."""
    return all(host in ("", "localhost") or host.startswith(("/", "@")) or _loops(host) for host in hosts.split(","))


def _loops(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
