from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

import orjson
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import authz, reach
from apps.accounts.api.viewsets import caller
from apps.core import degraded
from apps.core.api.jobs import JobSerializer, accepted
from apps.core.api.parsers import UnreadJSONParser
from apps.core.api.renderers import Written, encode
from apps.core.api.views import ApiView
from apps.core.errors import Invalid, Problem
from apps.core.json_values import decode
from apps.models import calculating, services
from apps.models.api import calculation_bodies as bodies
from apps.models.api.visible import versions_seen_by
from apps.models.calculating import asked_in, names_set, version_in
from apps.models.models import ModelVersion, ReferenceSet

OBJECT_OR_JOB: dict[int, Any] = {
    200: OpenApiTypes.OBJECT,
    202: OpenApiResponse(JobSerializer, description="It takes more than a moment: a job does it."),
}


class Calculation(ApiView):
    """What calculations have in common: they need the body, and leave nothing behind; a job does what takes long."""

    resource = "calculations"
    throttle_group = "calculations"
    permissions = {"post": "create"}
    parser_classes = [UnreadJSONParser]
    job: str

    def answer(self, request: Request, calculation: calculating.Calculation) -> Written | Response:
        content: Any = request.data or b"{}"  # what came, or nothing at all
        try:
            return Written(services.answered(calculation, content, self.look_up))
        except services.TooMuchAtOnce:
            parameters = self.parameters_of_job(content)
            return accepted(reach.enqueue(self.job, parameters, acting_user=caller(request), now=timezone.now()))

    def parameters_of_job(self, content: bytes) -> dict[str, Any]:
        return {"asked": decode(content)}

    def look_up(self, what: str, asked: Any) -> Any:
        """Return what only the database knows."""
        raise LookupError(what)


class OfUnits(Calculation):
    """A model, units, options."""

    required: ClassVar[Sequence[str]]

    def look_up(self, what: str, asked: Any) -> Any:
        if what == "version":
            return services.parsed(self.version(asked))
        found = self.reference_set(asked)
        named = {"set": str(found.pk), "name": found.name, "digest": found.digest, "units": found.unit_count}
        return found.units, named

    def parameters_of_job(self, content: bytes) -> dict[str, Any]:
        """The document and the reference units are those of now."""
        asked = asked_in(content, self.required)
        version, options = version_in(asked["model"]), asked.get("options")
        if version is None:
            model = services.model_of(asked["model"])
        else:
            found = self.version(version)
            asked["model"], model = found.document, services.parsed(found)
        if names_set(options):
            units, asked["reference"] = self.look_up("reference", options["reference"])
            options = {**options, "reference": units}
        services.check_calculation(self.job, model, asked["units"], options)
        return {**asked, "options": options}

    def version(self, asked: Any) -> ModelVersion:
        found = versions_seen_by(self.request.user).filter(pk=_uuid(asked)).first()
        if found is None:
            problem = Problem("/model/version", "there is no such version", "unknown_version")
            raise Invalid("There is no such model.", errors=[problem])
        return found

    def reference_set(self, asked: dict[str, Any]) -> ReferenceSet:
        seen = authz.visible(ReferenceSet.objects.all(), self.request.user, "assessments:read")
        found = seen.filter(pk=_uuid(asked.get("set"))).first() if asked.keys() == {"set"} else None
        if found is None:
            detail = "there is no such reference set; send units, or an object with only the id of a set"
            problem = Problem("/options/reference/set", detail, "unknown_reference_set")
            raise Invalid("There is no such reference set.", errors=[problem])
        return found


class CalculationView(OfUnits):
    """Scores of units that are not stored."""

    required = calculating.OF_SCORES
    job = "calculation"

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
    def post(self, request: Request) -> Written | Response:
        """Score units by a model document or by a stored version, without storing anything.

        Relative methods compare the units with each other; or, with `options.reference`, with the units that stand
        there, or with those of a stored reference set: `{"set": "<id>"}`. The answer then names the set and its digest
        under `reference`.
        """
        answer = self.answer(request, calculating.scores)
        if answer.status_code == 200 and (more := degraded.warnings("redis")):
            found = orjson.loads(answer.content)
            answer.content = encode({**found, "warnings": [*found["warnings"], *more]})
        return answer


class ExplanationView(OfUnits):
    """Why a unit scores what it scores."""

    required = calculating.OF_EXPLANATION
    job = "calculation.explanation"

    @extend_schema(operation_id="calculations_explain", request=bodies.EXPLANATION, responses=OBJECT_OR_JOB)
    def post(self, request: Request) -> Written | Response:
        """Trace one unit's score: every step of every indicator, contributions, gaps, and what would help most."""
        return self.answer(request, calculating.explanation)


class WeightsView(Calculation):
    """Weights from judgements, ranks, budgets or data."""

    job = "calculation.weights"

    @extend_schema(operation_id="calculations_weights", request=bodies.WEIGHTS, responses=OBJECT_OR_JOB)
    def post(self, request: Request) -> Written | Response:
        """Determine weights: `ahp`, `budget_allocation`, `rank_order_centroid`, `pca`, `entropy` and more."""
        return self.answer(request, calculating.weights)


class AgreementView(Calculation):
    """How far raters agree."""

    job = "calculation.agreement"

    @extend_schema(operation_id="calculations_agreement", request=bodies.AGREEMENT, responses=OBJECT_OR_JOB)
    def post(self, request: Request) -> Written | Response:
        """Measure agreement: `krippendorff_alpha`, `icc`, `fleiss_kappa`, `kendall_w`, `r_wg`, `cronbach_alpha`."""
        return self.answer(request, calculating.agreement)


def _uuid(text: Any) -> UUID:
    try:
        return UUID(text)
    except (TypeError, ValueError, AttributeError):
        return UUID(int=0)  # nothing has this one
