"""The roles of the product in a database that a platform manages: who owns is there, who serves is made."""

from pathlib import Path

import pulumi
import pulumi_postgresql as postgresql

from resimate_infra import contract
from resimate_infra.contract import Database

#: Where authorities are written, as the driver reads them from a file: the same at every `up`, and out of Git.
AUTHORITIES = Path(__file__).parents[1] / ".authorities"


def make(database: Database, made: list[pulumi.Resource]) -> None:
    """``resimate_app`` may sign in and connect; every right beyond that the migration gives it.

    ``made`` has to be there before. Who owns shows the password to nobody but the server of that name, as pods do.
    """
    provider = postgresql.Provider(
        "database", host=database.host, port=5432, username=contract.OWNER, password=database.owner_password,
        database=contract.DATABASE, sslmode=database.sslmode, sslrootcert=_written(database.authority),
        superuser=False,
    )  # fmt: skip
    opts = pulumi.ResourceOptions(provider=provider, depends_on=made)
    of = contract.DATABASE
    role = postgresql.Role(
        "application", name=contract.APPLICATION, login=True, inherit=False, password=database.application_password,
        opts=opts,
    )  # fmt: skip
    postgresql.Grant("nobody-else", database=of, role="public", object_type="database", privileges=[], opts=opts)
    postgresql.Grant(
        "application", database=of, role=role.name, object_type="database", privileges=["CONNECT"], opts=opts
    )


def _written(authority: pulumi.Input[str]) -> pulumi.Output[str]:
    """The file with certificates."""

    def write(certificates: str) -> str:
        AUTHORITIES.mkdir(parents=True, exist_ok=True)
        path = AUTHORITIES / f"{pulumi.get_stack()}.pem"
        path.write_text(certificates)
        return str(path)

    return pulumi.Output.from_input(authority).apply(write)
