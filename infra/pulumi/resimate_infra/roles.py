"""The roles of the product in a database that a platform manages: who owns is there, who serves is made."""

import pulumi
import pulumi_postgresql as postgresql

from resimate_infra.contract import APPLICATION, DATABASE


def make(
    host: pulumi.Input[str], administrator: str, its_password: pulumi.Input[str], password: pulumi.Input[str],
    server: pulumi.Resource,
) -> None:  # fmt: skip
    """``resimate_app`` may sign in and connect; every right beyond that the migration gives it."""
    provider = postgresql.Provider(
        "database", host=host, port=5432, username=administrator, password=its_password, database=DATABASE,
        sslmode="require", superuser=False,
    )  # fmt: skip
    opts = pulumi.ResourceOptions(provider=provider, depends_on=[server])
    role = postgresql.Role("application", name=APPLICATION, login=True, inherit=False, password=password, opts=opts)
    postgresql.Grant("nobody-else", database=DATABASE, role="public", object_type="database", privileges=[], opts=opts)
    postgresql.Grant(
        "application", database=DATABASE, role=role.name, object_type="database", privileges=["CONNECT"], opts=opts
    )
