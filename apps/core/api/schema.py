"""OpenAPI: the conventions that every operation shares, said once."""

from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe
from drf_spectacular import openapi
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from apps.core.api import headers
from apps.core.api.renderers import encode
from apps.core.errors import CATALOGUE
from apps.core.sizes import MOST_ROWS

PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "stable; the catalogue of codes lists them all"},
        "detail": {"type": "string"},
        "trace_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "RFC 6901 JSON pointer into what was sent"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
        "more_errors": {
            "type": "integer",
            "description": "how many more were found than errors tells; looking may have ended at the first of them",
        },
    },
}
READ = {"304": "Not modified: what If-None-Match names is current"}
WRITE = {
    "409": "Refused in its present state",
    "410": "Erased, or over for good",
    "412": "If-Match does not match the current state",
    "413": "Too large",
    "415": "Not JSON",
}
ALWAYS = {
    "400": "Not readable",
    "401": "Not signed in",
    "403": "Not permitted",
    "404": "Not found, or not visible to the caller",
    "405": "The address does not support this method",
    "406": "That format is not available",
    "422": "Some of the request is not valid",
    "429": "Too many requests; see Retry-After",
    "503": "Part of the service is unavailable",
}


class AutoSchema(openapi.AutoSchema):
    """Adds the headers of the API's rules to every operation."""

    def get_override_parameters(self) -> list[Any]:
        own = list(super().get_override_parameters())
        if hasattr(self.view, "query_parameters"):
            own += [one.described() for one in self.view.query_parameters()]
        if self.method == "GET":
            own += [
                self._header(one.name, one.about) for one in headers.declared() if getattr(self.view, "shown_as", False)
            ]
            return [*own, self._header("If-None-Match", "An ETag; 304 when it is still current.")]
        names = {"POST": ("Idempotency-Key", "A replay gets the first answer again."), "DELETE": None}
        compares = getattr(self.view, "is_compared", True)
        otherwise = ("If-Match", "An ETag; 412 when the object has changed since.") if compares else None
        header = names.get(self.method, otherwise)
        return [*own, self._header(*header)] if header else own

    def get_description(self) -> str:  # type: ignore[override]  # the types of DRF's own generator
        """What the method's docstring says; ``{most_rows}`` in it is the number."""
        return str(super().get_description()).replace("{most_rows}", f"{MOST_ROWS:,}")

    def get_response_serializers(self) -> Any:
        """An export is the list as a whole: rows of the serializer, or CSV."""
        view: Any = self.view
        if getattr(view, "action", "") == "export":
            shown = view.get_serializer_class() if hasattr(view, "get_serializer_class") else view.serializer_class
            rows = shown(many=True)
            return {(200, "application/json"): rows, (200, "text/csv"): OpenApiTypes.STR}
        return super().get_response_serializers()

    def _header(self, name: str, about: str) -> OpenApiParameter:
        return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=about)


def add_problem_responses(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Document the errors that any operation can answer with; they have one shape, and each is written once."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["responses"] = {
        **{f"Problem{status}": _problem(about) for status, about in {**ALWAYS, **WRITE}.items()},
        **{f"Without{status}": {"description": about} for status, about in READ.items()},
    }
    for path in result["paths"].values():
        for method, operation in path.items():
            for status in {**ALWAYS, **(READ if method == "get" else WRITE)}:
                kind = "Without" if status in READ else "Problem"
                operation["responses"].setdefault(status, {"$ref": f"#/components/responses/{kind}{status}"})
    return result


def _problem(about: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": about, "content": {"application/problem+json": {"schema": schema}}}


@lru_cache(maxsize=1)
def document() -> bytes:
    """The OpenAPI document of the tenants' API: the same for all, so it is made once in each process, in English."""
    with translation.override("en"):
        return encode(SchemaGenerator(urlconf="resimate.urls.tenant").get_schema(request=None, public=True))


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    return HttpResponse(document(), content_type="application/vnd.oai.openapi+json")


@require_safe
def error_codes(request: HttpRequest) -> HttpResponse:
    """What ``type`` of a problem leads to: the catalogue of codes."""
    return render(request, "api/errors.html", {"entries": sorted(CATALOGUE.values(), key=lambda entry: entry.code)})
