"""How many values are under each key, and how often a key has been used at the most.

By AES-GCM with random nonces a key may encrypt 2^32 times (NIST SP 800-38D, 8.3). Nothing is counted while something is
encrypted: PostgreSQL counts the rows that are written to each table, which is never less. A round of the scheduler adds
what came since the last; where those statistics were reset meanwhile, it begins with what they say since.
"""

from collections import Counter
from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import Count
from django.utils import timezone
from django_tenants.utils import get_public_schema_name, schema_context

from apps.core import crypto
from apps.core.models import TenantRow
from apps.keys.columns import columns
from apps.keys.metrics import LEFT, OLDEST
from apps.keys.models import DataKey

#: How often a key may encrypt. Rotating takes less than the hour until the next round, in which nobody writes the rest.
MOST_WRITES: Final = 2**31
WRITES: Final = """
    SELECT coalesce(sum(n_tup_ins + n_tup_upd), 0) FROM pg_stat_user_tables WHERE schemaname = %s AND relname = %s
"""


def count(schema: str, *, now: datetime) -> None:
    """Note how many values are under each key for fields that is not destroyed."""
    with schema_context(schema):
        found = _values(schema)
    for key in DataKey.objects.of(schema).usable():
        values = found[crypto.header_of(key.version)]
        DataKey.objects.filter(pk=key.pk).update(values=values, counted_at=now)


def _values(schema: str) -> "Counter[bytes]":
    """How many values there are by how their ciphertexts begin."""
    found: Counter[bytes] = Counter()
    for column in columns(schema):
        rows = column.rows(schema).order_by().values("header").annotate(values=Count("pk"))
        for header, values in rows.values_list("header", "values"):
            found[bytes(header)] += values
    return found


def note_use(schema: str) -> None:
    """Add what was written since it was noted last to the uses of the active key for fields."""
    writes = _writes(schema)
    key = DataKey.objects.of(schema).active().first()
    if key is not None:
        since = writes - key.seen_writes if writes >= key.seen_writes else writes
        is_as_read = DataKey.objects.filter(pk=key.pk, seen_writes=key.seen_writes)
        is_as_read.update(written=key.written + since, seen_writes=writes)


def _writes(schema: str) -> int:
    """How many values were written at the most: one for each encrypted column of each row that was."""
    total = 0
    with connection.cursor() as cursor:
        for column in columns(schema):
            place = get_public_schema_name() if issubclass(column.model, TenantRow) else schema
            cursor.execute(WRITES, [place, column.model._meta.db_table])
            total += int(cursor.fetchone()[0])
    return total


def measure() -> None:
    """Tell the metrics what is known of all keys."""
    now = timezone.now()
    oldest = DataKey.objects.active().order_by("purpose", "created_at").distinct("purpose")
    for purpose, created_at in oldest.values_list("purpose", "created_at"):
        OLDEST.labels(purpose).set(max(0.0, (now - created_at).total_seconds()))
    old = DataKey.objects.filter(purpose=DataKey.Purpose.FIELD, state=DataKey.State.DECRYPT_ONLY)
    LEFT.set(sum(values or 0 for values in old.values_list("values", flat=True)))
