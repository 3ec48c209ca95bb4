"""Stakeholders, their parts in campaigns, and what was sent to them."""

from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import Http404
from django.utils import timezone
from django.utils.functional import cached_property
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import authz
from apps.accounts.api.viewsets import CollectionView, CreateMixin, DestroyMixin, ReadMixin, UpdateMixin, caller, verb
from apps.campaigns import reading, services
from apps.campaigns.api.serializers import (
    LinkSerializer,
    MessageSerializer,
    NewParticipationSerializer,
    ParticipationSerializer,
    StakeholderSerializer,
)
from apps.campaigns.models import Campaign, Participation, Stakeholder
from apps.campaigns.scopes import ASSIGNED
from apps.core.api.parameters import an_id, choice, text
from apps.core.api.parsers import rows_in
from apps.core.api.raw_lists import UUID_PATTERN
from apps.core.errors import Invalid, Problem
from apps.notifications.about import About
from apps.notifications.models import Message
from apps.outreach.api import contact_of


def _by_email(queryset: Any, email: str) -> Any:
    return queryset.filter(pk__in=services.find_by_email(email).values("pk"))


def _in_group(queryset: Any, group: str) -> Any:
    return reading.in_group(queryset, "group", group)


def _of_group(queryset: Any, group: str) -> Any:
    return reading.in_group(queryset, "stakeholder__group", group)


class StakeholderView(ReadMixin, CreateMixin, UpdateMixin, DestroyMixin, CollectionView[Stakeholder]):
    """Stakeholders: contacts who can be asked in campaigns."""

    resource = "stakeholders"
    throttle_group = "default"
    permissions = {"erase": "delete"}
    queryset = Stakeholder.objects.order_by("-id")
    serializer_class = StakeholderSerializer
    lookup_value_regex = UUID_PATTERN
    filters = (text("email", _by_email, "the exact address, in any case"), text("group", _in_group))

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Create a stakeholder, or, from a list of up to {most_rows}, all of them or none."""
        if not rows_in(request):
            return super().create(request, *args, **kwargs)
        rows = self.get_serializer(data=request.data, many=True)
        rows.is_valid(raise_exception=True)
        contacts = [contact_of(row) for row in rows.validated_data]
        made = services.create_stakeholders(contacts, acting_user=caller(request), now=timezone.now())
        return Response(self.get_serializer(made, many=True).data, status=201)

    def perform_create(self, serializer: Any) -> Stakeholder:
        return services.create_stakeholder(serializer.contact(), acting_user=caller(self.request), now=timezone.now())

    def perform_update(self, serializer: Any) -> Stakeholder:
        changes = dict(serializer.validated_data)
        return services.change_stakeholder(
            serializer.instance, changes, acting_user=caller(self.request), now=timezone.now()
        )

    def perform_destroy(self, instance: Stakeholder) -> None:
        services.delete_stakeholder(instance, acting_user=caller(self.request), now=timezone.now())

    @extend_schema(request=None, responses=StakeholderSerializer)
    @verb()
    def erase(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Forget who this is, for good, in copies and backups too; what was answered stays and leads to nobody."""
        return self.shown(
            services.erase_stakeholder(self.get_object(), acting_user=caller(request), now=timezone.now())
        )


PATH = [OpenApiParameter("campaign", OpenApiTypes.UUID, OpenApiParameter.PATH, description="the campaign")]


