"""Migrations that encrypt what is stored, on many rows: how long they take there and back, and in how much memory.

``python -m resimate.bench.migrations [ROWS [CASE…]]`` takes a database of its own, and some minutes for 200,000 rows.
"""

import gc
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from resimate.tests import database as databases

ROWS: Final = 200_000
BATCH: Final = 5_000
#: Tables are filled as they are at that moment, and of what else belongs to a row nothing matters here.
LOOSE: Final = """
    DO $$
    DECLARE one record;
    BEGIN
        FOR one IN SELECT conname FROM pg_constraint
            WHERE conrelid = to_regclass('{table}') AND contype IN ('f', 'c', 'u')
        LOOP EXECUTE format('ALTER TABLE {table} DROP CONSTRAINT %I', one.conname); END LOOP;
        FOR one IN SELECT attname FROM pg_attribute
            WHERE attrelid = to_regclass('{table}') AND attnum > 0 AND attnotnull AND attname <> 'id'
        LOOP EXECUTE format('ALTER TABLE {table} ALTER COLUMN %I DROP NOT NULL', one.attname); END LOOP;
    END $$
"""
VALUES: Final = json.dumps({f"indicator_{number}": number / 7 for number in range(20)})
UNITS: Final = json.dumps(
    [{"id": f"unit {number}", "values": json.loads(VALUES), "responses": []} for number in range(2)]
)
JOBS: Final = """
    CREATE TABLE core_job (
        id uuid PRIMARY KEY, tenant text, parameters jsonb, result jsonb, sealed_parameters bytea, sealed_result bytea
    )
"""


@dataclass(frozen=True)
class Case:
    """``fill`` makes so many rows in the state ``before``, on the owner's connection."""

    app: str
    before: str
    after: str
    fill: Callable[[Any, int], None]
    others: dict[str, str] = field(default_factory=dict)


def _run(owner: Any, statement: str, parameters: Any = None) -> None:
    with owner.cursor() as cursor:
        cursor.execute(statement, parameters)


def _plain(table: str, column: str, content: str, owner: Any, rows: int) -> None:
    _run(owner, LOOSE.format(table=table))
    fill = f"INSERT INTO {table} (id, {column}) SELECT gen_random_uuid(), %s FROM generate_series(1, %s)"  # noqa: S608  our own
    _run(owner, fill, [content, rows])


def _inputs(owner: Any, rows: int) -> None:
    _plain("resilience_scoreinput", "units", UNITS, owner, rows)
    _plain("resilience_scoredunit", "unit", VALUES, owner, rows)


def _people(table: str, model: str, owner: Any, rows: int) -> None:
    """Everybody with a name and an address under the key of the schema, and with a message."""
    from apps.core.fields import new_id
    from apps.keys.migrating import SchemaKeys

    keys = SchemaKeys(owner)
    for one in (table, "notifications_message"):
        _run(owner, LOOSE.format(table=one))
    for _ in range(0, rows, BATCH):
        ids = [new_id() for _ in range(BATCH)]
        _insert(owner, keys, table, model, ("name", "email"), ids)
        _insert(owner, keys, "notifications_message", "notifications.message", ("address", "body"), ids)
    _run(owner, "UPDATE notifications_message SET recipient_id = id")


def _insert(owner: Any, keys: Any, table: str, model: str, columns: tuple[str, str], ids: list[Any]) -> None:
    sealed = [[keys.encrypt(f"Somebody {pk}", f"{model}|{column}|{pk}") for pk in ids] for column in columns]
    fill = f"INSERT INTO {table} (id, {', '.join(columns)}) SELECT * FROM unnest(%s::uuid[], %s::bytea[], %s::bytea[])"  # noqa: S608  our own
    _run(owner, fill, [ids, *sealed])


def _stakeholders(owner: Any, rows: int) -> None:
    _people("campaigns_stakeholder", "campaigns.stakeholder", owner, rows)
    _run(owner, LOOSE.format(table="campaigns_participation"))
    _run(owner, "INSERT INTO campaigns_participation (id, stakeholder_id) SELECT id, id FROM campaigns_stakeholder")


