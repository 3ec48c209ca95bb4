"""The keys that protect a tenant's data, without what is secret of them."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import services
from apps.accounts.api.serializers import DataKeySerializer, RotationSerializer
from apps.accounts.api.viewsets import UUID, CollectionView, ReadMixin, caller
from apps.core import jobs
from apps.core.api.jobs import JobSerializer, accepted
from apps.core.api.parameters import choice
from apps.core.tenancy import current_schema
from apps.keys.models import DataKey


class DataKeyViewSet(ReadMixin, CollectionView[DataKey]):
    """The keys that protect the data of this tenant: versions and states, for custodians of keys alone."""

    resource = "keys"
    throttle_group = "default"
    lookup_value_regex = UUID
    queryset = DataKey.objects.order_by("-pk")
    serializer_class = DataKeySerializer
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
