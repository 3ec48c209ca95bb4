"""Files that come in pieces, over interruptions: the protocol tus 1.0.0 (tus.io), with the extensions named below."""

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.http import http_date
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import viewsets
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.viewsets import caller
from apps.core.api import serializers
from apps.core.api.moments import MomentField
from apps.core.api.parsers import let_go, sent_in
from apps.core.api.raw_lists import UUID_PATTERN
from apps.core.api.views import ApiView, no_body
from apps.core.errors import Invalid, Problem, Refused
from apps.core.sizes import MEGABYTE
from apps.files import services
from apps.files.kinds import KINDS
from apps.files.models import StoredFile

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,expiration,checksum,termination"
#: None of them is there for secrecy: a piece that was damaged on the way is to be noticed.
CHECKSUMS: Final = {"sha1": hashlib.sha1, "sha256": hashlib.sha256}
METADATA: Final = ("filename", "kind", "filetype", "sha256")
NUMBER: Final = re.compile(r"[0-9]{1,15}\Z")
DIGEST: Final = re.compile(r"[0-9a-f]{64}\Z")


class OtherVersion(Refused):
    code = "tus_version"
    status = 412
    title = "Another version of tus is spoken here"


class ChecksumUnknown(Refused):
    code = "checksum_unknown"
    status = 400
    title = "That checksum is not known here"


class ChecksumMismatch(Refused):
    code = "checksum_mismatch"
    status = 460  # as tus says
    title = "The piece is not what it was when it was sent"


class PieceParser(BaseParser):
    """The bytes themselves."""

    media_type = "application/offset+octet-stream"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return sent_in(stream)


class UploadSerializer(serializers.Serializer[StoredFile]):
    """A file that comes in pieces. Once all of it has come, it is at ``/api/v1/files/{id}/``."""

    id = serializers.UUIDField(read_only=True)
    offset = serializers.SerializerMethodField(help_text="how many bytes have come")
    length = serializers.IntegerField(source="size", read_only=True)
    expires_at = MomentField(source="given_up_at", read_only=True, help_text="until when the rest is waited for")

    def get_offset(self, file: StoredFile) -> int:
        return services.received(file)


def _header(name: str, about: str, required: bool = True) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, required=required, description=about)


RESUMABLE: Final = _header("Tus-Resumable", "The version of the protocol: 1.0.0.")
LENGTH: Final = _header("Upload-Length", "How many bytes the file has.")
OFFSET: Final = _header("Upload-Offset", "The byte at which the piece begins.")
CHECKSUM: Final = _header("Upload-Checksum", "sha1 or sha256, a space, and the digest of the piece in Base64.", False)
ABOUT_FILE: Final = _header(
    "Upload-Metadata",
    "Pairs of a name and a value in Base64: filename; kind (attachment, when absent); sha256, what all of it should"
    " have, in hexadecimal; filetype is passed over, since the content says it.",
)


