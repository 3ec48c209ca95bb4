"""The files that the tenant keeps."""

from typing import Any, Final

from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.viewsets import UUID, CollectionView, CreateMixin, DestroyMixin, ReadMixin, caller, verb
from apps.core.api import serializers
from apps.core.api.parameters import text
from apps.files import links, services
from apps.files.kinds import KINDS
from apps.files.models import StoredFile
from apps.files.views import sent

RANGE: Final = OpenApiParameter(
    "Range",
    str,
    OpenApiParameter.HEADER,
    description="The bytes that are wanted: bytes=0-99, bytes=100- or bytes=-100.",
)
IF_RANGE: Final = OpenApiParameter(
    "If-Range",
    str,
    OpenApiParameter.HEADER,
    description="The ETag of what is there of it already: else all of it comes.",
)
CONTENT_RANGE: Final = OpenApiParameter(
    "Content-Range",
    str,
    OpenApiParameter.HEADER,
    description="Which bytes these are, and of how many: bytes 0-99/1234.",
    response=[206, 416],
)


class StoredFileSerializer(serializers.ModelSerializer[StoredFile]):
    name = serializers.CharField(read_only=True)

    class Meta:
        model = StoredFile
        fields = (
            "id",
            "kind",
            "name",
            "media_type",
            "size",
            "state",
            "owner_type",
            "owner_id",
            "created_by",
            "created_at",
        )
        read_only_fields = fields


class NewStoredFileSerializer(StoredFileSerializer):
    """A file as it is sent, in a form (multipart/form-data)."""

    kind = serializers.ChoiceField(
        choices=[(name, name) for name, kind in sorted(KINDS.items()) if kind.by_api], default="attachment"
    )
    content = serializers.FileField(write_only=True, allow_empty_file=True)

    class Meta(StoredFileSerializer.Meta):
        fields = (*StoredFileSerializer.Meta.fields, "content")  # type: ignore[assignment]  # a longer tuple
        read_only_fields = tuple(name for name in StoredFileSerializer.Meta.fields if name != "kind")  # type: ignore[assignment]  # a shorter tuple


class StoredFileLinkSerializer(serializers.Serializer[Any]):
    """Where a browser fetches the file, for a quarter of an hour."""

    url = serializers.CharField(read_only=True)


class StoredFileViewSet(ReadMixin, CreateMixin, DestroyMixin, CollectionView[StoredFile]):
    """The files that the tenant keeps. Their content is encrypted before it is stored."""

    resource = "files"
    throttle_group = "files"
    lookup_value_regex = UUID
    queryset = StoredFile.objects.there().order_by("-pk")
    serializer_class = StoredFileSerializer
    filters = (text("kind"), text("owner_type"), text("owner_id"))
    permissions = {"content": "read", "link": "read"}
    personal = {"content": "stored_file", "link": "stored_file"}

    def get_parsers(self) -> list[Any]:
        is_upload = self.request is not None and self.request.method == "POST" and "pk" not in self.kwargs
        return [MultiPartParser()] if is_upload else super().get_parsers()

    @extend_schema(request={"multipart/form-data": NewStoredFileSerializer}, responses={201: StoredFileSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Keep a file. What it is, is told by its content; what its name says has to be so."""
        return super().create(request, *args, **kwargs)

    def perform_create(self, serializer: serializers.BaseSerializer[StoredFile]) -> StoredFile:
        sent = serializer.validated_data
        content = sent["content"]
        return services.keep(
            KINDS[sent["kind"]],
            content.file,
            name=content.name,
            now=timezone.now(),
            acting_user=caller(self.request),
        )

    def perform_destroy(self, instance: StoredFile) -> None:
        services.delete(instance, now=timezone.now(), acting_user=caller(self.request))

    @extend_schema(
        parameters=[RANGE, IF_RANGE, CONTENT_RANGE],
        responses={
            (200, "*/*"): OpenApiTypes.BINARY,
            (206, "*/*"): OpenApiResponse(OpenApiTypes.BINARY, description="The part that Range asks for"),
            416: OpenApiResponse(description="The content has no such part; Content-Range says how large it is"),
        },
    )
    @action(detail=True)
    def content(self, request: Request, pk: str) -> HttpResponseBase:
        """The content as it was sent, or one part of it. Several at once are answered by the whole."""
        return sent(request._request, self.get_object())

    @extend_schema(request=None, responses=StoredFileLinkSerializer)
    @verb()
    def link(self, request: Request, pk: str) -> Response:
        """An address that a browser can open for a quarter of an hour, without signing in."""
        address = links.address(self.get_object(), now=timezone.now())
        return Response({"url": request.build_absolute_uri(address)})

    def get_serializer_class(self) -> type[serializers.BaseSerializer[StoredFile]]:
        return NewStoredFileSerializer if self.action == "create" else StoredFileSerializer
