from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.viewsets import CollectionView, CreateMixin, DestroyMixin, ReadMixin, UpdateMixin
from apps.core.api.fast import UUID_PATTERN, ExportMixin, FastListMixin
from apps.models import services
from apps.models.api.bodies import rows_in, text_parameter, who
from apps.models.api.serializers import SubjectSerializer
from apps.models.models import Subject

FILTERS = ("code", "group", "kind")


@extend_schema_view(list=extend_schema(parameters=[OpenApiParameter(name, str) for name in FILTERS]))
class SubjectView(
    FastListMixin, ExportMixin, ReadMixin, CreateMixin, UpdateMixin, DestroyMixin, CollectionView[Subject]
):
    """What is assessed: organisations, sites, cities."""

    resource = "subjects"
    permissions = {"export": "read"}
    queryset = Subject.objects.order_by("-id")
    serializer_class = SubjectSerializer
    lookup_value_regex = UUID_PATTERN

    def filter_queryset(self, queryset: Any) -> Any:
        asked = {name: text_parameter(self.request, name) for name in FILTERS}
        return queryset.filter(**{name: value for name, value in asked.items() if value is not None})

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Create a subject, or, from a list of up to 5,000, all of them or none."""
        if not rows_in(request):
            return super().create(request, *args, **kwargs)
        rows = self.get_serializer(data=request.data, many=True)
        rows.is_valid(raise_exception=True)
        made = services.create_subjects(rows.validated_data, acting_user=who(request), now=timezone.now())
        return Response(self.get_serializer(made, many=True).data, status=201)

    def perform_create(self, serializer: Any) -> Subject:
        return services.create_subject(**serializer.validated_data, acting_user=who(self.request), now=timezone.now())

    def perform_update(self, serializer: Any) -> Any:
        return services.update_subject(
            serializer.instance, acting_user=who(self.request), now=timezone.now(), **serializer.validated_data
        )

    def perform_destroy(self, instance: Subject) -> None:
        services.delete_subject(instance, acting_user=who(self.request), now=timezone.now())
