"""How the database and Redis are reached: by which TLS, and what is wrong with it where it fails."""

from collections.abc import Mapping
from typing import Any, Final

from django.core.cache import cache
from django.db import connections

from resimate_net.showing import flaw_at_postgres

NO_TLS: Final = "no TLS"
#: What libpq says, and no more, whatever is wrong with a certificate.
UNEXPLAINED: Final = "certificate verify failed"
TO_POSTGRES: Final = "SELECT sslversion, sslcipher FROM pg_stat_get_activity(pg_backend_pid())"


def to_database() -> str:
    """The protocol and the cipher of this very connection; a pooler in between may hide them."""
    connection = connections["default"]
    connection.ensure_connection()
    if not connection.connection.pgconn.ssl_in_use:
        return NO_TLS
    with connection.cursor() as cursor:
        cursor.execute(TO_POSTGRES)
        protocol, cipher = cursor.fetchone()
    return f"{protocol} with {cipher}" if protocol else "TLS as far as a pooler"


def to_redis() -> str:
    """The same of a connection to Redis."""
    pool = cache._cache.get_client(None, write=True).connection_pool  # type: ignore[attr-defined]  # noqa: SLF001  Django's cache does not say
    connection = pool.get_connection()
    try:
        line = connection._sock  # noqa: SLF001  redis-py does not say either
        return f"{line.version()} with {line.cipher()[0]}" if hasattr(line, "cipher") else NO_TLS
    finally:
        pool.release(connection)


def explained(error: Exception) -> str:
    """What PostgreSQL's library said in one line, with what is wrong with a certificate where that was all it said."""
    said = str(error).strip().split("\n")[0]
    if not said.endswith(UNEXPLAINED):
        return said
    flaw = _flaw(connections["default"].settings_dict)
    return f"{said}: {flaw}" if flaw else said


def _flaw(database: Mapping[str, Any]) -> str:
    """Of the runtime role's server, which is the owner's, too."""
    options, name = database["OPTIONS"], str(database["HOST"])
    file = str(options.get("sslrootcert", "")).removeprefix("system")
    return flaw_at_postgres(str(options.get("hostaddr", name)), int(database["PORT"]), name=name, file=file)
