from base64 import b64encode
from typing import Any
from urllib.parse import quote
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

    def encode_cursor(self, cursor: Any) -> str:
        """As the framework does; an address that asks for nothing yet need not be taken apart for it."""
        if "?" in str(self.base_url) or cursor.offset or cursor.reverse:
            address: str = super().encode_cursor(cursor)
            return address
        return f"{self.base_url}?{self.cursor_query_param}={quote(b64encode(f'p={cursor.position}'.encode()))}"

    def decode_cursor(self, request: Any) -> Any:
        try:
            cursor = super().decode_cursor(request)
            if cursor is not None and cursor.position is not None:
                UUID(str(cursor.position))
            return cursor
        except (NotFound, ValueError) as error:
            raise ValidationError({"cursor": "is not a cursor of this list"}) from error

    def _get_position_from_instance(self, instance: Any, ordering: Any) -> str:
        """A row that the database wrote begins with its id."""
        if isinstance(instance, tuple):
            return str(instance[0])
        position: str = super()._get_position_from_instance(instance, ordering)
        return position
