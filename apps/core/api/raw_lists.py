"""Lists and exports written straight from rows: no model instance and no serializer field for each value.

A serializer with :class:`Rows` says once which columns make up its representation; lists, exports and single objects
then show the same, and a test holds the two ways together.
"""

import codecs
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, ClassVar

from django.core.exceptions import EmptyResultSet
from django.db import connection, connections
from django.db.models import DateTimeField, QuerySet
from django.db.models.query import BaseIterable
from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from apps.core.api.renderers import JSONRenderer, Written, encode
from apps.core.errors import Invalid, Problem
from resimate_text.tables import lines

#: What an address that also gives CSV takes.
AS_FILE = [
    OpenApiParameter("format", str, enum=["json", "csv"], description="json when absent"),
    OpenApiParameter("bom", str, enum=["1"], description="begin CSV with the mark that Excel knows UTF-8 by"),
]
UUID_PATTERN = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
CHUNK = 1000


class Rows:
    """For serializers: ``rows`` reads the fields as columns; ``columns`` gives an expression where names differ."""

    columns: ClassVar[dict[str, Any]] = {}
    Meta: Any

    @classmethod
    def rows(cls, queryset: QuerySet[Any]) -> Any:
        plain = [name for name in cls.Meta.fields if name not in cls.columns]
        return queryset.values(*plain, **cls.columns)


#: A row as PostgreSQL wrote it: its id, which pages are cut by, and its JSON.
Row = tuple[str, str]


class WrittenByDatabase(BaseIterable):  # type: ignore[type-arg]  # no parameter at run time
    """Iterates over a ``values()`` queryset as rows: the database writes the JSON."""

    def __iter__(self) -> Iterator[Row]:
        try:
            statement, parameters = _statement(self.queryset)
        except EmptyResultSet:
            return
        with connections[self.queryset.db].cursor() as cursor:
            cursor.execute(statement, parameters)
            yield from cursor.fetchall()


def _statement(rows: Any) -> tuple[str, tuple[Any, ...]]:
    query = rows.query
    sql, parameters = query.get_compiler(rows.db).as_sql()
    columns = ", ".join(_column(name, query.model) for name in (*query.values_select, *query.annotation_select))
    return f"SELECT o.id::text, row_to_json(o)::text FROM (SELECT {columns} FROM ({sql}) q) o", parameters  # noqa: S608  names are a model's own


class FirstPage:
    """The first page of a list that nothing narrows: its statement is always the same, so it is composed once.

    Stands in for the queryset where the paginator orders and cuts it.
    """

    _statements: ClassVar[dict[tuple[type, int], tuple[str, tuple[Any, ...]]]] = {}

    def __init__(self, view: type, rows: Callable[[], Any]) -> None:
        self.view = view
        self.rows = rows

    def order_by(self, *ordering: str) -> "FirstPage":
        self.ordering = ordering
        return self

    def __getitem__(self, part: slice) -> list[Row]:
        known = self._statements.get((self.view, part.stop))
        if known is None:
            known = self._statements[self.view, part.stop] = _statement(self.rows().order_by(*self.ordering)[part])
        with connection.cursor() as cursor:
            cursor.execute(*known)
            rows: list[Row] = cursor.fetchall()
        return rows


def _column(name: str, model: Any) -> str:
    """A column as serializers write it: times in UTC with a ``Z``, fractions of a second where there are any."""
    quoted = f'q."{name}"'
    if name not in _moments(model):
        return quoted
    seconds, fraction = ('YYYY-MM-DD"T"HH24:MI:SS' + rest for rest in ('"Z"', '.US"Z"'))
    whole = f"date_trunc('second', {quoted}) = {quoted}"
    return (
        f"to_char({quoted} AT TIME ZONE 'UTC', CASE WHEN {whole} THEN '{seconds}' ELSE '{fraction}' END) AS \"{name}\""
    )


@lru_cache(maxsize=64)
def _moments(model: Any) -> frozenset[str]:
    return frozenset(field.name for field in model._meta.get_fields() if isinstance(field, DateTimeField))


