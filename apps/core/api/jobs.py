"""How the API shows long work, and how it answers a request that became some."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework.response import Response

from apps.core import degraded
from apps.core.api import serializers
from apps.core.models import Job


class WarningSerializer(serializers.Serializer[Any]):
    """Something that stopped nothing but should be known."""

    code = serializers.CharField()
    detail = serializers.CharField()
    pointer = serializers.CharField()


class JobSerializer(serializers.ModelSerializer[Job]):
    """A job. ``result`` is there once it succeeded, ``problem`` (RFC 9457) once it failed.

    ``warnings`` say why it may have to wait.
    """

    result = serializers.JSONField(read_only=True, allow_null=True)
    warnings = serializers.SerializerMethodField()

    class Meta:
        model = Job
        fields = ("id", "kind", "state", "progress", "result", "problem", "warnings", "created_at", "ended_at")
        read_only_fields = fields

    @extend_schema_field(WarningSerializer(many=True))
    def get_warnings(self, job: Job) -> list[dict[str, str]]:
        return [] if job.has_ended else degraded.warnings("worker")


def accepted(job: Job) -> Response:
    """The answer to a request that became a job: 202, with the place to watch it.

    A job that has ended by now was done at once, because there is no worker; the answer says so.
    """
    body = JobSerializer(job).data | {"warnings": degraded.warnings("worker")}
    return Response(body, status=202, headers={"Location": f"/api/v1/jobs/{job.pk}/"})
