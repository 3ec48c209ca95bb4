"""Writes the copy of tenants into a file, line by line: few rows are in memory, and nothing of people is on disk."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import mkstemp
from typing import IO, Any, Final

import orjson
from django.apps import apps
from django.db import connection, transaction
from django_tenants.utils import tenant_context

from apps import audit
from apps.core.errors import Invalid
from apps.keys.models import SubjectKey
from apps.models.models import Assessment, Score
from apps.tenants.models import Tenant
from resimate.copies import beforehand, rules
from resimate.copies.beforehand import ROWS_AT_ONCE
from resimate.copies.disguise import Disguise
from resimate_text.sentences import Sentence

FORMAT: Final = "resimate.copy/1"
Counted = Callable[[int], object]


def take(tenants: Sequence[Tenant], into: Path, *, salt: bytes, now: datetime, counted: Counted) -> dict[str, Any]:
    """Write the copy; the file is there once it is whole. Returns what each tenant is called in it, and its rows.

    ``counted`` is told how many rows more are written. The trail of each tenant says that it was asked for.
    """
    rules.check()
    for tenant in tenants:
        with tenant_context(tenant):
            audit.record("tenant.exported", target=tenant, now=now)
    try:
        with _draft_of(into) as (draft, file):
            told = dict(_write(tenants, file, salt, counted))
            file.close()
            draft.replace(into)
    except OSError as error:
        raise Invalid(Sentence("{file} cannot be written: {why}.", file=str(into), why=error.strerror)) from error
    return told


@contextmanager
def _draft_of(into: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    """A file beside it that nobody else has open, whatever lay in that folder before; it is gone afterwards."""
    number, name = mkstemp(dir=into.parent, prefix=f".{into.name}.")
    try:
        with os.fdopen(number, "wb") as file:
            yield Path(name), file
    finally:
        Path(name).unlink(missing_ok=True)


def _write(
    tenants: Sequence[Tenant], file: IO[bytes], salt: bytes, counted: Counted
) -> Iterator[tuple[str, dict[str, Any]]]:
    lines = 0

    def put(line: dict[str, Any]) -> None:
        nonlocal lines
        file.write(orjson.dumps(line) + b"\n")
        lines += 1

    put({"format": FORMAT})
    for tenant in tenants:
        disguise = Disguise(salt, tenant.schema_name)
        name, before = f"copy-{disguise.mark('tenant', tenant.slug, 8)}", lines
        put({"tenant": name})
        for line in _lines_of(tenant, disguise):
            put(line)
            counted(1)
        yield tenant.slug, {"name": name, "rows": lines - before - 1}
    put({"end": lines})


def _lines_of(tenant: Tenant, disguise: Disguise) -> Iterator[dict[str, Any]]:
    """All of it as it was at one moment."""
    with tenant_context(tenant), transaction.atomic():
        if not connection.savepoint_ids:  # within somebody else's transaction it is too late to say so
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        disguise = replace(disguise, answers=beforehand.answers_of(disguise), units=beforehand.units_of())
        for label in rules.TAKEN:
            yield from _rows_of(label, disguise)
        yield from _scores(disguise)


def _rows_of(label: str, disguise: Disguise) -> Iterator[dict[str, Any]]:
    model: Any = apps.get_model(label)
    columns = rules.rules_of(label)
    keys = [field.name for field in model._meta.concrete_fields if field.related_model is SubjectKey]
    for row in model._base_manager.select_related(*keys).order_by("pk").iterator(ROWS_AT_ONCE):
        yield {"of": label, "row": _disguised(row, columns, disguise)}


def _disguised(row: Any, columns: dict[str, tuple[Any, rules.Rule]], disguise: Disguise) -> dict[str, Any]:
    """Of who was erased it is said that they were, and nothing else."""
    is_erased = getattr(row, "is_erased", False)
    made: dict[str, Any] = {"erased": True} if is_erased else {}
    for column, (field, rule) in columns.items():
        if not (is_erased and getattr(field, "pii", "")):
            made[column] = rule(disguise, getattr(row, column), row)
    return made


def _scores(disguise: Disguise) -> Iterator[dict[str, Any]]:
    """What assessments came to at last: what the engine makes of the copy is held against it."""
    latest = (
        Assessment.objects.exclude(latest_run=None)
        .order_by("pk")
        .values_list("pk", "latest_run", "latest_run__score")
        .iterator(ROWS_AT_ONCE)
    )
    for some in _batches(latest):
        nodes: dict[Any, dict[str, Any]] = {run: {} for _, run, _ in some}
        for run, node, value in Score.objects.filter(run__in=nodes).values_list("run", "node", "value"):
            nodes[run][node] = value
        for assessment, run, score in some:
            yield {"scored": str(disguise.uuid(assessment)), "score": score, "nodes": nodes[run]}


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    some = []
    for row in rows:
        some.append(row)
        if len(some) == ROWS_AT_ONCE:
            yield some
            some = []
    if some:
        yield some
