"""What permissions cost: a check, and a list of 50 among 100,000 objects, of which somebody is given 3,000 one by one.

Runs in a process of its own, on a database of its own, and prints its rows as JSON.
"""

import json
import statistics
import sys
import time
import timeit
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from django.db import connection, connections
from django.utils import timezone
from django_tenants.utils import schema_context

from apps.accounts import authz
from apps.accounts import services as accounts
from apps.accounts.models import Grant, Role, User
from apps.models.models import ResilienceModel
from apps.tenants.provisioning import OWNER, owner_in

Row = dict[str, Any]
OBJECTS: Final = 100_000
GRANTS: Final = 3_000
DENIALS: Final = 300
CALLS: Final = 20_000
ROUNDS: Final = 41
READ: Final = "models:read"


def main() -> None:
    with schema_context("acme"):
        rows = list(_rows())
    sys.stdout.write(json.dumps(rows))


def _rows() -> Iterator[Row]:
    plain, part = _people()
    for name, user in (("tenant-wide", plain), ("3,000 objects", part)):
        yield _row(f"permission check, {name}", 1e6 * _each(partial(authz.somewhere, user, READ)), "µs", 1)
        yield _row(f"what somebody may do, read, {name}", 1e3 * _median(partial(_read, user)), "ms", None)
        yield _row(f"list of 50 among 100,000, {name}, in SQL", 1e3 * _median(partial(_list, user)), "ms", 5)


def _people() -> tuple[User, User]:
    now = timezone.now()
    rows = [
        ResilienceModel(code=f"m{number}", name={"en": f"Model {number}"}, created_at=now, updated_at=now)
        for number in range(OBJECTS)
    ]
    ResilienceModel.objects.bulk_create(rows, batch_size=5_000)
    plain, part = (User.objects.create(email=f"{name}@acme.example", created_at=now) for name in ("plain", "part"))
    accounts.grant_role(plain, Role.objects.get(code="model_analyst"), acting_user=None, now=now)
    role = accounts.create_role("part", name="Part", permissions=["models:model:read"], acting_user=None, now=now)
    step = OBJECTS // GRANTS
    objects = [(one.pk, False) for one in rows[::step]][:GRANTS]
    objects += [(one.pk, True) for one in rows[:: step * 10]][:DENIALS]
    Grant.objects.bulk_create(
        Grant(user=part, role=role, object_id=pk, denies=denies, granted_at=now) for pk, denies in objects
    )
    with owner_in("acme"), connections[OWNER].cursor() as cursor:
        cursor.execute("ANALYZE resilience_resiliencemodel, accounts_grant, accounts_role")
    return plain, part


def _read(user: User) -> None:
    authz.permissions_of(User(pk=user.pk))


def _list(user: User) -> float:
    """The seconds that the statement takes, without composing it, or making models of what it finds."""
    query = authz.visible(ResilienceModel.objects.order_by("-pk"), user, READ).values_list("pk")[:50].query
    statement, parameters = query.sql_with_params()
    with connection.cursor() as cursor:
        began = time.perf_counter()
        cursor.execute(statement, parameters)
        found = cursor.fetchall()
        took = time.perf_counter() - began
    if len(found) != 50:
        raise RuntimeError(f"the list had {len(found)} rows")
    return took


def _each(act: Callable[[], Any]) -> float:
    act()
    return min(timeit.repeat(act, number=CALLS, repeat=9, timer=time.process_time)) / CALLS


def _median(act: Callable[[], Any]) -> float:
    def timed() -> float:
        began = time.perf_counter()
        took = act()
        return took or time.perf_counter() - began

    return statistics.median([timed() for _ in range(ROUNDS)][1:])


def _row(what: str, value: float, unit: str, bar: float | None) -> Row:
    return {
        "what": what,
        "value": round(value, 3),
        "unit": unit,
        "bar": "" if bar is None else f"<= {bar}",
        "met": bar is None or value <= bar,
        "detail": "",
    }
