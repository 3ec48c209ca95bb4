"""The product's own roles (SEC-AUTH-002) as rows of every schema: what the apps declare, written after migrations."""

from collections.abc import Iterator, Mapping, Sequence

from django.db import connections, transaction
from django.utils import timezone
from psycopg import sql

from apps import audit
from apps.accounts.models import Role
from apps.core import rights
from apps.core.rights import SystemRole
from apps.tenants.provisioning import OWNER, PUBLIC, owner_in

#: By code: the name and the permissions of a role as a schema holds them.
Stored = Mapping[str, tuple[str, list[str]]]


def behind(schemas: Sequence[str]) -> list[str]:
    """The schemas whose roles differ from what is declared, found in one query."""
    part = sql.SQL("SELECT {name}, code, name, permissions FROM {table} WHERE is_system")
    parts = [
        part.format(name=sql.Literal(schema), table=sql.Identifier(schema, Role._meta.db_table)) for schema in schemas
    ]
    stored: dict[str, dict[str, tuple[str, list[str]]]] = {schema: {} for schema in schemas}
    with connections[OWNER].cursor() as cursor:
        cursor.execute(sql.SQL(" UNION ALL ").join(parts))
        for schema, code, name, permissions in cursor.fetchall():
            stored[schema][code] = (name, permissions)
    return [schema for schema in schemas if any(_differing(schema, stored[schema]))]


def bring_up(schema: str) -> None:
    """Write the roles that differ. A role of the tenant's own that has the code of a new one makes way for it."""
    with owner_in(schema), transaction.atomic(using=OWNER):
        rows = Role.objects.using(OWNER)
        system = rows.filter(is_system=True).values_list("code", "name", "permissions")
        stored = {code: (name, permissions) for code, name, permissions in system}
        for role in _differing(schema, stored):
            _, before = stored.get(role.code, ("", []))
            permissions = [text for text in before if text in role.permissions]
            permissions += [text for text in role.permissions if text not in before]
            _write(schema, Role(code=role.code, name=role.name, permissions=permissions, is_system=True))


def _differing(schema: str, stored: Stored) -> Iterator[SystemRole]:
    for role in rights.ROLES.values():
        name, permissions = stored.get(role.code, ("", []))
        if (name, set(permissions)) != (role.name, set(role.permissions)) and (
            not role.is_platforms or schema == PUBLIC
        ):
            yield role


def _write(schema: str, role: Role) -> None:
    """Without signals, which would record it field by field, and as of the schema that requests work in."""
    rows = Role.objects.using(OWNER)
    for own in rows.filter(code=role.code, is_system=False):
        rows.filter(pk=own.pk).update(code=f"{own.code[:40]}_{own.pk.hex[-12:]}")
    is_new = not rows.filter(code=role.code).update(name=role.name, permissions=role.permissions)
    if is_new:
        rows.bulk_create([role])
    audit.record(
        "role.created" if is_new else "role.changed",
        now=timezone.now(),
        tenant=schema,
        target=rows.get(code=role.code),
        details={"code": role.code, "permissions": role.permissions},
        using=OWNER,
    )
