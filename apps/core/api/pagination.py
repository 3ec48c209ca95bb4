from typing import Any
from uuid import UUID

from rest_framework import pagination
from rest_framework.exceptions import NotFound, ValidationError


class CursorPagination(pagination.CursorPagination):
    """``{"next", "previous", "results"}``, newest first; ``?page_size=`` up to 200. Ids sort by time, so they order."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    ordering = "-id"

    def get_page_size(self, request: Any) -> int | None:
        wanted = request.query_params.get(self.page_size_query_param, "")
        if wanted and not (wanted.isascii() and wanted.isdigit() and 1 <= int(wanted[:9]) <= self.max_page_size):
            raise ValidationError({"page_size": f"takes a whole number from 1 to {self.max_page_size}"})
        return super().get_page_size(request)

    def decode_cursor(self, request: Any) -> Any:
        try:
            cursor = super().decode_cursor(request)
            if cursor is not None and cursor.position is not None:
                UUID(str(cursor.position))
            return cursor
        except (NotFound, ValueError) as error:
            raise ValidationError({"cursor": "is not one of ours"}) from error
