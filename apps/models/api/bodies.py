"""What requests carry: model documents, files of subjects, and ids that must lead somewhere."""

from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from rest_framework.request import Request

from apps.core.errors import Invalid, Problem
from apps.core.tables import rows_of
from resimate_text.tables import Columns, Note

M = TypeVar("M", bound=Model)
#: The columns of a file with subjects, and other names of them.
SUBJECTS = Columns(
    {
        "code": ("id", "uCode", "Kennung"),
        "name": ("Bezeichnung", "nom"),
        "kind": ("type", "Art", "genre"),
        "group": ("Gruppe", "groupe"),
    }
)

#: For the API's description: the document itself, or an object that holds it.
DOCUMENT_BODY = {
    "application/json": {
        "description": "A model document, as /api/v1/schemas/model.json describes it, or an object that holds one.",
        "oneOf": [
            {
                "type": "object",
                "title": "Model document",
                "required": ["schema", "code", "name", "scale", "root"],
                "additionalProperties": True,
            },
            {
                "type": "object",
                "required": ["document"],
                "properties": {"document": {"type": "object", "additionalProperties": True}},
                "additionalProperties": False,
            },
        ],
    }
}


def document_in(request: Request) -> tuple[Any, str]:
    """Return the model document of a body and the pointer to it: it is the body, or stands under ``document``."""
    body = request.data
    if isinstance(body, dict) and "document" in body and "schema" not in body:
        for key in body.keys() - {"document"}:
            raise Invalid("Send only the document.", errors=[Problem(f"/{key}", "is not allowed here", "unknown_key")])
        return body["document"], "/document"
    return body, ""


def csv_rows(text: str) -> tuple[list[dict[str, str]], list[Note]]:
    """Rows of a CSV file under its head line, without empty cells, and what of it is not read."""
    rows, notes = rows_of(text, SUBJECTS)
    return [dict(row.cells) for row in rows], notes


def found(queryset: QuerySet[M], ids: Iterable[UUID]) -> dict[UUID, M]:
    return {one.pk: one for one in queryset.filter(pk__in=set(ids))}
