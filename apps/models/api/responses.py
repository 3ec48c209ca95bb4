from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import cached_property
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response as HttpResponse

from apps.accounts import authz
from apps.accounts.api.permissions import permission_for
from apps.accounts.api.viewsets import LISTS, CollectionView, ReadMixin, caller, verb
from apps.core.api.raw_lists import UUID_PATTERN, FastListMixin
from apps.models import disclosure, services
from apps.models.api.serializers import (
    AnswersSerializer,
    NewResponseSerializer,
    ResponseDetailSerializer,
    ResponseSerializer,
)
from apps.models.models import Assessment, Response

PATH = [OpenApiParameter("assessment", OpenApiTypes.UUID, OpenApiParameter.PATH, description="the assessment")]


class OfAssessment:
    """For what belongs to an assessment: one out of sight is not found."""

    request: Any
    kwargs: Any

    def assessments(self) -> QuerySet[Assessment]:
        seen = authz.visible(Assessment.objects.all(), self.request.user, permission_for(self))
        return seen.filter(pk=self.kwargs["assessment"])

    @cached_property
    def assessment(self) -> Assessment:
        return get_object_or_404(self.assessments().select_related("version").defer("version__document"))


@extend_schema(parameters=PATH)
class ResponseView(OfAssessment, FastListMixin, ReadMixin, CollectionView[Response]):
    """What raters answered in an assessment. Responses count in the scores once they are submitted."""

    resource = "assessments"
    throttle_group = "assessments"
    permissions = {"create": "update", "submit": "update"}
    queryset = Response.objects.order_by("-id")
    serializer_class = ResponseDetailSerializer
    lookup_value_regex = UUID_PATTERN

    def get_queryset(self) -> QuerySet[Response]:
        if getattr(self, "swagger_fake_view", False):
            return Response.objects.none()
        if self.request.method not in SAFE_METHODS:
            rows = Response.objects.filter(assessment=self.assessment).order_by("-id")
        else:
            rows = disclosure.readable_responses(self.assessment, self.request.user).order_by("-id")
        if self.action in LISTS:
            return rows
        rows = rows.select_related("assessment__version", "sheet__key")
        return rows.defer("assessment__version__document")

    def get_serializer_class(self) -> Any:
        return ResponseSerializer if self.action in LISTS else ResponseDetailSerializer

    def list(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """List the responses. Those of a confidential campaign take `responses:read`, and have no times."""
        if not self.assessment.confidential:
            shown: HttpResponse = super().list(request, *args, **kwargs)
            return shown
        page = [*disclosure.blinded(self.paginate_queryset(self.get_queryset()) or (), self.assessment)]
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def exported(self) -> Iterable[dict[str, Any]]:
        if not self.assessment.confidential:
            return super().exported()
        shown = self.get_serializer()
        return [dict(shown.to_representation(one)) for one in disclosure.blinded(self.get_queryset(), self.assessment)]

    def get_object(self) -> Response:
        if self.assessment.confidential and self.request.method not in SAFE_METHODS:
            services.refuse_to_write()
        (found,) = disclosure.blinded([super().get_object()], self.assessment)
        return found

    @extend_schema(request=NewResponseSerializer, responses={201: ResponseDetailSerializer})
    @transaction.atomic
    def create(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Add a rater's response; with ``submit`` it counts at once."""
        body = NewResponseSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        asked = dict(body.validated_data)
        submits = asked.pop("submit")
        now = timezone.now()
        response = services.create_response(self.assessment, **asked, acting_user=caller(request), now=now)
        if submits:
            services.submit(response, acting_user=caller(request), now=now)
        location = f"/api/v1/assessments/{self.assessment.pk}/responses/{response.pk}/"
        return self.shown(self._again(response), status=201, location=location)

    @extend_schema(request=AnswersSerializer, responses=ResponseDetailSerializer)
    @transaction.atomic
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Save answers; questions that are left out keep theirs."""
        response = self.get_object()
        body = AnswersSerializer(response, data=request.data)
        body.is_valid(raise_exception=True)
        answers = body.validated_data["answers"]
        services.save_answers(response, answers, acting_user=caller(request), now=timezone.now())
        return self.shown(self._again(response))

    @extend_schema(request=None, responses=ResponseDetailSerializer)
    @verb()
    def submit(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Hand the answers in; the score follows in a moment."""
        response = services.submit(self.get_object(), acting_user=caller(request), now=timezone.now())
        return self.shown(self._again(response))

    def _again(self, response: Response) -> Response:
        return Response.objects.select_related("sheet__key").get(pk=response.pk)
