from dataclasses import asdict
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.viewsets import CollectionView, CreateMixin, DestroyMixin, ReadMixin, UpdateMixin, caller, verb
from apps.campaigns import exporting, reading, services
from apps.campaigns.api.serializers import (
    CampaignSerializer,
    ExtensionSerializer,
    ProgressSerializer,
    RemindedSerializer,
)
from apps.campaigns.models import Campaign
from apps.campaigns.permissions import RESULTS_AS_FILE
from apps.campaigns.scopes import run_by
from apps.core.api.parameters import an_id, choice, text
from apps.core.api.raw_lists import AS_FILE, UUID_PATTERN, CSVRenderer, FastListMixin, stream
from apps.core.api.renderers import JSONRenderer
from apps.models import disclosure

#: What shows how others answer, and is not for those who merely take part.
FOR_STAFF = frozenset({"progress", "results"})


class CampaignView(FastListMixin, ReadMixin, CreateMixin, UpdateMixin, DestroyMixin, CollectionView[Campaign]):
    """Campaigns: a subject, assessed by the people who know it, until a date."""

    resource = "campaigns"
    throttle_group = "default"
    permissions = {"progress": "read", "results": "read", "results.csv": RESULTS_AS_FILE}
    queryset = Campaign.objects.order_by("-id")
    serializer_class = CampaignSerializer
    lookup_value_regex = UUID_PATTERN
    filters = (
        choice("status", Campaign.Status.values),
        an_id("subject"),
        an_id("version"),
        text("q", "name__icontains", "part of the name"),
    )

    def get_queryset(self) -> Any:
        queryset: Any = super().get_queryset()
        return run_by(queryset, caller(self.request)) if self.action in FOR_STAFF else queryset

    def perform_create(self, serializer: Any) -> Campaign:
        return services.create_campaign(
            **serializer.validated_data, acting_user=caller(self.request), now=timezone.now()
        )

    def perform_update(self, serializer: Any) -> Campaign:
        changes = dict(serializer.validated_data)
        return services.change_campaign(
            serializer.instance, changes, acting_user=caller(self.request), now=timezone.now()
        )

    def perform_destroy(self, instance: Campaign) -> None:
        services.delete_campaign(instance, acting_user=caller(self.request), now=timezone.now())

    @extend_schema(request=None, responses=CampaignSerializer)
    @verb()
    def open(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Open the campaign and invite its stakeholders."""
        opened = services.open_campaign(self.get_object(), acting_user=caller(request), now=timezone.now())
        return self.shown(opened)

    @extend_schema(request=None, responses=CampaignSerializer)
    @verb()
    def close(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Close the campaign; the final score follows in a moment."""
        closed = services.close_campaign(self.get_object(), acting_user=caller(request), now=timezone.now())
        return self.shown(closed)

    @extend_schema(request=ExtensionSerializer, responses=CampaignSerializer)
    @verb(takes_body=True)
    def extend(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Give people more time."""
        campaign = self.get_object()
        body = ExtensionSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        closes_at = body.validated_data["closes_at"]
        extended = services.extend_campaign(campaign, closes_at, acting_user=caller(request), now=timezone.now())
        return self.shown(extended)

    @extend_schema(request=None, responses=RemindedSerializer)
    @verb()
    def remind(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Remind those who have not sent their answers; each at most once a day."""
        count = services.remind(self.get_object(), acting_user=caller(request), now=timezone.now())
        return Response({"reminded": count})

    @extend_schema(responses=ProgressSerializer)
    @action(detail=True, pagination_class=None)
    def progress(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """How many people are how far."""
        campaign = self.get_object()
        groups = reading.progress_by_group(campaign)
        whole = asdict(reading.total(groups))
        del whole["group"]
        unweighed = [group.group for group in reading.unweighed_groups(campaign, groups)]
        return Response({**whole, "groups": [asdict(group) for group in groups], "unweighed_groups": unweighed})

    @extend_schema(
        parameters=AS_FILE,
        responses={(200, "application/json"): OpenApiTypes.OBJECT, (200, "text/csv"): OpenApiTypes.STR},
    )
    @action(detail=True, renderer_classes=[JSONRenderer, CSVRenderer], pagination_class=None)
    def results(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """The latest scores with those of the wave before, in the language asked for; 404 before the first release.

        A release counts at least ``least_people``, five or more, and as many more than the one before. Groups come once
        the campaign is closed: those with fewer raters are hidden, and one more where the others would give it away.
        What of a node is ``withheld`` for the same reason has no score.
        """
        campaign = self.get_object()
        results = reading.results_of(campaign, get_language() or "en")
        if results is None:
            raise disclosure.NotReleased(campaign.least_people)
        if getattr(request.accepted_renderer, "format", "") == "csv":
            return stream(exporting.rows(results), request, name=f"results-{campaign.pk}")
        return Response(exporting.as_json(results))
