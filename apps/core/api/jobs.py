"""How the API shows long work, and how it answers a request that became some."""

from rest_framework import serializers
from rest_framework.response import Response

from apps.core.models import Job


class JobSerializer(serializers.ModelSerializer[Job]):
    """A job. ``result`` is there once it succeeded, ``problem`` (RFC 9457) once it failed."""

    class Meta:
        model = Job
        fields = ("id", "kind", "state", "progress", "result", "problem", "created_at", "ended_at")
        read_only_fields = fields


def accepted(job: Job) -> Response:
    """The answer to a request that became a job: 202, with the place to watch it."""
    return Response(JobSerializer(job).data, status=202, headers={"Location": f"/api/v1/jobs/{job.pk}/"})
