from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.viewsets import CollectionView, CreateMixin, DestroyMixin, ReadMixin, UpdateMixin, caller, verb
from apps.core.api.parameters import an_id, choice
from apps.core.api.raw_lists import UUID_PATTERN
from apps.elicitation import reading, services
from apps.elicitation.api.serializers import (
    ElicitationRemindedSerializer,
    ElicitationSerializer,
    ElicitedWeightsSerializer,
    weights_of,
)
from apps.elicitation.models import WeightElicitation


class ElicitationView(ReadMixin, CreateMixin, UpdateMixin, DestroyMixin, CollectionView[WeightElicitation]):
    """Weight elicitations: experts weigh the children of a draft's nodes, and the draft takes what they say."""

    resource = "weight-elicitations"
    throttle_group = "models"
    personal = {"weights": "judgement"}
    permissions = {"weights": "read"}
    queryset = WeightElicitation.objects.order_by("-id")
    serializer_class = ElicitationSerializer
    lookup_value_regex = UUID_PATTERN
    filters = (
        choice("status", WeightElicitation.Status.values),
        an_id("version"),
        an_id("model", "version__model"),
    )

    def perform_create(self, serializer: Any) -> WeightElicitation:
        made = services.create_elicitation(
            **serializer.validated_data, acting_user=caller(self.request), now=timezone.now()
        )
        return WeightElicitation.objects.get(pk=made.pk)  # the database keeps JSON in an order of its own

    def perform_update(self, serializer: Any) -> WeightElicitation:
        changes = dict(serializer.validated_data)
        return services.change_elicitation(
            serializer.instance, changes, acting_user=caller(self.request), now=timezone.now()
        )

    def perform_destroy(self, instance: WeightElicitation) -> None:
        services.delete_elicitation(instance, acting_user=caller(self.request), now=timezone.now())

    @extend_schema(request=None, responses=ElicitationSerializer)
    @verb()
    def open(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Open the elicitation and write to its experts."""
        return self.shown(services.open_elicitation(self.get_object(), acting_user=caller(request), now=timezone.now()))

    @extend_schema(request=None, responses=ElicitationSerializer)
    @verb()
    def close(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Close the elicitation: it takes no more judgements."""
        return self.shown(
            services.close_elicitation(self.get_object(), acting_user=caller(request), now=timezone.now())
        )

    @extend_schema(request=None, responses=ElicitationSerializer)
    @verb()
    def apply(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Write the judgements into the draft's `weights`, by parent and without names.

        Refused when the version is no draft any more, or its nodes have other children than experts were asked to
        weigh; pointers then say which nodes. It takes the right to change the draft, too.
        """
        return self.shown(services.apply_weights(self.get_object(), acting_user=caller(request), now=timezone.now()))

    @extend_schema(request=None, responses=ElicitationRemindedSerializer)
    @verb()
    def remind(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Remind those who have not sent their judgements; each at most once a day."""
        return Response(
            {"reminded": services.remind(self.get_object(), acting_user=caller(request), now=timezone.now())}
        )

    @extend_schema(responses=ElicitedWeightsSerializer)
    @action(detail=True, pagination_class=None)
    def weights(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What the judgements come to: by expert, combined, and how far experts lie apart."""
        elicitation = self.get_object()
        nodes = [weights_of(report) for report in reading.results_of(elicitation)]
        return Response({"method": elicitation.method, "nodes": nodes})
