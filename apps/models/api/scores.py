from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import reach
from apps.accounts.api.viewsets import CollectionView, caller
from apps.core import jobs
from apps.core.api.jobs import JobSerializer, accepted
from apps.core.api.raw_lists import CHUNK, UUID_PATTERN, ExportMixin
from apps.core.api.renderers import Written
from apps.core.api.views import no_body
from apps.models import disclosure, services
from apps.models.api.calculation_bodies import EXPLAINED, TRACE
from apps.models.api.responses import PATH, OfAssessment
from apps.models.api.serializers import RunSerializer
from apps.models.models import ScoreRun
from resimate_engine.document import canonical


@extend_schema(parameters=PATH)
class ScoreView(OfAssessment, ExportMixin, CollectionView[ScoreRun]):
    """The scores of an assessment: every calculation is kept."""

    resource = "assessments"
    throttle_group = "assessments"
    personal = dict.fromkeys(("trace_file", "latest_trace"), "score_run")
    permissions = {
        "create": "score",
        **dict.fromkeys(("latest", "explanation", "latest_explanation", "trace_file", "latest_trace"), "read"),
    }
    queryset = ScoreRun.objects.order_by("-id")
    serializer_class = RunSerializer
    lookup_value_regex = UUID_PATTERN

    def get_queryset(self) -> QuerySet[ScoreRun]:
        if getattr(self, "swagger_fake_view", False):
            return ScoreRun.objects.none()
        return ScoreRun.objects.shown().filter(assessment__in=self.assessments()).with_nodes().order_by("-id")

    @extend_schema(responses=RunSerializer(many=True))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the calculations, the latest first, each with the value of every node."""
        rows = self.paginate_queryset(self.get_queryset().values(*RunSerializer.Meta.fields))
        if not rows:
            get_object_or_404(self.assessments())
        return self.get_paginated_response([_shown(row) for row in rows or ()])

    def exported(self) -> Iterable[dict[str, Any]]:
        get_object_or_404(self.assessments())
        rows = self.get_queryset().order_by("pk").values(*RunSerializer.Meta.fields)
        return (_shown(row) for row in rows.iterator(CHUNK))

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show one calculation."""
        rows = self.get_queryset().values(*RunSerializer.Meta.fields)
        return Response(_shown(get_object_or_404(rows, pk=kwargs["pk"])))

    @action(detail=False)
    def latest(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show the latest calculation; 404 before the first, or before the first release of a confidential one."""
        row = self.get_queryset().values(*RunSerializer.Meta.fields).first()
        if row is None:
            self._refuse_unreleased()
            raise Http404
        return Response(_shown(row))

    def _refuse_unreleased(self) -> None:
        """Say why a confidential assessment has no score that may be seen, to who may see the assessment."""
        assessment = self.assessments().filter(confidential=True).only("least_people").first()
        if assessment is not None:
            raise disclosure.NotReleased(assessment.least_people)

    @extend_schema(responses={200: EXPLAINED})
    @action(detail=True)
    def explanation(self, request: Request, *args: Any, **kwargs: Any) -> Written:
        """Say why a score is what it is: every step of every indicator, contributions, gaps, what would help most."""
        return _written(services.explain_score(self._stored(pk=kwargs["pk"])))

    @extend_schema(responses={200: EXPLAINED})
    @action(detail=False, url_path="latest/explanation", url_name="latest-explanation")
    def latest_explanation(self, request: Request, *args: Any, **kwargs: Any) -> Written:
        """Say why the latest score is what it is."""
        return _written(services.explain_score(self._stored()))

    @extend_schema(responses={200: TRACE})
    @action(detail=True, url_path="trace", url_name="trace")
    def trace_file(self, request: Request, *args: Any, **kwargs: Any) -> Written:
        """Download a score with all that it rests on; `manage.py score TRACE.json` calculates it again, offline."""
        return self._trace(self._stored(pk=kwargs["pk"]))

    @extend_schema(responses={200: TRACE})
    @action(detail=False, url_path="latest/trace", url_name="latest-trace")
    def latest_trace(self, request: Request, *args: Any, **kwargs: Any) -> Written:
        """Download the latest score with all that it rests on."""
        return self._trace(self._stored())

    def _stored(self, **which: Any) -> services.StoredCalculation:
        rows = ScoreRun.objects.shown().filter(assessment__in=self.assessments(), **which).order_by("-id")
        rows = rows.select_related("version", "assessment__subject").defer("assessment__values")
        run = rows.first()
        if run is None:
            self._refuse_unreleased()
            raise Http404
        return services.stored_calculation(run)

    def _trace(self, stored: services.StoredCalculation) -> Written:
        if not services.may_take(self.request.user, stored):
            raise PermissionDenied(
                "The trace contains answers from assessments that your roles do not allow you to read."
            )
        return _written(services.trace_of(stored), name=f"trace-{stored.run.pk}.json")

    @extend_schema(request=None, responses={202: JobSerializer})
    @no_body
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Calculate the scores anew, as a job. Input that has not changed gives the scores there are.

        While there is no worker it is done at once, and the answer holds the result.
        """
        parameters = {"assessment_id": str(self.assessment.pk)}
        job = reach.enqueue("assessment.score", parameters, acting_user=caller(request), now=timezone.now())
        return accepted(jobs.run_if_alone(job))


def _written(body: dict[str, Any], name: str = "") -> Written:
    """Write in the canonical form that digests are made of: no digit of what went in is lost."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'} if name else None
    return Written(canonical(body), headers=headers)


def _shown(row: Any) -> dict[str, Any]:
    """A column of text holds no null: what is empty there is null here."""
    return {**row, "reason": row["reason"] or None, "band": row["band"] or None, "nodes": row["nodes"] or {}}
