import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

import resimate_engine as engine
from apps.accounts import authz, reach
from apps.accounts.api.viewsets import caller
from apps.core import degraded
from apps.core.api.jobs import JobSerializer, accepted
from apps.core.api.parsers import body_of, decode
from apps.core.api.views import ApiView
from apps.core.errors import Invalid, Problem
from apps.models import services
from apps.models.api import calculation_bodies as bodies
from apps.models.api.visible import versions_seen_by
from apps.models.models import ModelVersion, ReferenceSet
from resimate_text.pointers import pointer

SMALL = 64 * 1024
OBJECT_OR_JOB: dict[int, Any] = {
    200: OpenApiTypes.OBJECT,
    202: OpenApiResponse(JobSerializer, description="It takes more than a moment: a job does it."),
}


class OfUnits(ApiView):
    """What calculations have in common: a model, units, options; nothing is left behind."""

    resource = "calculations"
    throttle_group = "calculations"
    permissions = {"post": "create"}
    required: tuple[str, ...] = ("model", "units")
    job = "calculation"

    def asked(self, request: Request) -> dict[str, Any]:
        body = request.data
        if not isinstance(body, dict):
            raise Invalid("Send an object.", errors=[Problem("", "must be an object", "not_an_object")])
        known = {*self.required, "options"}
        problems = [Problem(f"/{key}", f"{key} is missing", "required") for key in self.required if key not in body]
        problems += [
            Problem(pointer(key), f"{key!r} is not allowed here", "unknown_key") for key in body.keys() - known
        ]
        if not isinstance(body.get("options"), dict | None):
            problems.append(Problem("/options", "must be an object", "not_an_object"))
        if problems:
            raise Invalid("A calculation needs a model and units.", errors=problems)
        return body

    def model(self, request: Request, asked: Any) -> engine.Model:
        version = _version_in(asked)
        return services.model_of(asked) if version is None else services.parsed(self.version(request, version))

    def resolved(self, request: Request, options: Any) -> tuple[Any, dict[str, Any]]:
        """Put the units of a reference set in the place of its id; say in the answer which set it was."""
        if not _names_set(options):
            return options, {}
        found = self.reference_set(request, options["reference"])
        named = {"set": str(found.pk), "name": found.name, "digest": found.digest, "units": found.unit_count}
        return {**options, "reference": found.units}, {"reference": named}

    def reference_set(self, request: Request, asked: dict[str, Any]) -> ReferenceSet:
        seen = authz.visible(ReferenceSet.objects.all(), request.user, "assessments:read")
        found = seen.filter(pk=_uuid(asked.get("set"))).first() if asked.keys() == {"set"} else None
        if found is None:
            detail = "there is no such reference set; send units, or an object with only the id of a set"
            problem = Problem("/options/reference/set", detail, "unknown_reference_set")
            raise Invalid("There is no such reference set.", errors=[problem])
        return found

    def as_job(self, request: Request, asked: dict[str, Any]) -> Response:
        """Leave it to a job, with the document and the reference units as they are now."""
        version = _version_in(asked["model"])
        model = self.model(request, asked["model"])
        if version is not None:
            asked = {**asked, "model": self.version(request, version).document}
        options, reference = self.resolved(request, asked.get("options"))
        services.check_calculation(self.job, model, asked["units"], options)
        return _as_job(request, self.job, {**asked, "options": options, **reference})

    def version(self, request: Request, asked: Any) -> ModelVersion:
        found = versions_seen_by(request.user).filter(pk=_uuid(asked)).first()
        if found is None:
            problem = Problem("/model/version", "there is no such version", "unknown_version")
            raise Invalid("There is no such model.", errors=[problem])
        return found


