import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import authz
from apps.core import jobs
from apps.core.api.jobs import JobSerializer, accepted
from apps.core.api.parsers import decode
from apps.core.api.views import ApiView
from apps.core.errors import Invalid, Problem
from apps.models import services
from apps.models.api.bodies import who
from apps.models.models import ModelVersion, ResilienceModel
from apps.models.services.calculations import MOST_UNITS

KEYS = ("model", "units", "options")
SMALL = 64 * 1024

BODY = {
    "application/json": {
        "type": "object",
        "required": ["model", "units"],
        "additionalProperties": False,
        "properties": {
            "model": {
                "type": "object",
                "description": 'A model document, or `{"version": "<id>"}` for a stored version.',
                "additionalProperties": True,
            },
            "units": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["id"],
                    "additionalProperties": False,
                    "properties": {
                        "id": {"type": "string", "minLength": 1, "maxLength": 200},
                        "group": {"type": "string", "nullable": True},
                        "values": {"type": "object", "additionalProperties": True},
                        "responses": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "required": ["answers"],
                                "additionalProperties": False,
                                "properties": {
                                    "rater": {"type": "string"},
                                    "group": {"type": "string"},
                                    "answers": {"type": "object", "additionalProperties": True},
                                },
                            },
                        },
                    },
                },
            },
            "options": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "include": {
                        "type": "array",
                        "items": {
                            "type": "string",
                            "enum": ["nodes", "normalised", "treated", "imputed", "denominated"],
                        },
                    }
                },
            },
        },
    }
}


class CalculationView(ApiView):
    """Calculations that leave nothing behind."""

    resource = "calculations"
    throttle_group = "calculations"
    permissions = {"post": "create"}

    @extend_schema(
        operation_id="calculations_create",
        request=BODY,
        responses={
            200: OpenApiTypes.OBJECT,
            202: OpenApiResponse(JobSerializer, description="More than 5,000 units: a job does it."),
        },
    )
    def post(self, request: Request) -> Response:
        """Score units by a model document or by a stored version, without storing anything."""
        content = request._request.body  # read before it is parsed: too much of it is refused, and it is a key below
        asked = self._asked(request)
        if isinstance(asked["units"], list) and len(asked["units"]) > MOST_UNITS:
            return self._as_job(request, asked)
        started = time.perf_counter()
        result = self._calculated(request, asked, content)
        duration_ms = round((time.perf_counter() - started) * 1000, 3)
        return Response({**result, "duration_ms": duration_ms})

    def _asked(self, request: Request) -> dict[str, Any]:
        body = request.data
        if not isinstance(body, dict):
            raise Invalid("Send an object.", errors=[Problem("", "must be an object", "not_an_object")])
        problems = [Problem(f"/{key}", f"{key} is missing", "required") for key in KEYS[:2] if key not in body]
        problems += [Problem(f"/{key}", f"{key!r} is not known here", "unknown_key") for key in body.keys() - {*KEYS}]
        if not isinstance(body.get("options"), dict | None):
            problems.append(Problem("/options", "must be an object", "not_an_object"))
        if problems:
            raise Invalid("A calculation takes a model and units.", errors=problems)
        return body

    def _calculated(self, request: Request, asked: dict[str, Any], content: bytes) -> Mapping[str, Any]:
        if _version_in(asked["model"]) is None and len(content) <= SMALL:
            return _of_small(content)
        return services.calculate(self._model(request, asked["model"]), asked["units"], asked.get("options"))

    def _model(self, request: Request, asked: Any) -> Any:
        version = _version_in(asked)
        return services.model_of(asked) if version is None else services.parsed(self._version(request, version))

    def _version(self, request: Request, asked: Any) -> ModelVersion:
        seen = authz.visible(ResilienceModel.objects.all(), request.user, "models:read")
        version = None
        try:
            pk = UUID(asked)
        except (TypeError, ValueError, AttributeError):
            pk = None
        if pk is not None:
            version = ModelVersion.objects.filter(pk=pk, model__in=seen).defer("document").first()
        if version is None:
            problem = Problem("/model/version", "there is no such version", "unknown_version")
            raise Invalid("The model is not there.", errors=[problem])
        return version

    def _as_job(self, request: Request, asked: dict[str, Any]) -> Response:
        version = _version_in(asked["model"])
        if version is None:
            services.model_of(asked["model"])
        else:
            asked = {**asked, "model": self._version(request, version).document}
        return accepted(jobs.enqueue("calculation", asked, requested_by=who(request).pk, now=timezone.now()))


def _version_in(model: Any) -> Any:
    return model["version"] if isinstance(model, dict) and model.keys() == {"version"} else None


@lru_cache(maxsize=512)
def _of_small(content: bytes) -> Mapping[str, Any]:
    """The result of a small call. It depends on nothing but what was sent, so equal calls share one calculation."""
    asked = decode(content)
    return services.calculate(services.model_of(asked["model"]), asked["units"], asked.get("options"))
