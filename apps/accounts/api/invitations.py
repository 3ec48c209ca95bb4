"""Who is invited to the current tenant."""

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import services
from apps.accounts.api.people import InvitationSerializer
from apps.accounts.api.viewsets import UUID, CollectionView, CreateMixin, ReadMixin, caller, verb
from apps.accounts.models import Invitation
from apps.core.api import serializers
from apps.core.api.parameters import Parameter, text


def _by_email(queryset: QuerySet[Invitation], email: str) -> QuerySet[Invitation]:
    return queryset.filter(Invitation.by_address().among([email]))


def _in_state(queryset: QuerySet[Invitation], state: str) -> QuerySet[Invitation]:
    return queryset.filter(Invitation.in_state(state, timezone.now()))


class InvitationViewSet(ReadMixin, CreateMixin, CollectionView[Invitation]):
    """Invitations to make an account. A new one takes the place of an earlier one to the same address."""

    resource = "users"
    throttle_group = "default"
    lookup_value_regex = UUID
    queryset = Invitation.objects.prefetch_related("roles").order_by("-pk")
    serializer_class = InvitationSerializer
    filters = (
        text("email", _by_email, "the exact address, in any case"),
        Parameter("state", serializers.ChoiceField(Invitation.State.values), _in_state),
    )
    permissions = {"resend": "create", "revoke": "create", "erase": "manage"}
    asks_again = ("create", "resend")

    def perform_create(self, serializer: serializers.BaseSerializer[Invitation]) -> Invitation:
        return services.invite(acting_user=caller(self.request), now=timezone.now(), **serializer.validated_data)

    @extend_schema(request=None, responses=InvitationSerializer)
    @verb()
    def resend(self, request: Request, pk: str) -> Response:
        """Send another letter with another link; the one before opens nothing any more."""
        return self.shown(
            services.resend_invitation(self.get_object(), acting_user=caller(request), now=timezone.now())
        )

    @extend_schema(request=None, responses=InvitationSerializer)
    @verb()
    def revoke(self, request: Request, pk: str) -> Response:
        """End the invitation: its link opens nothing any more."""
        return self.shown(
            services.revoke_invitation(self.get_object(), acting_user=caller(request), now=timezone.now())
        )

    @extend_schema(request=None, responses=InvitationSerializer)
    @verb()
    def erase(self, request: Request, pk: str) -> Response:
        """Forget who was invited, in copies and backups too; an open invitation ends."""
        return self.shown(services.erase_invitation(self.get_object(), acting_user=caller(request), now=timezone.now()))
