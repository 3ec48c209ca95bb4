"""What encryption adds: to one field, and to a list of 1,000 rows, against the same rows in the clear in the same run.

Runs in a process of its own, on a database of its own, and prints its rows as JSON. Times are of the processor.
"""

import json
import statistics
import sys
import time
import timeit
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final

import orjson
from django.db import connection, models
from django.test import Client
from django.utils import timezone
from django_tenants.utils import schema_context

from apps.accounts import services as accounts
from apps.accounts.api.files import StoredFileSerializer, StoredFileViewSet
from apps.accounts.models import Role, User
from apps.configuration import services as configuration
from apps.core.fields import TextField
from apps.files.models import StoredFile

Row = dict[str, Any]
ROWS: Final = 1000
ROUNDS: Final = 41
CALLS: Final = 5000
NAME: Final = "Report of the department {}.pdf"


class Meta:
    app_label = "files"
    db_table = "bench_plain"


#: The list of files shows one encrypted field. Its twin holds the same in the clear.
CLEAR: Final[dict[str, Any]] = {"name": TextField(pii="name")}
SHOWN: Final[Sequence[Any]] = StoredFile._meta.local_fields
COLUMNS: Final = {field.name: CLEAR.get(field.name) or field.clone() for field in SHOWN}
Plain: Any = type("Plain", (models.Model,), {**COLUMNS, "Meta": Meta, "__module__": __name__})


class PlainSerializer(StoredFileSerializer):
    class Meta(StoredFileSerializer.Meta):
        model = Plain


def main() -> None:
    with schema_context("acme"):
        rows = [*one_field(), a_list()]
    sys.stdout.write(json.dumps(rows))


def one_field() -> Iterator[Row]:
    field: Any = StoredFile._meta.get_field("name")
    file = StoredFile()
    stored = field.encrypted(NAME, file)
    yield _microseconds("encrypt a field", partial(field.encrypted, NAME, file))
    yield _microseconds("decrypt a field", partial(field.decrypted, stored, file))


def a_list() -> Row:
    """Read by models, shown by their serializers and written as JSON, turn by turn."""
    _fill()
    program = _program()
    sealed = partial(_listed, program, StoredFile, StoredFileSerializer)
    plain = partial(_listed, program, Plain, PlainSerializer)
    rounds = [(_timed(sealed), _timed(plain)) for _ in range(ROUNDS)][1:]
    ratio = statistics.median(ours / theirs for ours, theirs in rounds)
    ours, theirs = (1000 * statistics.median(column) for column in zip(*rounds, strict=True))
    return {
        "what": "list of 1,000, one field encrypted / plain",
        "value": round(ratio, 3),
        "unit": "ratio",
        "bar": "<= 1.1",
        "met": ratio <= 1.1,
        "detail": f"{ours:.1f} ms against {theirs:.1f} ms",
    }


def _fill() -> None:
    now, digest = timezone.now(), "0" * 64
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE bench_plain (LIKE files_storedfile INCLUDING INDEXES)")
        cursor.execute("ALTER TABLE bench_plain ALTER name TYPE text USING ''")
    for model in (StoredFile, Plain):
        kept = {"kind": "attachment", "secret": "", "size": 100_000, "media_type": "application/pdf", "state": "there"}
        model._default_manager.bulk_create(
            model(name=NAME.format(number), place=str(number), sha256=digest, created_at=now, **kept)
            for number in range(ROWS)
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE bench_plain")


def _program() -> Client:
    now = timezone.now()
    user = User.objects.create(email="bench-fields@acme.example", created_at=now)
    accounts.grant_role(user, Role.objects.get(code="tenant_admin"), acting_user=None, now=now)
    configuration.change("api.rate.files", 100_000_000, now=now)
    key = accounts.create_api_key(user, name="bench", now=now, acting_user=user)[1]
    return Client(headers={"Host": "acme.localhost", "Authorization": f"Bearer {key}"})


def _listed(program: Client, model: Any, serializer: Any) -> None:
    StoredFileViewSet.queryset, StoredFileViewSet.serializer_class = model.objects.order_by("-pk"), serializer
    path: str | None = "/api/v1/files/?page_size=200"
    seen = 0
    while path:
        page = orjson.loads(program.get(path).content)
        path, seen = page["next"], seen + len(page["results"])
    if seen != ROWS:
        raise RuntimeError(f"the list had {seen} rows")


def _timed(act: Callable[[], Any]) -> float:
    began = time.process_time()
    act()
    return time.process_time() - began


def _microseconds(what: str, act: Callable[[], Any]) -> Row:
    value = 1e6 * min(timeit.repeat(act, number=CALLS, repeat=9, timer=time.process_time)) / CALLS
    return {
        "what": what,
        "value": round(value, 2),
        "unit": "µs",
        "bar": "<= 5",
        "met": value <= 5,
        "detail": "of a name; schema, place and key looked up",
    }
