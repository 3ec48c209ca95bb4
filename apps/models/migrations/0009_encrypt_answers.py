"""The answers that there are go under a key of their response each.

A batch at a time, each in a transaction of its own: whoever is killed is followed by whoever comes next, who finds what
has no sheet yet. The plain answers are dropped by the migration after this one.
"""

import json
import secrets
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import migrations, transaction

from apps.core import crypto
from apps.keys.migrating import SchemaKeys

BATCH = 500
FIRST = UUID(int=0)
# By their ids alone, and what has a sheet already asked of these: both tables are never walked through for a batch.
NEXT = "SELECT id FROM resilience_response WHERE id > %s ORDER BY id LIMIT %s"
WITH_SHEET = "SELECT response_id FROM resilience_answersheet WHERE response_id = ANY(%s)"
# Moments as Python writes them; the numbers stay as they are spelt.
ANSWERS = """
    SELECT response_id, json_object_agg(question, json_build_array(value, comment, answered_at) ORDER BY question)::text
    FROM resilience_answer WHERE response_id = ANY(%s) GROUP BY response_id
"""
ADD_KEYS = "INSERT INTO public.keys_subjectkey (id, tenant, secret) SELECT k, %s, s FROM unnest(%s::uuid[], %s::bytea[]) AS t (k, s)"
ADD_SHEETS = """
    INSERT INTO resilience_answersheet (response_id, key_id, entries)
    SELECT r, k, e FROM unnest(%s::uuid[], %s::uuid[], %s::bytea[]) AS t (r, k, e)
"""


def encrypt(apps, schema_editor):
    connection, last = schema_editor.connection, FIRST
    keys = SchemaKeys(connection)
    with connection.cursor() as cursor:
        while responses := _next(cursor, last):
            with transaction.atomic(using=connection.alias):
                _move(cursor, connection.schema_name, responses, keys)
            last = responses[-1]


def _next(cursor, last):
    cursor.execute(NEXT, [last, BATCH])
    return [response for (response,) in cursor.fetchall()]


def _move(cursor, schema, responses, keys):
    cursor.execute(WITH_SHEET, [responses])
    done = {response for (response,) in cursor.fetchall()}
    cursor.execute(ANSWERS, [[response for response in responses if response not in done]])
    rows = [_sealed(schema, response, entries, keys) for response, entries in cursor.fetchall()]
    if not rows:
        return
    ids, made, wrapped, sealed = zip(*rows, strict=True)
    cursor.execute(ADD_KEYS, [schema, list(made), list(wrapped)])
    cursor.execute(ADD_SHEETS, [list(ids), list(made), list(sealed)])


def _sealed(schema, response, entries, keys):
    """A key, as fields keep it, and the answers under it; both come back before they are stored."""
    key, secret = uuid4(), secrets.token_hex(crypto.KEY_BYTES)
    cipher = AESGCM(bytes.fromhex(secret))
    kept, sheet = f"keys.subjectkey|secret|{key}", f"resilience.answersheet|entries|{response}"
    text = json.dumps(json.loads(entries), ensure_ascii=False, separators=(",", ":"))
    wrapped = crypto.encrypt(secret, schema=schema, place=kept, keys=keys)
    sealed = crypto.seal(text, cipher, schema=schema, place=sheet)
    if crypto.decrypt(wrapped, schema=schema, place=kept, keys=keys) != secret:
        raise RuntimeError(f"the key of response {response} does not come back")
    if crypto.unseal(sealed, cipher, schema=schema, place=sheet) != text:
        raise RuntimeError(f"the answers of response {response} do not come back")
    return response, key, wrapped, sealed


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("resilience", "0008_give_responses_sheets")]

    operations = [migrations.RunPython(encrypt)]  # no way back: nothing is written in the clear again
