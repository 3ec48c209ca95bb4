"""The accounts of programs in the current tenant."""

from typing import cast

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import services
from apps.accounts.api.serializers import ServiceAccountSerializer
from apps.accounts.api.viewsets import UUID, CollectionView, CreateMixin, ReadMixin, UpdateMixin, caller, verb
from apps.accounts.models import ServiceAccount
from apps.core.api import serializers
from apps.core.api.parameters import an_id, yes_or_no


class ServiceAccountViewSet(ReadMixin, CreateMixin, UpdateMixin, CollectionView[ServiceAccount]):
    """The accounts of programs. Each gets in by API keys alone, has roles of its own, and a person who answers for it.

    They are given roles by `grants` and keys by `api-keys`, as people are: `user` is the id of the service account.
    """

    resource = "users"
    throttle_group = "default"
    lookup_value_regex = UUID
    queryset = ServiceAccount.objects.order_by("-pk")
    serializer_class = ServiceAccountSerializer
    filters = (an_id("owner"), yes_or_no("is_active"))
    permissions = {"activate": "update", "deactivate": "update"}

    def perform_create(self, serializer: serializers.BaseSerializer[ServiceAccount]) -> ServiceAccount:
        return services.create_service_account(
            acting_user=caller(self.request), now=timezone.now(), **serializer.validated_data
        )

    def perform_update(self, serializer: serializers.BaseSerializer[ServiceAccount]) -> ServiceAccount:
        program = cast("ServiceAccount", serializer.instance)
        given = {"name": program.name, "owner": program.owner, **serializer.validated_data}
        return services.change_service_account(program, acting_user=caller(self.request), now=timezone.now(), **given)

    @extend_schema(request=None, responses=ServiceAccountSerializer)
    @verb()
    def deactivate(self, request: Request, pk: str) -> Response:
        """Stop the program: its keys end at once."""
        services.deactivate_user(self.get_object(), acting_user=caller(request), now=timezone.now())
        return self.shown(self.get_object())

    @extend_schema(request=None, responses=ServiceAccountSerializer)
    @verb()
    def activate(self, request: Request, pk: str) -> Response:
        """Let it in again, with new keys; its owner's account has to be open."""
        services.activate_user(self.get_object(), acting_user=caller(request), now=timezone.now())
        return self.shown(self.get_object())
