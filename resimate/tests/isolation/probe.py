"""Views that do to the database what requests do, and say whose rows they saw."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.db import Error, connection, transaction
from django.http import HttpRequest, JsonResponse
from django.urls import path

from apps.models.models import Subject

NOW = datetime(2026, 11, 2, tzinfo=UTC)


def _seen() -> list[str]:
    return sorted(set(Subject.objects.values_list("code", flat=True)))


def _through_cursor() -> list[str]:
    with transaction.atomic():
        return sorted({subject.code for subject in Subject.objects.iterator(chunk_size=2)})


def _write(tag: str, fail: bool) -> list[str]:
    try:
        with transaction.atomic():
            subject = Subject.objects.create(
                code=f"{tag}_{datetime.now(UTC).timestamp():.6f}", name=tag, created_at=NOW
            )
            with transaction.atomic():
                subject.delete()
            if fail:
                raise Subject.DoesNotExist
    except Subject.DoesNotExist:
        pass
    return _seen()


def _error() -> list[str]:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM no_such_table")
    except Error:
        pass
    return _seen()


KINDS: dict[str, Callable[[str], list[str]]] = {
    "read": lambda _: _seen(),
    "cursor": lambda _: _through_cursor(),
    "write": lambda tag: _write(tag, fail=False),
    "rollback": lambda tag: _write(tag, fail=True),
    "error": lambda _: _error(),
}


def probe(request: HttpRequest, kind: str) -> JsonResponse:
    tenant: Any = request.tenant  # type: ignore[attr-defined]
    codes = KINDS[kind](tenant.slug)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema(), current_user")
        schema, role = cursor.fetchone()
    return JsonResponse({"codes": codes, "schema": schema, "role": role})


urlpatterns = [path("probe/<str:kind>/", probe)]