class FastListMixin:
    """Lists through the serializer's ``rows``, which the database writes as JSON."""

    def list(self: Any, request: Request, *args: Any, **kwargs: Any) -> Any:
        queryset = self.filter_queryset(self.get_queryset())
        page = self.paginate_queryset(self._rows(request, queryset))
        links = {"next": self.paginator.get_next_link(), "previous": self.paginator.get_previous_link()}
        results = ",".join([json for _, json in page]).encode()
        return Written(encode(links)[:-1] + b',"results":[' + results + b"]}")

    def _rows(self: Any, request: Request, queryset: Any) -> Any:
        serializer = self.get_serializer_class()
        if not queryset.query.where and request.query_params.keys() <= {"page_size"}:
            return FirstPage(type(self), lambda: serializer.rows(queryset))
        rows = serializer.rows(queryset)
        rows._iterable_class = WrittenByDatabase  # noqa: SLF001  how querysets choose what they make of rows
        return rows


class CSVRenderer(BaseRenderer):
    """Makes ``?format=csv`` known; the rows themselves are streamed, and a problem is JSON all the same."""

    media_type = "text/csv"
    format = "csv"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        return encode(data)


class ExportMixin:
    """``GET …/export/?format=csv|json``: the whole collection as a stream, narrowed by the same filters."""

    @extend_schema(
        parameters=AS_FILE,
        filters=False,
    )
    @action(detail=False, renderer_classes=[JSONRenderer, CSVRenderer], pagination_class=None)
    def export(self: Any, request: Request, *args: Any, **kwargs: Any) -> StreamingHttpResponse:
        """Export everything in the list, without pages."""
        return stream(self.exported(), request, name=self.basename)

    def exported(self: Any) -> Iterable[dict[str, Any]]:
        """The rows as the list shows them; read and written a thousand at a time."""
        queryset, serializer = self.filter_queryset(self.get_queryset()).order_by("pk"), self.get_serializer()
        if isinstance(serializer, Rows):
            return serializer.rows(queryset).iterator(CHUNK)  # type: ignore[no-any-return]  # rows of a queryset
        return (dict(serializer.to_representation(one)) for one in queryset.iterator(CHUNK))


def stream(rows: Iterable[dict[str, Any]], request: Request, *, name: str) -> StreamingHttpResponse:
    """Send rows as they come: a JSON list, or CSV under a head line when the request asks for CSV.

    With ``?bom=1`` the CSV begins with a mark, as spreadsheets want it.
    """
    as_csv = getattr(request.accepted_renderer, "format", "") == "csv"
    lines = csv_lines(rows, marked=_is_marked(request)) if as_csv else json_list(rows)
    content, media = lines, "text/csv; charset=utf-8" if as_csv else "application/json"
    response = StreamingHttpResponse(content, content_type=media)
    response["Content-Disposition"] = f'attachment; filename="{name}.{"csv" if as_csv else "json"}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _is_marked(request: Request) -> bool:
    wanted = request.query_params.get("bom")
    if wanted not in (None, "1"):
        raise Invalid("Only 1 is accepted for bom.", errors=[Problem("/bom", "must be 1", "invalid")])
    return wanted == "1"


def csv_download(rows: Iterable[dict[str, Any]], *, name: str) -> StreamingHttpResponse:
    """Send a file that a person opens: with a mark, without which Excel takes UTF-8 for Windows-1252."""
    response = StreamingHttpResponse(csv_lines(rows, marked=True), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


def json_list(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    mark = b"["
    for row in rows:
        yield mark + encode(row)
        mark = b",\n"
    yield b"[]" if mark == b"[" else b"]"


def csv_lines(rows: Iterable[dict[str, Any]], *, marked: bool = False) -> Iterator[bytes]:
    """Yield the mark, if it is wanted, a head line and the rows."""
    if marked:
        yield codecs.BOM_UTF8
    yield from (line.encode() for line in lines(_table(rows)))


def _table(rows: Iterable[dict[str, Any]]) -> Iterator[Iterable[Any]]:
    for number, row in enumerate(rows):
        if number == 0:
            yield row
        yield map(cell, row.values())


def cell(value: Any) -> Any:
    """One value as CSV: objects as JSON.

    >>> cell("A"), cell({"en": "A"}), cell(None), cell(-1.5)
    ('A', '{"en":"A"}', '', -1.5)
    """
    if value is None:
        return ""
    if isinstance(value, (dict, list, bool)):
        return encode(value).decode()
    return value if isinstance(value, (str, int, float)) else encode(value).decode().strip('"')
