"""The keys that protect a tenant's data, without what is secret of them."""

from typing import Any, Final

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import services
from apps.accounts.api.serializers import DataKeySerializer, RotationSerializer, VerificationSerializer
from apps.accounts.api.viewsets import UUID, CollectionView, ReadMixin, caller
from apps.core import jobs
from apps.core.api.jobs import JobSerializer, accepted
from apps.core.api.pagination import CursorPagination
from apps.core.api.parameters import choice
from apps.core.api.views import no_body
from apps.core.models import Job
from apps.core.tenancy import current_schema
from apps.keys.models import DataKey

#: As ``VerificationSerializer`` writes it: the framework knows no serializer beside the rows of a page.
VERIFICATION: Final[dict[str, Any]] = {
    "type": "object",
    "nullable": True,
    "description": VerificationSerializer.__doc__,
    "properties": {
        "job": {"type": "string", "format": "uuid"},
        "state": {"type": "string", "enum": Job.State.values},
        "progress": {"type": "number"},
        "created_at": {"type": "string", "format": "date-time"},
        "ended_at": {"type": "string", "format": "date-time", "nullable": True},
        "keys": {"type": "integer"},
        "values": {"type": "integer"},
        "problems": {"type": "array", "items": {"type": "string"}},
        "more": {"type": "integer"},
    },
}


class DataKeyPagination(CursorPagination):
    """Beside the keys, what came of looking at all that is under them."""

    def get_paginated_response(self, data: Any) -> Response:
        latest = services.latest_verification()
        told = VerificationSerializer(latest).data if latest else None
        response: Response = super().get_paginated_response(data)
        response.data["verification"] = told
        return response

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        page: dict[str, Any] = super().get_paginated_response_schema(schema)
        page["properties"]["verification"] = VERIFICATION
        return page


class DataKeyViewSet(ReadMixin, CollectionView[DataKey]):
    """The keys that protect the data of this tenant: versions and states, for custodians of keys alone."""

    resource = "keys"
    throttle_group = "default"
    lookup_value_regex = UUID
    queryset = DataKey.objects.order_by("-pk")
    serializer_class = DataKeySerializer
    pagination_class = DataKeyPagination
    filters = (choice("purpose", DataKey.Purpose.values), choice("state", DataKey.State.values))

    def get_queryset(self) -> QuerySet[DataKey]:
        return super().get_queryset().filter(tenant=current_schema())

    @extend_schema(request=RotationSerializer, responses={202: JobSerializer})
    @action(detail=False, methods=["post"])
    def rotate(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Replace a key, as a job, and write anew what is under it; that of blind indexes in steps, over some hours."""
        given = RotationSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        purpose = given.validated_data["purpose"]
        job = services.ask_for_rotation(purpose, acting_user=caller(request), now=timezone.now())
        return accepted(jobs.run_if_alone(job))

    @extend_schema(request=None, responses={202: JobSerializer})
    @action(detail=False, methods=["post"])
    @no_body
    def verify(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Look at everything that is encrypted, as a job; what was found stands beside the keys as well."""
        job = services.ask_for_verification(acting_user=caller(request), now=timezone.now())
        return accepted(jobs.run_if_alone(job))
