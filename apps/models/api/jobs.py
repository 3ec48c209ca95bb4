from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import authz
from apps.accounts.api.viewsets import caller, verb
from apps.accounts.reach import reach_of
from apps.core.api.jobs import JobSerializer
from apps.core.api.raw_lists import UUID_PATTERN
from apps.core.api.views import ApiView, etag_of
from apps.core.models import Job
from apps.models import services


class JobView(ApiView, viewsets.GenericViewSet[Job]):
    """Jobs that the caller asked for; who administers the tenant sees all, a narrowed key its own."""

    resource = "jobs"
    throttle_group = "default"
    queryset = Job.objects.order_by("-id")
    serializer_class = JobSerializer
    permission_classes = (IsAuthenticated,)
    lookup_value_regex = UUID_PATTERN

    def get_queryset(self) -> QuerySet[Job]:
        user: Any = self.request.user
        jobs_ = super().get_queryset()
        if user.has_perm("tenant:manage"):
            return jobs_
        theirs, key = jobs_.filter(requested_by=user.pk), authz.key_of(user)
        if key and key.permissions:  # what other jobs found may be more than such a key may read
            return theirs.filter(reach=reach_of(user))
        return theirs

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show a job."""
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=None, responses=JobSerializer)
    @verb()
    def cancel(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Cancel a job that has not ended."""
        job = self.get_object()
        self.check_current(self.get_serializer(job).data)
        cancelled = self.get_serializer(services.cancel_job(job, acting_user=caller(request), now=timezone.now())).data
        return Response(cancelled, headers={"ETag": etag_of(cancelled)})
