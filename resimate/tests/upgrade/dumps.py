"""A database as an operator takes it along: the roles and one dump, restored into a server of a new data folder."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from resimate.tests.product import Product
from resimate_servers.installation import DATABASE, Installation, postgres_url, running_port, secret_of
from resimate_servers.placement import Placement
from resimate_servers.postgres import DURABLE, SUPERUSER, Postgres, find_binaries
from resimate_servers.supervisor import Supervisor


@dataclass(frozen=True)
class Dump:
    """A folder with the roles, the database and, since it is encrypted, the keys to it."""

    folder: Path

    @property
    def roles(self) -> Path:
        return self.folder / "roles.sql"

    @property
    def database(self) -> Path:
        return self.folder / "database.dump"

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets.json"


def dump(product: Product, folder: Path) -> Dump:
    """Dump the database of a running product."""
    data, taken = product.folder / "data", Dump(folder)
    port = running_port(data, "postgres")
    assert port
    url = postgres_url(port, SUPERUSER, secret_of(data, "postgres_superuser"), DATABASE)
    roles = _run("pg_dumpall", "--roles-only", "--dbname", url)
    ours = [line for line in roles.splitlines(keepends=True) if not line.endswith(f" ROLE {SUPERUSER};\n")]
    taken.roles.write_text("".join(ours))
    _run("pg_dump", "--format", "custom", "--file", taken.database, url)
    shutil.copy(data / "secrets.json", taken.secrets)
    return taken


def restore(taken: Dump, product: Product) -> None:
    """Make the data folder of a product that has none yet, with what was dumped."""
    data = product.folder / "data"
    data.mkdir()
    shutil.copy(taken.secrets, data)
    with Installation.open(data) as installation, Supervisor(installation) as supervisor:
        server = Postgres(installation, installation.port_for("postgres"), DURABLE)
        supervisor.start(server.child())
        _run("psql", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", taken.roles, server.superuser_url)
        _run("pg_restore", "--exit-on-error", "--create", "--dbname", server.superuser_url, taken.database)


def _run(program: str, *arguments: str | Path) -> str:
    command = [find_binaries(Placement.usual()).folder / program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
