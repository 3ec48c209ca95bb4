"""Models and data in and out of files."""

import binascii
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import authz
from apps.accounts.api.viewsets import CollectionView, ReadMixin, caller, verb
from apps.core.api import serializers
from apps.core.api.jobs import JobSerializer, accepted
from apps.core.api.raw_lists import UUID_PATTERN, FastListMixin, Rows
from apps.core.api.renderers import JSONRenderer, encode
from apps.core.api.views import ApiView
from apps.core.errors import Invalid, Problem
from apps.models import services
from apps.models.api.serializers import decimal_field
from apps.models.downloads import XLSX, download
from apps.models.models import Import, ModelVersion, ResilienceModel
from resimate_engine.exchange.coinr import NORMALISATIONS
from resimate_engine.exchange.incoming import File


class FileSerializer(serializers.Serializer[Any]):
    """A file: its bytes as base64, or its text."""

    name = serializers.CharField(max_length=200)
    content = serializers.CharField(required=False, help_text="the bytes as base64 (RFC 4648)")
    text = serializers.CharField(required=False, trim_whitespace=False, help_text="the text of a JSON or CSV file")


class ModelImportSerializer(serializers.Serializer[Any]):
    """One file with a model (JSON, XLSX, iMeta.csv), one with data (iData.csv, a CSV of values), or one of each."""

    files = serializers.ListField(child=FileSerializer(), min_length=1, max_length=2)
    dry_run = serializers.BooleanField(default=False, help_text="say what would be made, and make nothing")
    version = serializers.UUIDField(required=False, help_text="for data alone: the published version to assess by")
    publish = serializers.BooleanField(default=False, help_text="publish the imported version at once")
    score = serializers.BooleanField(
        default=False, help_text="score the imported assessments; such an import cannot be undone"
    )
    period = serializers.CharField(max_length=60, default="", allow_blank=True, help_text="where iData has no Time")
    group = serializers.CharField(
        max_length=100, default="", allow_blank=True, help_text="iData's column to group subjects by"
    )
    code = serializers.CharField(
        max_length=100, default="", allow_blank=True, help_text="the code of the model that iMeta describes"
    )
    name = serializers.CharField(max_length=200, default="", allow_blank=True, help_text="its name")
    normalisation = serializers.ChoiceField(NORMALISATIONS, default="min_max", help_text="of iMeta's indicators")
    decimal = decimal_field()


class ImportedVersionSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(allow_null=True)
    model = serializers.UUIDField(allow_null=True)
    number = serializers.IntegerField()
    state = serializers.CharField()
    digest = serializers.CharField()


class OutcomeSerializer(serializers.Serializer[Any]):
    """What an import made, or would make; ``id`` is that of the import, by which it can be undone."""

    dry_run = serializers.BooleanField()
    id = serializers.UUIDField(allow_null=True)
    kind = serializers.CharField()
    version = ImportedVersionSerializer(allow_null=True)
    created = serializers.DictField(child=serializers.IntegerField())
    changed = serializers.DictField(child=serializers.IntegerField())
    warnings = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))


class ImportSerializer(Rows, serializers.ModelSerializer[Import]):
    """An import from files."""

    files = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Import
        fields = ("id", "kind", "files", "version", "created_at", "created_by", "undone_at")
        read_only_fields = fields


class ModelImportView(ApiView):
    """Imports from files."""

    resource = "models"
    throttle_group = "models"
    permissions = {"post": "create"}

    @extend_schema(
        operation_id="models_import",
        request=ModelImportSerializer,
        responses={
            200: OpenApiResponse(OutcomeSerializer, description="A dry run: nothing was made."),
            201: OutcomeSerializer,
            202: OpenApiResponse(JobSerializer, description="More than 5,000 lines: a job does it."),
        },
    )
    def post(self, request: Request) -> Response:
        """Import models and data from files, all or nothing; pointers of errors name sheet or line, and column."""
        body = ModelImportSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        options = body.validated_data
        files = [_file(number, file) for number, file in enumerate(options["files"])]
        version = _version(request, options.get("version"))
        now = timezone.now()
        if services.is_long(files):
            parameters = {**options, "files": request.data["files"]}
            return accepted(services.enqueue_import(parameters, version=version, acting_user=caller(request), now=now))
        outcome = services.import_files(
            files,
            services.options_of(options),
            version=version,
            publish=options["publish"],
            score=options["score"],
            acting_user=caller(request),
            now=now,
            dry_run=options["dry_run"],
        )
        if options["dry_run"]:
            return Response(outcome)
        return Response(outcome, status=201, headers={"Location": f"/api/v1/imports/{outcome['id']}/"})


