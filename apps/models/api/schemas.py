from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from apps.core.api.renderers import Written, encode
from apps.core.api.views import ApiView
from apps.core.event_types import DECLARED
from apps.models.services import trace_schema
from resimate_engine.document import json_schema


class SchemaView(ApiView):
    """A JSON Schema; public."""

    throttle_group = "default"
    authentication_classes: tuple[Any, ...] = ()
    permission_classes = (AllowAny,)


class ModelSchemaView(SchemaView):
    """The JSON Schema of the model document; public."""

    @extend_schema(operation_id="schemas_model", responses=OpenApiTypes.OBJECT, auth=[])
    def get(self, request: Request) -> Written:
        """Get the JSON Schema (2020-12) of the model document."""
        return Written(_encoded(json_schema))


class TraceSchemaView(SchemaView):
    """The JSON Schema of a score's trace; public."""

    @extend_schema(operation_id="schemas_trace", responses=OpenApiTypes.OBJECT, auth=[])
    def get(self, request: Request) -> Written:
        """Get the JSON Schema (2020-12) of the trace of a score."""
        return Written(_encoded(trace_schema))


class EventSchemasView(SchemaView):
    """The JSON Schemas of events; public."""

    @extend_schema(operation_id="schemas_events", responses=OpenApiTypes.OBJECT, auth=[])
    def get(self, request: Request) -> Written:
        """Get the JSON Schema (2020-12) of what each event carries, by the event's name."""
        return Written(_encoded(_events))


class EventSchemaView(SchemaView):
    """The JSON Schema of one event; public."""

    @extend_schema(operation_id="schemas_event", responses=OpenApiTypes.OBJECT, auth=[])
    def get(self, request: Request, event: str) -> Written:
        """Get the JSON Schema (2020-12) of what an event carries."""
        schema = _events().get(event)
        if schema is None:
            raise Http404
        return Written(encode(schema))


def _events() -> dict[str, Any]:
    """Of those that are told outside."""
    return {name: one.schema() for name, one in sorted(DECLARED.items()) if not one.internal}


@lru_cache(maxsize=3)
def _encoded(schema: Callable[[], dict[str, Any]]) -> bytes:
    return encode(schema())
