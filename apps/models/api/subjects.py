from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import reach
from apps.accounts.api.viewsets import CollectionView, CreateMixin, DestroyMixin, ReadMixin, UpdateMixin, caller
from apps.core.api import serializers
from apps.core.api.jobs import JobSerializer, accepted
from apps.core.api.parameters import text
from apps.core.api.parsers import one_of, rows_in
from apps.core.api.raw_lists import UUID_PATTERN, FastListMixin
from apps.models import services
from apps.models.api.bodies import csv_rows
from apps.models.api.serializers import SubjectImportSerializer, SubjectSerializer
from apps.models.models import Subject


class _Rows(serializers.Serializer[Any]):
    rows = SubjectSerializer(many=True, allow_empty=False)


class SubjectView(FastListMixin, ReadMixin, CreateMixin, UpdateMixin, DestroyMixin, CollectionView[Subject]):
    """What is assessed: organisations, sites, cities."""

    resource = "subjects"
    throttle_group = "default"
    permissions = {"import_rows": "create"}
    queryset = Subject.objects.order_by("-id")
    serializer_class = SubjectSerializer
    lookup_value_regex = UUID_PATTERN
    filters = (text("code"), text("group"), text("kind"))

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Create a subject, or, from a list of up to {most_rows}, all of them or none."""
        if not rows_in(request):
            return super().create(request, *args, **kwargs)
        rows = self.get_serializer(data=request.data, many=True)
        rows.is_valid(raise_exception=True)
        made = services.create_subjects(rows.validated_data, acting_user=caller(request), now=timezone.now())
        return Response(self.get_serializer(made, many=True).data, status=201)

    @extend_schema(request=SubjectImportSerializer, responses={202: JobSerializer})
    @action(detail=False, methods=["post"], url_path="import", url_name="import")
    def import_rows(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Import subjects as a job: all of them or none; with `dry_run` it only says whether it would succeed."""
        body = SubjectImportSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        options = body.validated_data
        by_file = one_of(options, "rows", "csv") == "csv"
        texts, notes = csv_rows(options["csv"]) if by_file else (options["rows"], [])
        rows = _Rows(data={"rows": texts})
        rows.is_valid(raise_exception=True)
        parameters = {"rows": rows.validated_data["rows"], "dry_run": options["dry_run"], "warnings": notes}
        return accepted(reach.enqueue("subjects.import", parameters, acting_user=caller(request), now=timezone.now()))

    def perform_create(self, serializer: Any) -> Subject:
        return services.create_subject(
            **serializer.validated_data, acting_user=caller(self.request), now=timezone.now()
        )

    def perform_update(self, serializer: Any) -> Any:
        return services.update_subject(
            serializer.instance, acting_user=caller(self.request), now=timezone.now(), **serializer.validated_data
        )

    def perform_destroy(self, instance: Subject) -> None:
        services.delete_subject(instance, acting_user=caller(self.request), now=timezone.now())