def _file(number: int, fields: dict[str, str]) -> File:
    if ("content" in fields) == ("text" in fields):
        problem = Problem(f"/files/{number}/content", "send either content or text", "required")
        raise Invalid("Each file needs its content.", errors=[problem])
    try:
        return services.file_of(fields)
    except (binascii.Error, ValueError):
        problem = Problem(f"/files/{number}/content", "is not base64", "bad_format")
        raise Invalid("A file cannot be read.", errors=[problem]) from None


def _version(request: Request, pk: UUID | None) -> ModelVersion | None:
    if pk is None:
        return None
    seen = authz.visible(ResilienceModel.objects.all(), request.user, "models:read")
    found = ModelVersion.objects.filter(pk=pk, model__in=seen).first()
    if found is None:
        problem = Problem("/version", "there is no such version", "unknown_version")
        raise Invalid("There is no such version.", errors=[problem])
    return found


class ImportView(FastListMixin, ReadMixin, CollectionView[Import]):
    """What was imported from files."""

    resource = "models"
    throttle_group = "models"
    permissions = {"undo": "create"}
    queryset = Import.objects.order_by("-id")
    serializer_class = ImportSerializer
    lookup_value_regex = UUID_PATTERN

    @extend_schema(request=None, responses=ImportSerializer)
    @verb()
    def undo(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take back everything that the import made; refused once it is published, scored, answered or changed."""
        undone = services.undo_import(self.get_object(), acting_user=caller(request), now=timezone.now())
        return self.shown(Import.objects.get(pk=undone.pk))


class _Bytes(BaseRenderer):
    """Makes a ``?format=`` known; the file itself is made by a service, and a problem is JSON all the same."""

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        return encode(data)


class XLSXRenderer(_Bytes):
    media_type = XLSX
    format = "xlsx"


class ZIPRenderer(_Bytes):
    media_type = "application/zip"
    format = "coinr"


class VersionExportView(ApiView):
    """A version as a file."""

    resource = "models"
    throttle_group = "models"
    permissions = {"get": "read"}
    shown_as = True
    renderer_classes = (JSONRenderer, XLSXRenderer, ZIPRenderer)

    @extend_schema(
        operation_id="models_versions_export",
        parameters=[
            OpenApiParameter("model", OpenApiTypes.UUID, OpenApiParameter.PATH, description="the resilience model"),
            OpenApiParameter("number", int, OpenApiParameter.PATH, description="the version's number in the model"),
            OpenApiParameter("format", str, enum=["json", "xlsx", "coinr"], description="json when absent"),
        ],
        responses={
            (200, "application/json"): OpenApiTypes.OBJECT,
            (200, XLSX): OpenApiTypes.BINARY,
            (200, "application/zip"): OpenApiTypes.BINARY,
        },
    )
    def get(self, request: Request, model: str, number: str) -> HttpResponse:
        """Export a version: its document, a workbook that imports as the same document, or COINr's iMeta and iData.

        COINr's tables hold hierarchy, directions, weights, units, targets and values; methods stay behind.
        """
        seen = authz.visible(ResilienceModel.objects.all(), request.user, "models:read")
        versions = ModelVersion.objects.filter(model=get_object_or_404(seen, pk=model))
        version = get_object_or_404(versions, number=int(number))
        wanted = getattr(request.accepted_renderer, "format", "json")
        return download(version, wanted, acting_user=caller(request))
