"""The key of an API request, its owner and the owner's grants, in one statement.

It runs on every request of every program, so it is written by hand: composing it anew by the ORM costs several times
what PostgreSQL needs to answer it.
"""

from typing import Any

from django.db import connection

from apps.accounts import authz
from apps.accounts.models import ApiKey, User

KEY = (
    "id",
    "user_id",
    "name",
    "prefix",
    "digest",
    "permissions",
    "created_at",
    "expires_at",
    "revoked_at",
    "last_used_at",
)
OWNER = ("id", "email", "language", "is_active", "created_at")
STATEMENT = f"""
    SELECT {", ".join(f"k.{name}" for name in KEY)}, {", ".join(f"u.{name}" for name in OWNER)},
        (SELECT json_agg(json_build_array(r.permissions, g.object_id))
         FROM accounts_grant g JOIN accounts_role r ON r.id = g.role_id
         WHERE g.user_id = u.id AND (g.valid_until IS NULL OR g.valid_until > now()))
    FROM accounts_apikey k JOIN accounts_user u ON u.id = k.user_id
    WHERE k.prefix = %s
"""  # noqa: S608  names of our own columns


def find(prefix: str) -> ApiKey | None:
    """The key with this prefix, valid or not, with ``user`` and the user's permissions filled in."""
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, [prefix])
        row: Any = cursor.fetchone()
    if row is None:
        return None
    key = ApiKey.from_db(connection.alias, KEY, row[: len(KEY)])
    key.user = User.from_db(connection.alias, OWNER, row[len(KEY) : -1])
    authz.remember(key.user, row[-1] or [])
    return key
