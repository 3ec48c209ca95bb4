"""What the environment says to whoever starts processes: the launcher, and an image.

It loads hardly anything: every role of an image waits for it before its own program begins.
"""

from dataclasses import dataclass
from pathlib import Path

from resimate import env, servers, transport
from resimate_servers import ports

ROOT = Path(__file__).resolve().parent.parent
GIVEN = {
    "database_url": ("DATABASE_URL", "PostgreSQL, as the runtime role"),
    "owner_database_url": ("DATABASE_OWNER_URL", "PostgreSQL, as the role that owns and migrates"),
    "redis_url": ("REDIS_URL", "Redis or Valkey: cache, limits and the broker of the workers"),
    "email_url": ("EMAIL_URL", "smtp://user:password@host:port, smtps:// for TLS, smtp+tls:// for STARTTLS"),
}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the environment says to the launcher."""

    folder: Path
    host: str
    port: int
    public_port: int
    management_host: str
    management_port: int
    domain: str
    workers: int
    role_prefix: str
    given: dict[str, str]


def declare() -> Wishes:
    """Read the environment; also how the table of settings learns what the launcher reads."""
    port = env.integer("RESIMATE_PORT", 8000, "port of the web server")
    return Wishes(
        folder=Path(env.text("RESIMATE_DATA_DIR", str(ROOT / ".data"), "where the embedded servers keep their data")),
        host=env.text("RESIMATE_HOST", ports.LOOPBACK, "address that the web server listens on"),
        port=port,
        public_port=env.integer(
            "RESIMATE_PUBLIC_PORT",
            port,
            "the port that people's browsers see; 443 in production",
            shown="as RESIMATE_PORT",
        ),
        domain=env.text("RESIMATE_BASE_DOMAIN", "localhost", "the platform's host; tenants live on hosts below it"),
        management_host=env.text(
            "RESIMATE_MANAGEMENT_HOST", ports.LOOPBACK, "address of metrics and probes, a private one"
        ),
        management_port=env.integer("RESIMATE_MANAGEMENT_PORT", 9000, "port of metrics and probes, never public"),
        workers=env.integer("WEB_WORKERS", 1, "processes of the web server"),
        role_prefix=env.text("DATABASE_ROLE_PREFIX", "resimate", "first part of the database roles' names"),
        given=given(),
    )


def given() -> dict[str, str]:
    """The addresses of the servers, as far as they are given."""
    return {name: _given(*variable) for name, variable in GIVEN.items()}


def _given(variable: str, about: str) -> str:
    return transport.fit(variable, servers.checked(variable, env.secret(variable, about, is_made=True)))
