"""What jobs were asked and have answered goes under the keys of their tenants: a shared table, so each has its own.

Of a tenant whose key cannot be had just now, its own one that it has withdrawn, this is forgotten: nobody else waits for
it. There is no way back but to forget, as jobs are in time.
"""

from uuid import UUID

from django.db import migrations

from apps.keys.migrating import SchemaKeys
from apps.keys.providers import Lost, Unavailable

BATCH = 500
FIRST = UUID(int=0)
NEXT = """
    SELECT id, tenant, nullif(parameters, '{}')::text, nullif(result, 'null')::text
    FROM (SELECT * FROM core_job WHERE id > %s ORDER BY id LIMIT %s) AS stored ORDER BY id
"""
WRITE = """
    UPDATE core_job AS stored SET sealed_parameters = fresh.parameters, sealed_result = fresh.result
    FROM unnest(%s::uuid[], %s::bytea[], %s::bytea[]) AS fresh (id, parameters, result) WHERE stored.id = fresh.id
"""


def encrypt(apps, schema_editor):
    known, last = {}, FIRST
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(NEXT, [last, BATCH])
        while rows := cursor.fetchall():
            sealed = [
                _sealed(_keys_of(tenant, known, schema_editor.connection), pk, *said) for pk, tenant, *said in rows
            ]
            cursor.execute(WRITE, [list(column) for column in zip(*sealed, strict=True)])
            last = rows[-1][0]
            cursor.execute(NEXT, [last, BATCH])


def _keys_of(tenant, known, connection):
    """None where they cannot be had."""
    if tenant not in known:
        keys = SchemaKeys(connection)
        keys.name = tenant
        try:
            keys.active(tenant, "field")
        except (Lost, Unavailable):
            keys = None
        known[tenant] = keys
    return known[tenant]


def _sealed(keys, pk, parameters, result):
    said = {"parameters": parameters, "result": result}
    return pk, *(
        None if keys is None or text is None else keys.encrypt(text, f"core.job|{name}|{pk}")
        for name, text in said.items()
    )


class Migration(migrations.Migration):
    dependencies = [("keys", "0010_let_keys_of_digests_take_turns"), ("core", "0009_begin_to_encrypt_jobs")]

    operations = [migrations.RunPython(encrypt, migrations.RunPython.noop)]