class UploadViewSet(ApiView, viewsets.ViewSet):
    """Files on their way, each seen by nobody but who brings it."""

    resource = "files"
    throttle_group = "files"
    lookup_value_regex = UUID_PATTERN
    serializer_class = UploadSerializer
    permissions = dict.fromkeys(("retrieve", "partial_update", "destroy"), "create")
    is_work = False
    is_compared = False
    asking_headers = ("Upload-Length", "Upload-Metadata")

    def get_parsers(self) -> list[Any]:
        takes_piece = self.request is not None and self.request.method == "PATCH"
        return [PieceParser()] if takes_piece else super().get_parsers()

    @extend_schema(
        request=None,
        parameters=[RESUMABLE, LENGTH, ABOUT_FILE],
        responses={201: OpenApiResponse(description="Location is where the pieces go, by PATCH.")},
    )
    @no_body
    def create(self, request: Request) -> Response:
        """Begin to bring a file in pieces, by tus 1.0.0. Its room is held from now on."""
        _require_version(request)
        said = _metadata(request.headers.get("Upload-Metadata", ""))
        file = services.begin(
            _kind(said),
            size=_number(request, "Upload-Length"),
            name=_filename(said),
            sha256=_digest(said),
            acting_user=caller(request),
            now=timezone.now(),
        )
        return Response(status=201, headers={"Location": f"{request.path}{file.pk}/", **_state(file)})

    @extend_schema(responses=UploadSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """How much has come (in headers as well, for HEAD)."""
        states = (StoredFile.State.UPLOADING, StoredFile.State.THERE)
        file = self._own(StoredFile.objects.filter(state__in=states))
        _require_version(request)
        return Response(UploadSerializer(file).data, headers=_state(file))

    @extend_schema(
        request={PieceParser.media_type: OpenApiTypes.BINARY},
        parameters=[RESUMABLE, OFFSET, CHECKSUM],
        responses={204: None, 460: OpenApiResponse(description="The piece is not what Upload-Checksum says")},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """The next piece. With the last one the file is looked at, and is there; or it is refused, and nothing is."""
        file = self._own(StoredFile.objects.uploading_at(timezone.now()))
        _require_version(request)
        piece: Any = request.data or b""  # where there is none, DRF gives what is empty of another kind
        offset = _number(request, "Upload-Offset")
        _require_checksum(request.headers.get("Upload-Checksum", ""), piece)
        try:
            services.receive(file, offset, piece, acting_user=caller(request), now=timezone.now())
        finally:
            let_go(request)
        return Response(status=204, headers=_state(file))

    @extend_schema(parameters=[RESUMABLE], responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Give it up. What has come of it is deleted, and its room is free."""
        file = self._own(StoredFile.objects.filter(state=StoredFile.State.UPLOADING))
        _require_version(request)
        services.delete(file, acting_user=caller(request), now=timezone.now())
        return Response(status=204)

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """Say which of tus is spoken here."""
        most = max(kind.most_mb for kind in KINDS.values() if kind.by_api) * MEGABYTE
        said = {
            "Tus-Version": VERSION,
            "Tus-Extension": EXTENSIONS,
            "Tus-Max-Size": str(most),
            "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
        }
        return Response(status=204, headers=said)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response["Tus-Resumable"] = VERSION
        if response.status_code == 412:
            response["Tus-Version"] = VERSION
        return super().finalize_response(request, response, *args, **kwargs)

    def _conditional(self, request: HttpRequest, response: Any) -> Any:
        answer = super()._conditional(request, response)
        answer["Cache-Control"] = "no-store"
        return answer

    def _own(self, files: QuerySet[StoredFile]) -> StoredFile:
        """Another person's upload is not there, whatever rights who asks has."""
        found: StoredFile = get_object_or_404(files, created_by=caller(self.request).pk, pk=self.kwargs["pk"])
        return found


def _state(file: StoredFile) -> dict[str, str]:
    """What tus wants to be told with every answer about an upload."""
    said = {"Upload-Offset": str(services.received(file)), "Upload-Length": str(file.size)}
    if file.state == StoredFile.State.UPLOADING:
        said["Upload-Expires"] = http_date(file.given_up_at.timestamp())
    return said


def _require_version(request: Request) -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise OtherVersion("Send the header Tus-Resumable: 1.0.0.")


def _number(request: Request, header: str) -> int:
    said = request.headers.get(header, "")
    if not NUMBER.match(said):
        raise _wrong(header, "must be a number of bytes")
    return int(said)


def _metadata(said: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in filter(None, said.split(",")):
        name, _, value = pair.strip().partition(" ")
        if name not in METADATA or name in found:
            raise _wrong("Upload-Metadata", f"takes each of these once: {', '.join(METADATA)}")
        try:
            found[name] = base64.b64decode(value, validate=True).decode()
        except ValueError:  # it is no Base64, or no UTF-8
            raise _wrong("Upload-Metadata", f"{name} must be text of UTF-8 in Base64") from None
    return found


def _filename(said: Mapping[str, str]) -> str:
    if not said.get("filename"):
        raise _wrong("Upload-Metadata", "filename is missing")
    return said["filename"]


def _kind(said: Mapping[str, str]) -> Any:
    kind = KINDS.get(said.get("kind", "attachment"))
    if kind is None or not kind.by_api:
        raise _wrong("Upload-Metadata", "kind is not one that the API takes")
    return kind


def _digest(said: Mapping[str, str]) -> str:
    digest = said.get("sha256", "")
    if digest and not DIGEST.match(digest):
        raise _wrong("Upload-Metadata", "sha256 must be 64 hexadecimal digits in lower case")
    return digest


def _require_checksum(said: str, piece: bytes) -> None:
    """Raises ``ChecksumUnknown`` and ``ChecksumMismatch``; nothing, where none was sent."""
    if not said:
        return
    name, _, expected = said.partition(" ")
    if name not in CHECKSUMS:
        raise ChecksumUnknown("The checksums known here are sha1 and sha256.")
    found = CHECKSUMS[name](piece, usedforsecurity=False).digest()
    if base64.b64encode(found).decode() != expected:
        raise ChecksumMismatch("The piece was damaged on the way. Please send it again.")


def _wrong(header: str, what: str) -> Invalid:
    return Invalid("A header of the request is not valid.", errors=[Problem(f"/{header}", what)])
