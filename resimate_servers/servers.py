"""Starts those servers that the environment does not name, and the roles and database on whichever is used."""

from collections.abc import Mapping

from resimate_servers import postgres, valkey
from resimate_servers.installation import DATABASE, Installation, Urls, connection_urls
from resimate_servers.mailbox import Mailbox
from resimate_servers.provisioning import ensure_app_role, ensure_roles_and_database
from resimate_servers.supervisor import Supervisor


def start_servers(
    supervisor: Supervisor,
    installation: Installation,
    given: Mapping[str, str | None] | None = None,
    *,
    role_prefix: str = DATABASE,
) -> Urls:
    """Bring up PostgreSQL, Valkey and the mailbox as needed; ``given`` and ``role_prefix`` as in connection_urls."""
    named = {name: url for name, url in (given or {}).items() if url}
    if "database_url" not in named:
        start_postgres(supervisor, installation, role_prefix)
    elif "owner_database_url" not in named:
        supervisor.step(
            "Preparing the runtime role",
            lambda: ensure_app_role(
                named["database_url"], app=f"{role_prefix}_app", app_password=installation.secrets["postgres_app"]
            ),
        )
    if "redis_url" not in named:
        supervisor.start(valkey.Valkey(installation, installation.port_for("valkey"), valkey.DURABLE).child())
    if "email_url" not in named:
        supervisor.start_inside(Mailbox(installation.mail, installation.port_for("mail")))
    return connection_urls(installation.folder, named, role_prefix=role_prefix)


def start_postgres(
    supervisor: Supervisor,
    installation: Installation,
    role_prefix: str = DATABASE,
    *,
    profile: Mapping[str, str] = postgres.DURABLE,
    major: int | None = None,
) -> postgres.Postgres:
    """Start the embedded cluster, and make its roles and database."""
    server = postgres.Postgres(installation, installation.port_for("postgres"), profile, major)
    supervisor.start(server.child())
    secrets = installation.secrets
    supervisor.step(
        "Preparing roles and database",
        lambda: ensure_roles_and_database(
            server.superuser_url,
            database=DATABASE,
            owner=f"{role_prefix}_owner",
            owner_password=secrets["postgres_owner"],
            app=f"{role_prefix}_app",
            app_password=secrets["postgres_app"],
        ),
    )
    return server