@extend_schema(parameters=PATH)
class ParticipationView(ReadMixin, CollectionView[Participation]):
    """Who takes part in a campaign, and how far each of them is."""

    resource = "campaigns"
    throttle_group = "default"
    permissions = {"create": "update", "bulk": "update", "revoke": "manage", "renew": "manage", "link": "manage"}
    queryset = Participation.objects.order_by("-id")
    serializer_class = ParticipationSerializer
    not_for = (ASSIGNED,)
    lookup_value_regex = UUID_PATTERN
    filters = (text("group", _of_group),)

    @cached_property
    def campaign(self) -> Campaign:
        """The campaign of the address; for those who merely take part in it, it is not there."""
        permission = f"campaigns:{self.permissions.get(self.action, 'read')}"
        seen = authz.visible(Campaign.objects.all(), caller(self.request), permission, but=self.not_for)
        found = seen.filter(pk=self.kwargs["campaign"]).first()
        if found is None:
            raise Http404
        return found

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return Participation.objects.none()
        return self.campaign.participations.select_related("stakeholder__key", "response").order_by("-id")

    @extend_schema(request=NewParticipationSerializer, responses={201: ParticipationSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Add a stakeholder to the campaign, or a list of up to {most_rows}; who is in it already stays as they are.

        In an open campaign those who are new are invited.
        """
        many = rows_in(request)
        body = NewParticipationSerializer(data=request.data, many=many)
        body.is_valid(raise_exception=True)
        rows = body.validated_data if many else [body.validated_data]
        known = self._known(rows, many)
        named = [(f"/{place}" if many else "", row) for place, row in enumerate(rows) if "stakeholder" not in row]
        contacts = [contact_of(row) for _place, row in named]
        services.add_stakeholders(
            self.campaign,
            contacts,
            known=known,
            places=[place for place, _row in named],
            acting_user=caller(request),
            now=timezone.now(),
        )
        wanted = Q(stakeholder__in=known) | Q(stakeholder__in=services.find_by_emails(contacts))
        taking_part = list(self.get_queryset().filter(wanted))
        if many:
            return Response(self.get_serializer(taking_part, many=True).data, status=201)
        return self.shown(taking_part[0], status=201, location=f"{request.path}{taking_part[0].pk}/")

    @extend_schema(
        request=NewParticipationSerializer(many=True),
        responses={201: ParticipationSerializer(many=True)},
        filters=False,
    )
    @action(detail=False, methods=["post"], pagination_class=None)
    def bulk(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Add a list of up to {most_rows}: the same as sending the list to the collection."""
        if not rows_in(request):
            raise Invalid("Send a list.", errors=[Problem("", "is not a list", "bad_type")])
        return self.create(request, *args, **kwargs)

    def _known(self, rows: list[dict[str, Any]], many: bool) -> list[Stakeholder]:
        """The stakeholders that are named by id; one that the user may not see is not there."""
        seen = authz.visible(Stakeholder.objects.all(), caller(self.request), "stakeholders:read")
        stakeholders = seen.in_bulk([row["stakeholder"] for row in rows if "stakeholder" in row])
        problems = [
            Problem(f"/{number}/stakeholder" if many else "/stakeholder", "there is no such stakeholder", "unknown")
            for number, row in enumerate(rows)
            if "stakeholder" in row and row["stakeholder"] not in stakeholders
        ]
        if problems:
            raise Invalid("Some of the data refer to things that do not exist.", errors=problems)
        return list(stakeholders.values())

    @extend_schema(request=None, responses=ParticipationSerializer)
    @verb()
    def revoke(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Withdraw the personal link; what was answered stays."""
        services.revoke_link(self.get_object(), acting_user=caller(request), now=timezone.now())
        return self.shown(self._again())

    @extend_schema(request=None, responses=LinkSerializer)
    @verb()
    def link(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show the personal link, which is recorded; 409 once the person has begun to answer."""
        url = services.show_link(self.get_object(), acting_user=caller(request), now=timezone.now())
        return Response({"link": url}, headers={"Cache-Control": "no-store"})

    @extend_schema(request=None, responses=ParticipationSerializer)
    @verb()
    def renew(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Replace the personal link by a new one and, in an open campaign, send it."""
        services.renew_link(self.get_object(), acting_user=caller(request), now=timezone.now())
        return self.shown(self._again())

    def _again(self) -> Participation:
        found: Participation = self.get_queryset().get(pk=self.kwargs["pk"])
        return found


def _of_campaign(queryset: Any, campaign: UUID) -> Any:
    return queryset.about(About.of(Campaign(pk=campaign)))


class MessageView(ReadMixin, CollectionView[Message]):
    """Messages: what was sent to whom, what waits, and what failed."""

    resource = "messages"
    throttle_group = "default"
    queryset = Message.objects.defer("body").select_related("key").order_by("-id")
    serializer_class = MessageSerializer
    lookup_value_regex = UUID_PATTERN
    filters = (choice("state", Message.State.values), text("kind"), an_id("campaign", _of_campaign))
