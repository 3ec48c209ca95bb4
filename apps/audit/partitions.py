"""The months of the audit table: made ahead, for as long as the product runs."""

from dataclasses import dataclass

from django.db import connections, transaction

MONTHS_AHEAD = 6
#: So many whole months ahead are enough; with fewer, whoever makes them has not done so for long.
FEWEST = 2
#: Others are not kept waiting behind a table that is in use: the next hour will do as well.
PATIENCE = "5s"


@dataclass(frozen=True, slots=True)
class State:
    """How many months after this one have a partition, and whether entries fell into the default one."""

    months_ahead: int
    has_strays: bool

    @property
    def is_well(self) -> bool:
        return self.months_ahead >= FEWEST and not self.has_strays


def make_ahead(using: str = "default") -> int:
    """Make the partitions of the months to come, and of those that fell into the default one; returns how many."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
        cursor.execute("SELECT public.audit_make_partitions(%s)", [MONTHS_AHEAD])
        return int(cursor.fetchone()[0])


STATE = """
    SELECT count(*) FILTER (WHERE c.relname > 'audit_entry_' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')
                              AND c.relname <> 'audit_entry_default'),
           EXISTS (SELECT FROM public.audit_entry_default)
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'public.audit_entry'::regclass
"""


def state() -> State:
    """Asked in the public schema: a tenant sees no partition."""
    with connections["default"].cursor() as cursor:
        cursor.execute(STATE)
        months, strays = cursor.fetchone()
    return State(int(months), bool(strays))
