"""Who has which role in the current tenant."""

from django.utils import timezone

from apps.accounts import services
from apps.accounts.api.serializers import GrantSerializer
from apps.accounts.api.viewsets import UUID, CollectionView, CreateMixin, DestroyMixin, ReadMixin, caller
from apps.accounts.models import Grant
from apps.core.api import serializers
from apps.core.api.parameters import an_id


class GrantViewSet(ReadMixin, CreateMixin, DestroyMixin, CollectionView[Grant]):
    """Who has which role. Nobody gives more than they have, and the last administrator stays."""

    resource = "grants"
    throttle_group = "default"
    lookup_value_regex = UUID
    queryset = Grant.objects.select_related("role").order_by("-pk")
    serializer_class = GrantSerializer
    filters = (an_id("user"), an_id("role"), an_id("object_id"))

    def perform_create(self, serializer: serializers.BaseSerializer[Grant]) -> Grant:
        given = dict(serializer.validated_data)
        return services.grant_role(
            given.pop("user"), given.pop("role"), acting_user=caller(self.request), now=timezone.now(), **given
        )

    def perform_destroy(self, instance: Grant) -> None:
        services.revoke_grant(instance, acting_user=caller(self.request), now=timezone.now())
