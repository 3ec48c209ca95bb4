from functools import lru_cache
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.renderers import Encoded, encode
from apps.core.api.views import ApiView
from apps.models.document import json_schema


class ModelSchemaView(ApiView):
    """The JSON Schema of the model document; public."""

    authentication_classes: tuple[Any, ...] = ()
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="schemas_model", responses=OpenApiTypes.OBJECT, auth=[])
    def get(self, request: Request) -> Response:
        """Get the JSON Schema (2020-12) of the model document."""
        return Response(_schema())


@lru_cache(maxsize=1)
def _schema() -> Encoded:
    return Encoded(encode(json_schema()))
