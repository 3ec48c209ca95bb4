"""The key of an API request, its owner and the owner's grants, in one statement.

It runs on every request of every program, so it is written by hand: composing it anew by the ORM costs several times
what PostgreSQL needs to answer it.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection

from apps.accounts import authz, lineage
from apps.accounts.models import ApiKey, User

# Without moments: the database compares them, and reading one takes as long as four other columns.
KEY = ("id", "user_id", "name", "prefix", "digest", "permissions", "networks")
OWNER = ("id", "key_id", "language", "is_active")


def owner_columns(table: str) -> str:
    """What of an account is read for :func:`owner`."""
    return ", ".join(f"{table}.{name}" for name in OWNER)


def grants_of(user: str) -> str:
    """Its grants, for ``authz.remember``: NULL without any."""
    given = lineage.GIVEN.format(user=user, moment="now()")
    line = "line.permissions, line.objects, line.denies, line.holder_id, line.delegator_id, line.in_person"
    return f"(SELECT json_agg(json_build_array({line})) FROM ({given}) AS line)"  # noqa: S608  names of our own columns


STATEMENT = f"""
    SELECT {", ".join(f"k.{name}" for name in KEY)}, {owner_columns("u")},
        k.revoked_at IS NULL AND k.expires_at > now() AND u.is_active,
        coalesce(k.last_used_at > now() - interval '1 minute', false),
        {grants_of("u.id")}
    FROM accounts_apikey k JOIN accounts_user u ON u.id = k.user_id
    WHERE k.prefix = %s
"""  # noqa: S608  names of our own columns


class Found(NamedTuple):
    """A key, and what the database says of it now.

    ``opens``: it is valid, and its owner is active. ``was_noted``: its use was written down within the last minute.
    """

    key: ApiKey
    opens: bool
    was_noted: bool


def find(prefix: str) -> Found | None:
    """The key with this prefix, valid or not, with ``user`` and the user's permissions filled in."""
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, [prefix])
        row: Any = cursor.fetchone()
    if row is None:
        return None
    key = ApiKey.from_db(connection.alias, KEY, row[: len(KEY)])
    key.user = owner(row[len(KEY) : -3])
    authz.remember(key.user, row[-1] or [])
    return Found(key, *row[-3:-1])


def owner(columns: Sequence[Any]) -> User:
    """The account of the values of :func:`owner_columns`."""
    return User.from_db(connection.alias, OWNER, columns)
