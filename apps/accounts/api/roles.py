"""The roles of the current tenant."""

from typing import cast

from django.utils import timezone

from apps.accounts import services
from apps.accounts.api.serializers import RoleSerializer
from apps.accounts.api.viewsets import UUID, CollectionView, CreateMixin, DestroyMixin, ReadMixin, UpdateMixin, caller
from apps.accounts.models import Role
from apps.core.api import serializers
from apps.core.api.parameters import text, yes_or_no


class RoleViewSet(ReadMixin, CreateMixin, UpdateMixin, DestroyMixin, CollectionView[Role]):
    """The roles of this tenant: those of the product, which stay, and its own."""

    resource = "roles"
    throttle_group = "default"
    lookup_value_regex = UUID
    queryset = Role.objects.prefetch_related("parents").order_by("-pk")
    serializer_class = RoleSerializer
    filters = (text("code"), yes_or_no("is_system"))
    asks_again = ("create", "update", "partial_update", "destroy")

    def perform_create(self, serializer: serializers.BaseSerializer[Role]) -> Role:
        return services.create_role(acting_user=caller(self.request), now=timezone.now(), **serializer.validated_data)

    def perform_update(self, serializer: serializers.BaseSerializer[Role]) -> Role:
        role = cast("Role", serializer.instance)
        given = serializer.validated_data
        return services.change_role(
            role,
            name=given.get("name", role.name),
            permissions=given.get("permissions", role.permissions),
            parents=given.get("parents"),
            acting_user=caller(self.request),
            now=timezone.now(),
        )

    def perform_destroy(self, instance: Role) -> None:
        services.delete_role(instance, acting_user=caller(self.request), now=timezone.now())
