"""The experts of an elicitation, and what they judged."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.functional import cached_property
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import authz
from apps.accounts.api.permissions import permission_for
from apps.accounts.api.viewsets import LISTS, CollectionView, DestroyMixin, ReadMixin, caller, verb
from apps.core.api.parameters import an_id, text
from apps.core.api.parsers import rows_in
from apps.core.api.raw_lists import UUID_PATTERN
from apps.core.errors import Invalid, Problem
from apps.elicitation import services
from apps.elicitation.api.serializers import (
    ExpertLinkSerializer,
    ExpertSerializer,
    JudgementImportedSerializer,
    JudgementImportSerializer,
    JudgementSerializer,
    value_of,
)
from apps.elicitation.models import Expert, Judgement, WeightElicitation
from apps.elicitation.services import Entry
from apps.outreach.api import contact_of

PATH = [OpenApiParameter("elicitation", OpenApiTypes.UUID, OpenApiParameter.PATH, description="the elicitation")]


class _Within(CollectionView[Any]):
    """Something of one elicitation: it is there for those for whom the elicitation is."""

    resource = "weight-elicitations"
    throttle_group = "models"
    lookup_value_regex = UUID_PATTERN

    @cached_property
    def elicitation(self) -> WeightElicitation:
        """The elicitation of the address."""
        rows = WeightElicitation.objects.select_related("version__model").defer("version__document")
        seen = authz.visible(rows, caller(self.request), permission_for(self))
        found = seen.filter(pk=self.kwargs["elicitation"]).first()
        if found is None:
            raise Http404
        return found


@extend_schema(parameters=PATH)
class ExpertView(ReadMixin, DestroyMixin, _Within):
    """The experts of an elicitation, and how far each of them is."""

    permissions = {
        "create": "update",
        "destroy": "update",
        "erase": "update",
        "revoke": "manage",
        "renew": "manage",
        "link": "manage",
    }
    queryset = Expert.objects.order_by("-id")
    serializer_class = ExpertSerializer

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return Expert.objects.none()
        return self.elicitation.experts.order_by("-id")

    @extend_schema(request=ExpertSerializer, responses={201: ExpertSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Name an expert, or a list of up to 200; who is one already stays as they are.

        In an open elicitation those who are new are written to.
        """
        elicitation, many = self.elicitation, rows_in(request)
        body = self.get_serializer(data=request.data, many=many)
        body.is_valid(raise_exception=True)
        contacts = [contact_of(row) for row in (body.validated_data if many else [body.validated_data])]
        places = [f"/{row}" if many else "" for row in range(len(contacts))]
        named = services.add_experts(
            elicitation, contacts, acting_user=caller(request), now=timezone.now(), places=places
        )
        if many:
            return Response(self.get_serializer(named, many=True).data, status=201)
        return self.shown(named[0], status=201, location=f"{request.path}{named[0].pk}/")

    def perform_destroy(self, instance: Expert) -> None:
        services.delete_expert(instance, acting_user=caller(self.request), now=timezone.now())

    @extend_schema(request=None, responses=ExpertSerializer)
    @verb()
    def revoke(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Withdraw the personal link; what was sent through it stays and counts."""
        services.revoke_link(self.get_object(), acting_user=caller(request), now=timezone.now())
        return self.shown(self.get_queryset().get(pk=self.kwargs["pk"]))

    @extend_schema(request=None, responses=ExpertLinkSerializer)
    @verb()
    def link(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show the personal link, which is recorded: whoever has it judges in the expert's name."""
        url = services.show_link(self.get_object(), acting_user=caller(request), now=timezone.now())
        return Response({"link": url}, headers={"Cache-Control": "no-store"})

    @extend_schema(request=None, responses=ExpertSerializer)
    @verb()
    def erase(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Forget who this is, for good, in copies and backups too; judgements that were sent stay and count."""
        services.erase_expert(self.get_object(), acting_user=caller(request), now=timezone.now())
        return self.shown(self.get_queryset().get(pk=self.kwargs["pk"]))

    @extend_schema(request=None, responses=ExpertSerializer)
    @verb()
    def renew(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Replace the personal link by a new one and, in an open elicitation, send it."""
        services.renew_link(self.get_object(), acting_user=caller(request), now=timezone.now())
        return self.shown(self.get_queryset().get(pk=self.kwargs["pk"]))


@extend_schema(parameters=PATH)
class JudgementView(ReadMixin, _Within):
    """What experts sent, and counts: a judgement an expert and node."""

    permissions = {"create": "update", "import_csv": "update"}
    queryset = Judgement.objects.order_by("-id")
    serializer_class = JudgementSerializer
    filters = (an_id("expert"), text("node"))
    personal = dict.fromkeys((*LISTS, "retrieve"), "judgement")

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return Judgement.objects.none()
        rows = Judgement.objects.filter(expert__elicitation=self.elicitation, sent__isnull=False)
        return rows.select_related("expert__key").order_by("-id")

    @extend_schema(request=JudgementSerializer, responses={201: JudgementSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Enter a judgement on an expert's behalf, or a list of up to {most_rows}, all or none; they count at once.

        They take the place of what the expert had for the same node.
        """
        elicitation, many = self.elicitation, rows_in(request)
        body = JudgementSerializer(data=request.data, many=many)
        body.is_valid(raise_exception=True)
        entries = self._entries(body.validated_data if many else [body.validated_data], many)
        made = services.enter_judgements(elicitation, entries, acting_user=caller(request), now=timezone.now())
        shown = list(self.get_queryset().filter(pk__in=[one.pk for one in made]))
        if many:
            return Response(self.get_serializer(shown, many=True).data, status=201)
        return self.shown(shown[0], status=201, location=f"{request.path}{shown[0].pk}/")

    def _entries(self, rows: list[dict[str, Any]], many: bool) -> list[Entry]:
        experts = {expert.pk: expert for expert in self.elicitation.experts.all()}
        places = [f"/{row_number}" if many else "" for row_number in range(len(rows))]
        problems = [
            Problem(f"{at}/expert", "there is no such expert here", "unknown")
            for row, at in zip(rows, places, strict=True)
            if row["expert_id"] not in experts
        ]
        if problems:
            raise Invalid("Some of the data refer to things that do not exist.", errors=problems)
        return [
            Entry(experts[row["expert_id"]], row["node"], value_of(row), at)
            for row, at in zip(rows, places, strict=True)
        ]

    @extend_schema(request=JudgementImportSerializer, responses=JudgementImportedSerializer)
    @action(detail=False, methods=["post"], url_path="import", url_name="import", pagination_class=None)
    def import_csv(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Enter the judgements of a CSV file on experts' behalf, all or none; pointers name line and column.

        Columns: `email`, `node`, `part`, `points` for budgets; `email`, `node`, `more`, `less`, `strength` for pairs.
        """
        elicitation = self.elicitation
        body = JudgementImportSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        outcome = services.import_judgements(
            elicitation,
            body.validated_data["csv"],
            dry_run=body.validated_data["dry_run"],
            acting_user=caller(request),
            now=timezone.now(),
        )
        return Response(outcome)