class CalculationView(OfUnits):
    """Scores of units that are not stored."""

    @extend_schema(
        operation_id="calculations_create",
        request=bodies.CALCULATION,
        responses={
            200: OpenApiTypes.OBJECT,
            202: OpenApiResponse(
                JobSerializer, description=f"More than {services.MOST_UNITS:,} units, or long work: a job does it."
            ),
        },
    )
    def post(self, request: Request) -> Response:
        """Score units by a model document or by a stored version, without storing anything.

        Relative methods compare the units with each other; or, with `options.reference`, with the units that stand
        there, or with those of a stored reference set: `{"set": "<id>"}`. The answer then names the set and its digest
        under `reference`.
        """
        content = body_of(
            request._request
        )  # read before it is parsed: too much of it is refused, and it is a key below
        asked = self.asked(request)
        if isinstance(asked["units"], list) and len(asked["units"]) > services.MOST_UNITS:
            return self.as_job(request, asked)
        started = time.perf_counter()
        try:
            result = self._calculated(request, asked, content)
        except services.TooMuchAtOnce:
            return self.as_job(request, asked)
        duration_ms = round((time.perf_counter() - started) * 1000, 3)
        warnings = [*result["warnings"], *degraded.warnings("redis")]
        return Response({**result, "warnings": warnings, "duration_ms": duration_ms})

    def _calculated(self, request: Request, asked: dict[str, Any], content: bytes) -> Mapping[str, Any]:
        depends_on_more = _version_in(asked["model"]) is not None or _names_set(asked.get("options"))
        if not depends_on_more and len(content) <= SMALL:
            return _of_small(content)
        model = self.model(request, asked["model"])
        options, reference = self.resolved(request, asked.get("options"))
        return services.calculate(model, asked["units"], options) | reference


class ExplanationView(OfUnits):
    """Why a unit scores what it scores."""

    required = ("model", "units", "unit")
    job = "calculation.explanation"

    @extend_schema(operation_id="calculations_explain", request=bodies.EXPLANATION, responses=OBJECT_OR_JOB)
    def post(self, request: Request) -> Response:
        """Trace one unit's score: every step of every indicator, contributions, gaps, and what would help most."""
        asked = self.asked(request)
        model = self.model(request, asked["model"])
        options, reference = self.resolved(request, asked.get("options"))
        try:
            return Response(services.explain(model, asked["units"], asked["unit"], options) | reference)
        except services.TooMuchAtOnce:
            return self.as_job(request, asked)


class FromTheBody(ApiView):
    """What needs nothing but the body; a job does it where it takes long."""

    resource = "calculations"
    throttle_group = "calculations"
    permissions = {"post": "create"}

    def answer(self, request: Request, calculate: Callable[[Any], dict[str, Any]], job: str) -> Response:
        try:
            return Response(calculate(request.data))
        except services.TooMuchAtOnce:
            return _as_job(request, job, {"asked": request.data})


class WeightsView(FromTheBody):
    """Weights from judgements, ranks, budgets or data."""

    @extend_schema(operation_id="calculations_weights", request=bodies.WEIGHTS, responses=OBJECT_OR_JOB)
    def post(self, request: Request) -> Response:
        """Determine weights: `ahp`, `budget_allocation`, `rank_order_centroid`, `pca`, `entropy` and more."""
        return self.answer(request, services.find_weights, "calculation.weights")


class AgreementView(FromTheBody):
    """How far raters agree."""

    @extend_schema(operation_id="calculations_agreement", request=bodies.AGREEMENT, responses=OBJECT_OR_JOB)
    def post(self, request: Request) -> Response:
        """Measure agreement: `krippendorff_alpha`, `icc`, `fleiss_kappa`, `kendall_w`, `r_wg`, `cronbach_alpha`."""
        return self.answer(request, services.measure_agreement, "calculation.agreement")


def _as_job(request: Request, kind: str, asked: dict[str, Any]) -> Response:
    return accepted(reach.enqueue(kind, asked, acting_user=caller(request), now=timezone.now()))


def _uuid(text: Any) -> UUID:
    try:
        return UUID(text)
    except (TypeError, ValueError, AttributeError):
        return UUID(int=0)  # nothing has this one


def _version_in(model: Any) -> Any:
    return model["version"] if isinstance(model, dict) and model.keys() == {"version"} else None


def _names_set(options: Any) -> bool:
    return isinstance(options, dict) and isinstance(options.get("reference"), dict)


@lru_cache(maxsize=512)
def _of_small(content: bytes) -> Mapping[str, Any]:
    """The result of a small call. It depends on nothing but what was sent, so equal calls share one calculation."""
    asked = decode(content)
    return services.calculate(services.model_of(asked["model"]), asked["units"], asked.get("options"))
