from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import authz
from apps.accounts.api.permissions import permission_for
from apps.accounts.api.viewsets import LISTS, CollectionView, DestroyMixin, ReadMixin, caller, verb
from apps.core.api.raw_lists import UUID_PATTERN, FastListMixin
from apps.core.locking import lock
from apps.models import services
from apps.models.api.bodies import DOCUMENT_BODY, document_in
from apps.models.api.serializers import (
    ModelNameSerializer,
    ModelSerializer,
    VersionDetailSerializer,
    VersionSerializer,
)
from apps.models.models import ModelVersion, ResilienceModel

# Looked up for the rows of the page alone, where a join would run over every version there is.
DRAFT = Subquery(ModelVersion.objects.filter(model=OuterRef("pk"), state=ModelVersion.State.DRAFT).values("pk")[:1])


class ModelView(FastListMixin, ReadMixin, DestroyMixin, CollectionView[ResilienceModel]):
    """Resilience models. What they hold is in their versions."""

    resource = "models"
    throttle_group = "models"
    queryset = ResilienceModel.objects.annotate(draft_version=DRAFT).order_by("-id")
    serializer_class = ModelSerializer
    lookup_value_regex = UUID_PATTERN

    @extend_schema(request=DOCUMENT_BODY, responses={201: ModelSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Import a model document as the draft of the model with its code, which is made when there is none."""
        document, at = document_in(request)
        version = services.import_document(document, acting_user=caller(request), now=timezone.now(), at=at)
        return self._shown(version.model_id, status=201)

    @extend_schema(request=DOCUMENT_BODY, responses=ModelSerializer)
    @transaction.atomic
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make a document with this model's code its draft; published versions stay as they are."""
        model = self.get_object()
        document, at = document_in(request)
        services.import_document(document, acting_user=caller(request), now=timezone.now(), model=model, at=at)
        return self._shown(model.pk)

    @extend_schema(request=ModelNameSerializer, responses=ModelSerializer)
    @transaction.atomic
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change the name that lists show; the next version that is published brings its own."""
        model = self.get_object()
        names = ModelNameSerializer(model, data=request.data)
        names.is_valid(raise_exception=True)
        services.rename_model(model, name=names.validated_data["name"], acting_user=caller(request), now=timezone.now())
        return self._shown(model.pk)

    def perform_destroy(self, instance: ResilienceModel) -> None:
        services.delete_model(instance, acting_user=caller(self.request), now=timezone.now())

    def _shown(self, pk: UUID, status: int = 200) -> Response:
        location = f"/api/v1/models/{pk}/" if status == 201 else ""
        return self.shown(type(self).queryset.get(pk=pk), status=status, location=location)


PATH = [
    OpenApiParameter("model", OpenApiTypes.UUID, OpenApiParameter.PATH, description="the resilience model"),
]
VERSION = OpenApiParameter(
    "version", str, OpenApiParameter.PATH, description="the version's id, or its number in the model"
)


@extend_schema(parameters=PATH)
class VersionView(FastListMixin, ReadMixin, CollectionView[ModelVersion]):
    """The versions of a resilience model: at most one draft, and published ones that never change."""

    resource = "models"
    throttle_group = "models"
    permissions = {"create": "update", "update": "update"}
    queryset = ModelVersion.objects.order_by("-id")
    serializer_class = VersionDetailSerializer
    lookup_url_kwarg = "version"
    lookup_value_regex = f"(?:[0-9]{{1,9}}|{UUID_PATTERN})"

    def get_queryset(self) -> QuerySet[ModelVersion]:
        if getattr(self, "swagger_fake_view", False):
            return ModelVersion.objects.none()
        return ModelVersion.objects.filter(model=self._model().pk).order_by("-id")

    def _model(self) -> ResilienceModel:
        """The model; locked for a write, before its version, as the services do it."""
        seen = authz.visible(ResilienceModel.objects.all(), self.request.user, permission_for(self))
        if self.request.method in ("PUT", "POST"):
            lock(seen.filter(pk=self.kwargs["model"]))
        return get_object_or_404(seen, pk=self.kwargs["model"])

    def get_object(self) -> ModelVersion:
        self.lookup_field = "number" if self.kwargs["version"].isdigit() else "pk"
        return super().get_object()

    def get_serializer_class(self) -> Any:
        return VersionSerializer if self.action in LISTS else VersionDetailSerializer

    @extend_schema(request=DOCUMENT_BODY, responses={201: VersionDetailSerializer})
    @transaction.atomic
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make a document the model's draft: a new version, or new content of the draft there is."""
        document, at = document_in(request)
        version = services.import_document(
            document, acting_user=caller(request), now=timezone.now(), model=self._model(), at=at
        )
        location = f"/api/v1/models/{version.model_id}/versions/{version.pk}/"
        return self.shown(self._again(version), status=201, location=location)

    @extend_schema(parameters=[VERSION])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show a version with its document."""
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(request=DOCUMENT_BODY, responses=VersionDetailSerializer, parameters=[VERSION])
    @transaction.atomic
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Replace the document of a draft."""
        version = self.get_object()
        document, at = document_in(request)
        changed = services.update_draft(version, document, acting_user=caller(request), now=timezone.now(), at=at)
        return self.shown(self._again(changed))

    @extend_schema(request=None, responses=VersionDetailSerializer, parameters=[VERSION])
    @verb()
    def publish(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Publish the draft: from now on it never changes, and subjects can be assessed by it."""
        version = services.publish_version(self.get_object(), acting_user=caller(request), now=timezone.now())
        return self.shown(self._again(version))

    @extend_schema(request=None, responses=VersionDetailSerializer, parameters=[VERSION])
    @verb()
    def retire(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Retire a published version: nothing new can refer to it."""
        version = services.retire_version(self.get_object(), acting_user=caller(request), now=timezone.now())
        return self.shown(self._again(version))

    def _again(self, version: ModelVersion) -> ModelVersion:
        """The row as the database keeps it: the digest of what is shown must be that of what GET shows."""
        return ModelVersion.objects.get(pk=version.pk)
