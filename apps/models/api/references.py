from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.viewsets import CollectionView, ReadMixin, caller
from apps.core.api.parameters import an_id
from apps.core.api.parsers import one_of
from apps.core.api.raw_lists import AS_FILE, UUID_PATTERN, CSVRenderer, FastListMixin, stream
from apps.core.api.renderers import JSONRenderer
from apps.models import disclosure, services
from apps.models.api import calculation_bodies as bodies
from apps.models.api.serializers import NewReferenceSetSerializer, ReferenceSetSerializer
from apps.models.models import ReferenceSet


class ReferenceSetView(FastListMixin, ReadMixin, CollectionView[ReferenceSet]):
    """Reference sets: units that a relative model compares with, frozen, so that scores can be had again for ever.

    They are made of assessments, so the rights are those of assessments. Nothing about them ever changes.
    """

    resource = "assessments"
    throttle_group = "assessments"
    personal = {"units": "reference_set"}
    permissions = {"units": "read"}
    queryset = ReferenceSet.objects.defer("units").order_by("-id")
    serializer_class = ReferenceSetSerializer
    lookup_value_regex = UUID_PATTERN
    filters = (an_id("version"),)

    @extend_schema(
        request=NewReferenceSetSerializer, responses={201: ReferenceSetSerializer, 200: ReferenceSetSerializer}
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Freeze a reference set from `units`, from the same as `csv`, or from the latest assessments of a `period`.

        Content that is frozen already gives the set that there is, and 200.
        """
        body = NewReferenceSetSerializer(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        frozen, is_new = self._frozen(body.validated_data)
        return self.shown(frozen, status=201 if is_new else 200, location=f"/api/v1/reference-sets/{frozen.pk}/")

    def _frozen(self, asked: dict[str, Any]) -> tuple[ReferenceSet, bool]:
        user, now = caller(self.request), timezone.now()
        version, name = asked["version"], asked["name"]
        source = one_of(asked, "units", "csv", "period")
        if source == "period":
            return services.freeze_period(version, name, asked["period"], acting_user=user, now=now)
        units = asked["units"] if source == "units" else services.certain_units_in(asked["csv"], asked["decimal"])
        return services.freeze_reference_set(version, name, units, acting_user=user, now=now)

    @extend_schema(
        operation_id="reference_sets_units",
        parameters=AS_FILE,
        responses={(200, "application/json"): bodies.UNITS, (200, "text/csv"): OpenApiTypes.STR},
    )
    @action(detail=True, renderer_classes=[JSONRenderer, CSVRenderer], pagination_class=None)
    def units(self, request: Request, *args: Any, **kwargs: Any) -> StreamingHttpResponse:
        """Read the units back, as a calculation takes them.

        As CSV a row is a unit where all is measured, else an answer; of a model that does both, JSON alone has all.
        """
        found = self.get_object()
        if not disclosure.may_read_frozen(found, request.user, services.parsed(found.version)):
            raise disclosure.AnswersWithheld(
                "It keeps answers of confidential campaigns: reading them takes responses:read, and no small groups."
            )
        as_csv = getattr(request.accepted_renderer, "format", "") == "csv"
        rows = services.table_of_set(found) if as_csv else services.units_of_set(found)
        return stream(rows, request, name=f"reference-set-{found.digest[:12]}")
