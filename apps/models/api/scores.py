from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.viewsets import CollectionView
from apps.core import jobs
from apps.core.api.fast import UUID_PATTERN
from apps.core.api.jobs import JobSerializer, accepted
from apps.models.api.bodies import who
from apps.models.api.responses import PATH, OfAssessment
from apps.models.api.serializers import RunSerializer
from apps.models.models import ScoreRun


@extend_schema(parameters=PATH)
class ScoreView(OfAssessment, CollectionView[ScoreRun]):
    """The scores of an assessment: every calculation is kept."""

    resource = "assessments"
    throttle_group = "assessments"
    permissions = {"create": "score", "latest": "read"}
    queryset = ScoreRun.objects.order_by("-id")
    serializer_class = RunSerializer
    lookup_value_regex = UUID_PATTERN

    def get_queryset(self) -> QuerySet[ScoreRun]:
        if getattr(self, "swagger_fake_view", False):
            return ScoreRun.objects.none()
        return ScoreRun.objects.filter(assessment__in=self.assessments()).with_nodes().order_by("-id")

    @extend_schema(responses=RunSerializer(many=True))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the calculations, the latest first, each with the value of every node."""
        rows = self.paginate_queryset(self.get_queryset().values(*RunSerializer.Meta.fields))
        if not rows:
            get_object_or_404(self.assessments())
        return self.get_paginated_response([_shown(row) for row in rows or ()])

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show one calculation."""
        rows = self.get_queryset().values(*RunSerializer.Meta.fields)
        return Response(_shown(get_object_or_404(rows, pk=kwargs["pk"])))

    @action(detail=False)
    def latest(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show the latest calculation; 404 before the first."""
        row = self.get_queryset().values(*RunSerializer.Meta.fields)[:1]
        return Response(_shown(get_object_or_404(row)))

    @extend_schema(request=None, responses={202: JobSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Calculate the scores anew, as a job. Input that has not changed gives the scores there are.

        While there is no worker it is done at once, and the answer holds the result.
        """
        parameters = {"assessment_id": str(self.assessment.pk)}
        job = jobs.enqueue("assessment.score", parameters, requested_by=who(request).pk, now=timezone.now())
        return accepted(jobs.run_if_alone(job))


def _shown(row: Any) -> dict[str, Any]:
    """A column of text holds no null: what is empty there is null here."""
    return {**row, "reason": row["reason"] or None, "band": row["band"] or None, "nodes": row["nodes"] or {}}