CASES: Final = {
    "values": Case(
        "resilience",
        "0012_encrypt_inputs",
        "0013_encrypt_values",
        partial(_plain, "resilience_assessment", "values", VALUES),
    ),
    "inputs": Case("resilience", "0011_keep_the_least_number_of_people", "0012_encrypt_inputs", _inputs),
    "stakeholders and messages to them": Case(
        "campaigns",
        "0004_part_answers_from_people",
        "0005_give_people_keys",
        _stakeholders,
        {"notifications": "0007_take_the_key_of_the_person"},
    ),
    "experts and messages to them": Case(
        "elicitation",
        "0002_grant_to_analysts",
        "0003_give_people_keys",
        partial(_people, "elicitation_expert", "elicitation.expert"),
        {"notifications": "0007_take_the_key_of_the_person"},
    ),
}


def main() -> None:
    rows = int(sys.argv[1]) if sys.argv[1:] else ROWS
    wanted = sys.argv[2:] or [*CASES, "jobs"]
    with _database(f"bench_migrations_{os.getpid()}"):
        for name in wanted:
            there, back = _jobs(rows) if name == "jobs" else _case(CASES[name], rows)
            sys.stdout.write(f"{json.dumps({'what': name, 'rows': rows, 'there': there, 'back': back})}\n")
            sys.stdout.flush()


@contextmanager
def _database(name: str) -> Iterator[None]:
    databases.make_database(name)
    for variable, url in (
        ("DATABASE_URL", databases.SERVERS.app_url),
        ("DATABASE_OWNER_URL", databases.SERVERS.owner_url),
    ):
        os.environ[variable] = databases.url_of(url, name)
    import django
    from django.db import connections

    try:
        django.setup()
        yield
    finally:
        connections.close_all()
        databases.drop_database(name)


def _case(case: Case, rows: int) -> tuple[Any, Any]:
    from apps.keys.tests.scratch import migrate, scratch_schema

    with scratch_schema("bench_migrations", case.app, case.before) as owner:
        for app, state in case.others.items():
            migrate(owner, app, state)
        case.fill(owner, rows)
        _run(owner, "ANALYZE")
        there = _measured(owner, partial(migrate, owner, case.app, case.after))
        return there, _measured(owner, partial(migrate, owner, case.app, case.before))


def _jobs(rows: int) -> tuple[Any, Any]:
    """Of two tenants, in a table as it was: it is shared, and there is no way back."""
    from django.db import transaction

    from apps.tenants.provisioning import owner_in

    migration = import_module("apps.keys.migrations.0011_encrypt_jobs")
    with owner_in("public") as owner, transaction.atomic(using=owner.alias):
        _run(owner, "CREATE SCHEMA bench_jobs")
        _run(owner, "SET LOCAL search_path TO bench_jobs, public")
        _run(owner, JOBS)
        _run(
            owner,
            "INSERT INTO core_job SELECT gen_random_uuid(), CASE WHEN n %% 2 = 0 THEN 'acme' ELSE 'beta' END, %s, %s"
            " FROM generate_series(1, %s) AS n",
            [VALUES, UNITS, rows],
        )
        _run(owner, "ANALYZE")
        return _measured(owner, partial(migration.encrypt, None, SimpleNamespace(connection=owner))), None


def _measured(owner: Any, work: Callable[[], Any]) -> dict[str, float]:
    """Seconds by the clock, and of processors, ours and the database's; by how many MB each grew at the most."""
    gc.collect()
    with owner.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (server,) = cursor.fetchone()
    both = {"us": os.getpid(), "database": server}
    for pid in both.values():
        Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak is counted anew
    began, before, used = time.perf_counter(), {name: _megabytes(pid) for name, pid in both.items()}, _used(both)
    work()
    grown = {f"MB, {name}": round(_megabytes(pid, "VmHWM") - before[name], 1) for name, pid in both.items()}
    return {
        "seconds": round(time.perf_counter() - began, 1),
        "of processors": round(_used(both) - used, 1),
        **grown,
    }


def _used(processes: dict[str, int]) -> float:
    """Seconds that their processors have worked for them."""
    found = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in processes.values()]
    return sum(int(one[11]) + int(one[12]) for one in found) / os.sysconf("SC_CLK_TCK")


def _megabytes(pid: int, what: str = "VmRSS") -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(one for one in status.splitlines() if one.startswith(what))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
