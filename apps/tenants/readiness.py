"""How the rights and the session of the runtime role, and what migrations have left behind, are asked for."""

from typing import Any

from django.db import ProgrammingError, connections
from psycopg.errors import InsufficientPrivilege

from apps.core.parts import Answer, declare
from apps.tenants import fleet, history, provisioning


def _one(query: str) -> Any:
    with connections["default"].cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


def _runtime_role() -> Answer:
    owned = _one(
        "SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = session_user)"
    )
    mighty = _one("SELECT rolsuper OR rolbypassrls OR rolcreaterole FROM pg_roles WHERE rolname = session_user")
    role = _one("SELECT session_user")
    if owned or mighty:
        return Answer(f"{role} owns {owned} objects{' and has special rights' if mighty else ''}", is_well=False)
    return Answer(f"{role} owns nothing")


def _session() -> Answer:
    """Two statements of one session must share it: a transaction pooler may serve them by two."""
    connection = connections["default"]
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('resimate.doctor', 'here', false)")
    seen = {_one("SELECT current_setting('resimate.doctor', true)") for _ in range(20)}
    if seen != {"here"}:
        return Answer("statements of one session reach different ones", is_well=False)
    return Answer("one session keeps its state")


def _migrations() -> Answer:
    found = ["the shared tables are behind"] if provisioning.public_is_behind() else []
    try:
        behind = fleet.plan()
    except ProgrammingError as error:
        # Only who migrates sees into every schema.
        if found or not isinstance(error.__cause__, InsufficientPrivilege):
            raise
        return Answer("applied to the shared tables; those of tenants, their owner sees")
    found += [f"{len(behind)} tenants are behind"] if behind else []
    return Answer(", ".join(found) or "all applied", is_well=not found)


def _schema() -> Answer:
    """Without its tables it would serve by halves. Later ones are no fault: versions overlap as one follows another."""
    lacking, unknown = history.compared()
    if lacking:
        return Answer(f"the tables are of an earlier version: {lacking} migrations lack", is_well=False)
    return Answer(f"of a later version: {unknown} migrations more" if unknown else "of this version")


declare("schema", _schema, mend="run `manage.py migrate_tenants` of this version, or start the earlier one", vital=True)
declare("runtime_role", _runtime_role, mend="let DATABASE_URL name a role that owns nothing")
declare("connection_pooling", _session, mend="let PgBouncer pool by session: by transaction it mixes tenants up")
declare("migrations", _migrations, mend="run `manage.py migrate_tenants`")
