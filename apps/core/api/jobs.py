"""``/jobs/{id}/``: what became of long work, for whoever asked for it."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core import jobs
from apps.core.api.views import ApiView
from apps.core.models import Job


class JobSerializer(serializers.ModelSerializer[Job]):
    """A job. ``result`` is there once it succeeded, ``problem`` (RFC 9457) once it failed."""

    class Meta:
        model = Job
        fields = ("id", "kind", "state", "progress", "result", "problem", "created_at", "ended_at")
        read_only_fields = fields


class JobView(ApiView, viewsets.GenericViewSet[Job]):
    """Jobs that the caller asked for; those who may read all jobs see all."""

    resource = "jobs"
    queryset = Job.objects.order_by("-id")
    serializer_class = JobSerializer
    permission_classes = (IsAuthenticated,)
    lookup_value_regex = "[0-9a-fA-F-]{36}"

    def get_queryset(self) -> QuerySet[Job]:
        user: Any = self.request.user
        jobs_ = super().get_queryset()
        return jobs_ if user.has_perm("tenant:manage") else jobs_.filter(requested_by=user.pk)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show a job."""
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=None, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Cancel a job that has not ended."""
        job = jobs.cancel(self.get_object(), acting_user=request.user, now=timezone.now())
        return Response(self.get_serializer(job).data)


def accepted(job: Job) -> Response:
    """The answer to a request that became a job: 202, with the place to watch it."""
    return Response(JobSerializer(job).data, status=202, headers={"Location": f"/api/v1/jobs/{job.pk}/"})
