from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import authz, reach
from apps.accounts.api.viewsets import CollectionView, DestroyMixin, ReadMixin, caller, verb
from apps.core.api.jobs import JobSerializer, accepted
from apps.core.api.parameters import an_id, choice, text
from apps.core.api.parsers import one_of, rows_in
from apps.core.api.raw_lists import AS_FILE, UUID_PATTERN, CSVRenderer, stream
from apps.core.api.renderers import JSONRenderer
from apps.core.errors import Invalid, Problem
from apps.models import disclosure, services
from apps.models.api.bodies import found
from apps.models.api.serializers import (
    AssessmentImportSerializer,
    AssessmentSerializer,
    NewAssessmentSerializer,
    ValuesSerializer,
)
from apps.models.api.visible import sets_seen_by, versions_seen_by
from apps.models.models import Assessment, ModelVersion, Subject

LONG_FORM = {"type": "array", "items": {"type": "object", "additionalProperties": {}}}


class AssessmentView(ReadMixin, DestroyMixin, CollectionView[Assessment]):
    """Assessments: one subject, one version of a resilience model, one period."""

    resource = "assessments"
    throttle_group = "assessments"
    personal = {"answers": "assessment"}
    permissions = {"import_units": "create", "answers": "read", "lock": "update"}
    queryset = Assessment.objects.select_related("latest_run").order_by("-id")
    serializer_class = AssessmentSerializer
    lookup_value_regex = UUID_PATTERN
    filters = (
        *(an_id(name) for name in ("version", "subject", "reference_set")),
        text("period"),
        choice("state", Assessment.State.values),
    )

    @extend_schema(request=NewAssessmentSerializer, responses={201: AssessmentSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Begin an assessment, or, from a list of up to {most_rows}, all of them or none."""
        many = rows_in(request)
        body = NewAssessmentSerializer(data=request.data, many=many)
        body.is_valid(raise_exception=True)
        if many:
            rows = self._resolved(body.validated_data, [f"/{row}" for row in range(len(request.data))])
            made = services.create_assessments(rows, acting_user=caller(request), now=timezone.now())
            return Response(self.get_serializer(made, many=True).data, status=201)
        (row,) = self._resolved([body.validated_data], [""])
        assessment = services.create_assessment(**row, acting_user=caller(request), now=timezone.now())
        return self.shown(assessment, status=201, location=f"/api/v1/assessments/{assessment.pk}/")

    @extend_schema(request=AssessmentImportSerializer, responses={202: JobSerializer})
    @action(detail=False, methods=["post"], url_path="import", url_name="import")
    def import_units(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Import assessments with values and responses as a job: all or none, scored afterwards; `dry_run` checks."""
        body = AssessmentImportSerializer(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        options = body.validated_data
        by_file = one_of(options, "units", "csv") == "csv"
        units, notes = services.units_in(options["csv"], options["decimal"]) if by_file else (options["units"], [])
        if options["version"] not in self._versions([options["version"]]):
            raise Invalid("There is no such version.", errors=[Problem("/version", "there is none", "unknown_version")])
        parameters = {
            "version": str(options["version"]),
            "period": options["period"],
            "reference_set": str(options["reference_set"].pk) if options["reference_set"] else None,
            "units": units,
            "dry_run": options["dry_run"],
            "warnings": notes,
        }
        return accepted(
            reach.enqueue("assessments.import", parameters, acting_user=caller(request), now=timezone.now())
        )

    def _versions(self, ids: Iterable[UUID]) -> dict[UUID, ModelVersion]:
        return found(versions_seen_by(self.request.user), ids)

    def _resolved(self, rows: Sequence[dict[str, Any]], places: Sequence[str]) -> list[dict[str, Any]]:
        """Put versions, subjects and reference sets in the place of their ids: three queries, however many rows."""
        versions = self._versions(row["version"] for row in rows)
        seen = authz.visible(Subject.objects.all(), self.request.user, "subjects:read")
        subjects = found(seen, (row["subject"] for row in rows))
        named = (row["reference_set"] for row in rows if row.get("reference_set"))
        sets = found(sets_seen_by(self.request.user), named)
        things_by_field: dict[str, dict[Any, Any]] = {
            "version": versions,
            "subject": subjects,
            "reference_set": {None: None, **sets},
        }
        problems = [
            Problem(f"{pointer}/{name}", f"there is no such {name}", f"unknown_{name}")
            for row, pointer in zip(rows, places, strict=True)
            for name, things in things_by_field.items()
            if row.get(name) not in things
        ]
        if problems:
            raise Invalid("Some of the data refer to things that do not exist.", errors=problems)
        return [row | {name: things[row.get(name)] for name, things in things_by_field.items()} for row in rows]

    @extend_schema(request=ValuesSerializer, responses=AssessmentSerializer)
    @transaction.atomic
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Set the measured values (and the period, and the reference set); version and subject stay."""
        return self._set(request, partial=False)

    @extend_schema(request=ValuesSerializer, responses=AssessmentSerializer)
    @transaction.atomic
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Set the measured values, the period, the reference set."""
        return self._set(request, partial=True)

    def _set(self, request: Request, *, partial: bool) -> Response:
        assessment = self.get_object()
        body = ValuesSerializer(assessment, data=request.data, partial=partial, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        changed = services.set_values(
            assessment,
            body.validated_data.get("values", assessment.values),
            period=body.validated_data.get("period"),
            reference_set=body.validated_data.get("reference_set", "as it is"),
            acting_user=caller(request),
            now=timezone.now(),
        )
        return self.shown(changed)

    def perform_destroy(self, instance: Assessment) -> None:
        services.delete_assessment(instance, acting_user=caller(self.request), now=timezone.now())

    @extend_schema(request=None, responses=AssessmentSerializer)
    @verb()
    def lock(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Lock the assessment: no more answers, no more values."""
        locked = services.lock_assessment(self.get_object(), acting_user=caller(request), now=timezone.now())
        return self.shown(locked)

    @extend_schema(
        operation_id="assessments_answers_export",
        parameters=AS_FILE,
        responses={(200, "application/json"): LONG_FORM, (200, "text/csv"): OpenApiTypes.STR},
    )
    @action(
        detail=True,
        url_path="export",
        url_name="answers",
        renderer_classes=[JSONRenderer, CSVRenderer],
        pagination_class=None,
    )
    def answers(self, request: Request, *args: Any, **kwargs: Any) -> StreamingHttpResponse:
        """Export every answer and value, a row each: ``manage.py score`` reads the CSV."""
        assessment = self.get_object()
        readable = disclosure.readable_responses(assessment, request.user)
        return stream(_answers(assessment, readable), request, name="assessment")


def _answers(assessment: Assessment, readable: Any) -> Iterator[dict[str, Any]]:
    """The long form with answers; the wide form for a model that only measures."""
    code = assessment.subject.code
    if not services.parsed(assessment.version).questions:
        yield {"id": code, "group": assessment.subject.group, **assessment.values}
        return
    for response in disclosure.blinded(readable.order_by("pk").one_by_one(), assessment):
        head = {"id": code, "rater": response.rater, "group": response.group}
        yield from ({**head, "question": question, "value": value} for question, value in response.values.items())
