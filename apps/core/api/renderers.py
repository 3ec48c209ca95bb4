from typing import Any

from django.http import HttpResponse
from rest_framework.renderers import BaseRenderer

from apps.core.json_values import encode

__all__ = ["JSONRenderer", "Written", "encode"]


class Written(HttpResponse):
    """JSON that is written already: it goes out as it is, past the renderers."""

    def __init__(self, content: bytes, **options: Any) -> None:
        super().__init__(content, **{"content_type": "application/json", **options})


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None
    render_style = "binary"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else encode(data)
